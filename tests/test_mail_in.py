import os
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from imapclient import IMAPClient

from oneledger.adapters.mail_in import (
    ImapSettings,
    ImapSource,
    IncomingItem,
    MailboxRefusedError,
    MaildirSource,
    MailSource,
)
from oneledger.domain.errors import RefusedError, TransientError
from tests.mail_servers import free_port, imap_server, post_office, scripted_imap, wire, write_certificate

numbers = count(1)
AT = datetime(2021, 9, 1, 8, 30, tzinfo=UTC)


class Notebook:
    """What a store would know: the items that were committed."""

    def __init__(self):
        self.items = []

    def highest_uid(self, account, folder, uidvalidity):
        return max((int(uid) for uid in self._uids(account, folder, uidvalidity)), default=0)

    def known(self, account, folder, uidvalidity, uids):
        return set(self._uids(account, folder, uidvalidity)) & set(uids)

    def _uids(self, *place):
        return [item.uid for item in self.items if (item.account, item.folder, item.uidvalidity) == place]

    def take_in(self, source: MailSource):
        new = list(source.new_items(self))
        self.items += new
        source.done(new)
        return [item.content for item in new]


def make_mail(n, size=0):
    return b"Subject: %d\r\n\r\n" % n + b"x" * size + b"\r\n"


# --- Maildir ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def maildir(tmp_path):
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def deliver(maildir, name, content, folder="new"):
    file = maildir / folder / name
    file.write_bytes(content)
    os.utime(file, (AT.timestamp(), AT.timestamp()))
    return file


def test_a_mail_in_a_maildir_is_named_by_its_file_and_received_when_that_was_written(maildir):
    deliver(maildir, "1630485000.M1.host", make_mail(1))
    assert list(MaildirSource(maildir).new_items(Notebook())) == [
        IncomingItem("maildir", "INBOX", "0", "1630485000.M1.host", AT, make_mail(1))
    ]


def test_mails_come_in_the_order_they_were_delivered_from_both_folders_but_never_from_tmp(maildir):
    deliver(maildir, "3.c", make_mail(3))
    deliver(maildir, "1.a:2,RS", make_mail(1), folder="cur")
    deliver(maildir, "2.b", make_mail(2))
    deliver(maildir, "0.z", b"half", folder="tmp")
    assert Notebook().take_in(MaildirSource(maildir)) == [make_mail(1), make_mail(2), make_mail(3)]


def test_a_known_mail_does_not_come_again_though_people_moved_and_flagged_it(maildir):
    notebook, source = Notebook(), MaildirSource(maildir)
    deliver(maildir, "1.a", make_mail(1))
    assert notebook.take_in(source) == [make_mail(1)]
    (maildir / "cur" / "1.a:2,S").rename(maildir / "cur" / "1.a:2,FRS")
    assert notebook.take_in(source) == []


def test_what_was_not_committed_comes_again(maildir):
    deliver(maildir, "1.a", make_mail(1))
    source = MaildirSource(maildir)
    assert [len(list(source.new_items(Notebook()))) for _ in range(2)] == [1, 1]


def test_what_was_moved_meanwhile_or_cannot_be_moved_holds_up_nothing(maildir):
    """Found by E1: a box without `cur` ended each look after its first batch."""
    source = MaildirSource(maildir)
    items = list(source.new_items(Notebook()))
    for each in (maildir / "new").iterdir():
        each.unlink()
    source.done(items)


def test_done_moves_mails_to_cur_as_seen_and_deletes_nothing(maildir):
    deliver(maildir, "1.a", make_mail(1))
    deliver(maildir, "2.b:2,S", make_mail(2), folder="cur")
    Notebook().take_in(MaildirSource(maildir))
    assert sorted(file.relative_to(maildir).as_posix() for file in maildir.rglob("*.*")) == [
        "cur/1.a:2,S",
        "cur/2.b:2,S",
    ]


def test_a_mail_moved_or_deleted_while_we_look_is_followed_or_passed_over(maildir):
    for name in ("1.a", "2.b", "3.c", "4.d"):
        deliver(maildir, name, name.encode())
    items = MaildirSource(maildir).new_items(Notebook())
    first = next(items)
    (maildir / "new" / "2.b").rename(maildir / "cur" / "2.b:2,S")
    (maildir / "new" / "3.c").unlink()
    assert [first.content, *(item.content for item in items)] == [b"1.a", b"2.b", b"4.d"]


def test_of_a_mail_that_is_too_large_only_the_headers_come_and_it_says_so(maildir):
    deliver(maildir, "1.a", make_mail(1, 2000))
    deliver(maildir, "2.b", make_mail(2))
    items = MaildirSource(maildir, max_bytes=1000).new_items(Notebook())
    assert [(item.content, item.too_large) for item in items] == [(b"Subject: 1\r\n\r\n", True), (make_mail(2), False)]


def test_a_maildir_nobody_delivered_to_is_empty(tmp_path):
    assert Notebook().take_in(MaildirSource(tmp_path / "nowhere")) == []


# --- IMAP -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def imap_port(tmp_path_factory):
    with imap_server(tmp_path_factory.mktemp("imap")) as port:
        yield port


@pytest.fixture
def client(imap_port):
    with IMAPClient("127.0.0.1", imap_port, ssl=False, timeout=10) as client:
        client.login("demouser", "demopass")
        yield client


@pytest.fixture
def folder(client):
    """A folder of the test's own, with five mails in it."""
    name = f"folder {next(numbers)}"
    client.create_folder(name)
    for n in range(1, 6):
        client.append(name, make_mail(n), msg_time=AT)
    return name


def settings_for(port, **changes):
    return replace(ImapSettings("127.0.0.1", port, "none", "demouser", "demopass", reply_seconds=5), **changes)


def source_for(port, folder, **changes):
    return ImapSource(settings_for(port, folders=(folder,), **changes))


FIVE = [make_mail(n) for n in range(1, 6)]


def test_imap_mails_come_whole_by_ascending_uid_with_the_servers_time_in_utc(imap_port, folder):
    items = list(source_for(imap_port, folder).new_items(Notebook()))
    assert [item.content for item in items] == FIVE
    assert [int(item.uid) for item in items] == sorted(int(item.uid) for item in items)
    assert {(item.account, item.folder, item.received_at, item.received_at.tzinfo) for item in items} == {
        ("demouser@127.0.0.1", folder, AT, UTC)
    }


def test_a_second_look_gives_only_what_is_new_though_the_server_always_names_the_last(imap_port, client, folder):
    notebook, source = Notebook(), source_for(imap_port, folder)
    looks = [notebook.take_in(source), notebook.take_in(source)]
    client.append(folder, make_mail(6))
    assert [*looks, notebook.take_in(source)] == [FIVE, [], [make_mail(6)]]


def test_reading_leaves_no_trace_in_the_mailbox(imap_port, client, folder):
    with wire(imap_port) as tap:
        Notebook().take_in(source_for(tap.port, folder))
    client.select_folder(folder, readonly=True)
    flags = client.get_flags(client.search())
    said = tap.said.upper()
    assert {flag for each in flags.values() for flag in each} <= {b"\\Recent"}
    assert [word for word in (b"STORE", b"EXPUNGE", b"MOVE", b" SELECT ", b" BODY[") if word in said] == []


def test_the_server_is_told_who_we_are_before_it_is_asked_for_a_folder(imap_port, folder):
    with wire(imap_port) as tap:
        Notebook().take_in(source_for(tap.port, folder))
    assert 0 < tap.said.index(b'ID ("name" "OneLedger"') < tap.said.index(b"EXAMINE")


def test_when_the_server_numbers_its_mails_anew_all_come_again(imap_port, client, folder):
    notebook, source = Notebook(), source_for(imap_port, folder)
    notebook.take_in(source)
    client.delete_folder(folder)
    client.create_folder(folder)
    client.append(folder, make_mail(9))
    assert notebook.take_in(source) == [make_mail(9)]
    assert len({item.uidvalidity for item in notebook.items}) == 2


@pytest.mark.parametrize("limits", [{"batch_count": 2}, {"batch_bytes": 1}, {"batch_bytes": 40}], ids=str)
def test_the_size_of_the_batches_changes_nothing(imap_port, folder, limits):
    assert Notebook().take_in(source_for(imap_port, folder, **limits)) == FIVE


def test_of_an_imap_mail_that_is_too_large_only_the_headers_come_in_its_turn(imap_port, client, folder):
    client.append(folder, make_mail(6, 5000))
    client.append(folder, make_mail(7))
    items = source_for(imap_port, folder, max_bytes=1000).new_items(Notebook())
    assert [(item.content, item.too_large) for item in items] == [
        *((content, False) for content in FIVE),
        (b"Subject: 6\r\n\r\n", True),
        (make_mail(7), False),
    ]


def test_mails_deleted_by_somebody_else_meanwhile_do_not_end_the_list(imap_port, client, folder):
    items = source_for(imap_port, folder, batch_count=1).new_items(Notebook())
    contents = [next(items).content]
    client.select_folder(folder)
    client.delete_messages(client.search()[1:4])
    client.expunge()
    contents += [item.content for item in items]
    assert (contents[0], contents[-1], len(contents) < 5) == (make_mail(1), make_mail(5), True)


def test_a_lost_connection_is_an_error_and_never_an_end_and_the_next_look_brings_the_rest(imap_port, folder):
    notebook = Notebook()
    with wire(imap_port) as tap:
        items = source_for(tap.port, folder, batch_count=1).new_items(notebook)
        notebook.items.append(next(items))
        tap.cut_after = 0
        with pytest.raises(TransientError, match=r"mail box demouser@127\.0\.0\.1: "):
            next(items)
        tap.cut_after = None
        # The account is named by its host, so the rest belongs to the same box.
        assert notebook.take_in(source_for(tap.port, folder)) == FIVE[1:]


@pytest.mark.parametrize("heard", [0, 60, 120, 180, 240, 300])
def test_a_line_that_is_cut_while_we_log_in_is_a_matter_of_waiting_and_not_a_wrong_password(imap_port, heard):
    with wire(imap_port) as tap:
        tap.next_cut = lambda: heard
        with pytest.raises(TransientError):
            Notebook().take_in(ImapSource(settings_for(tap.port)))
        assert tap.cuts == 1


@pytest.mark.parametrize("name", ["Junk", "垃圾邮件", "INBOX/Spam"])
def test_junk_folders_are_read_too_since_filters_err(imap_port, client, name):
    for each in (name, f"{name} of last year"):
        client.create_folder(each)
        client.append(each, make_mail(1))
    items = list(ImapSource(settings_for(imap_port)).new_items(Notebook()))
    assert [item.content for item in items if name in item.folder] == [make_mail(1)]


UNSOLICITED = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
    b"EXAMINE": b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n",
    b"SEARCH UID 1:*": b"* SEARCH 1 2\r\n",
    b"RFC822.SIZE": b"* 1 FETCH (UID 1 RFC822.SIZE 1)\r\n* 2 FETCH (UID 2 RFC822.SIZE 1)\r\n",
    b"BODY.PEEK[]": b'* 5 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (UID 2 INTERNALDATE "01-Sep-2021 16:30:00 +0800" BODY[] "b")\r\n',
}


def scripted_source(port):
    return ImapSource(settings_for(port, folders=("INBOX",)))


def test_a_mail_the_server_forgot_to_hand_over_is_an_error_since_going_on_would_lose_it():
    answers = {**UNSOLICITED, b"SEARCH UID 1": b"* SEARCH 1\r\n"}
    with scripted_imap(answers) as port, pytest.raises(TransientError, match=r"left out UIDs \[1\] it was asked for"):
        list(scripted_source(port).new_items(Notebook()))


def test_news_of_other_mails_between_the_answers_makes_no_mail_of_its_own():
    with scripted_imap({**UNSOLICITED, b"SEARCH UID 1": b"* SEARCH\r\n"}) as port:
        items = list(scripted_source(port).new_items(Notebook()))
    assert items == [IncomingItem("demouser@127.0.0.1", "INBOX", "7", "2", AT, b"b")]


def test_a_wrong_password_is_for_an_operator(imap_port):
    with pytest.raises(MailboxRefusedError, match=r"mail box demouser@127\.0\.0\.1: "):
        Notebook().take_in(ImapSource(settings_for(imap_port, password="wrong")))


def test_a_folder_that_is_not_there_is_for_an_operator(imap_port):
    with pytest.raises(MailboxRefusedError):
        Notebook().take_in(source_for(imap_port, "nowhere"))


def test_no_server_is_a_matter_of_waiting():
    with pytest.raises(TransientError):
        Notebook().take_in(ImapSource(settings_for(free_port())))


def test_a_server_that_says_nothing_is_given_up_in_time():
    with post_office() as silent:  # waits for an SMTP client after its greeting
        settings = settings_for(silent.port, connect_seconds=0.3, reply_seconds=0.3)
        with pytest.raises(TransientError):
            Notebook().take_in(ImapSource(settings))


def test_over_tls_the_certificate_is_verified_and_mails_come(imap_port, folder, tmp_path):
    cafile, context = write_certificate(tmp_path)
    with wire(imap_port, tls=context) as tap:
        assert Notebook().take_in(source_for(tap.port, folder, security="tls", cafile=cafile)) == FIVE


def test_a_certificate_that_does_not_hold_gets_no_password(imap_port, tmp_path):
    _, context = write_certificate(tmp_path)
    with wire(imap_port, tls=context) as tap:
        with pytest.raises(MailboxRefusedError, match="certificate verify failed"):
            Notebook().take_in(ImapSource(settings_for(tap.port, security="tls")))
        assert tap.said == b""


def test_starttls_is_verified_too(tmp_path):
    cafile, _ = write_certificate(tmp_path)
    keyfile = cafile.replace(".crt", ".key")
    with imap_server(tmp_path, cafile=cafile, keyfile=keyfile) as port:
        trusting = ImapSource(settings_for(port, security="starttls", cafile=cafile))
        assert Notebook().take_in(trusting) == []
        with pytest.raises(MailboxRefusedError, match="certificate verify failed"):
            Notebook().take_in(ImapSource(settings_for(port, security="starttls")))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"host": "imap.x.cn"}, "mail security none: only for this machine, not for imap.x.cn"),
        ({"password": ""}, "mail box at 127.0.0.1: needs a user and a password"),
        ({"user": ""}, "mail box at 127.0.0.1: needs a user and a password"),
    ],
)
def test_a_box_that_cannot_be_safe_is_refused_before_anything_connects(changes, reason):
    with pytest.raises(RefusedError) as refused:
        ImapSource(settings_for(1, **changes))
    assert refused.value.reasons == [reason]


def test_the_password_does_not_show():
    assert "demopass" not in repr(settings_for(1))
