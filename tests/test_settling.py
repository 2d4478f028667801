"""Mails whose fate is unknown (issue 5 of 6 A, §6.0): the journal tells, or a person."""

from datetime import timedelta
from threading import Event, Thread

import pytest
import yaml
from imapclient import IMAPClient
from sqlalchemy import func, select

from oneledger.adapters.mail_imap import ImapSettings
from oneledger.adapters.mail_journal import ImapJournal, ids_in
from oneledger.store import inbox, outbox, schema as t
from rehearsal.post_office_client import running_post_office
from tests.conftest import CONFIG
from tests.mail_servers import imap_server
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened

START = at("2021-03-01")
JOURNAL = "journal@ledger.invalid"


@pytest.fixture
def post(tmp_path):
    with running_post_office(tmp_path / "post") as post:
        post.set_clock(START)
        yield post


def settings(tmp_path, monkeypatch, post, **changes):
    mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
    mail["sender"]["port"], mail["per_second"] = post.port, None
    mail["collect"]["maildir"] = str(post.collect)
    mail |= {"journal": {"bcc": JOURNAL, "maildir": str(post.journal)}} | changes
    (tmp_path / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_MAIL", str(tmp_path / "mail.yaml"))


@pytest.fixture
def office(tmp_path, monkeypatch, database, post):
    settings(tmp_path, monkeypatch, post)
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        only.open("deploy", START)
        yield only


def open_anew():
    """With the mail settings as they are now."""
    from tasks import office as offices

    offices.office().store.close()
    offices._office.cache_clear()
    offices._last_read.cache_clear()


def send(minutes: int = 0):
    from tasks.sending import send_due

    return send_due.fn(START + timedelta(minutes=minutes))


def states(office) -> dict[str, str]:
    with office.store.read() as connection:
        return dict(map(tuple, connection.execute(select(t.outbox.c.unit, t.outbox.c.state))))


def copies(post) -> int:
    return len(post.deliveries()[0])


def test_a_mail_whose_250_was_lost_is_found_in_the_journal_and_is_not_sent_again(office, post):
    """E3."""
    post.set_behaviours({f"{SCHOOL}@x.invalid": "drop_250"})
    assert (send().unknown, states(office)[SCHOOL]) == (1, "unknown")
    assert (send(14), states(office)[SCHOOL])[1] == "unknown"
    assert (send(15), states(office)[SCHOOL], copies(post))[1:] == ("sent", 3)


def test_a_mail_that_never_arrived_goes_again_after_two_looks_with_the_same_bytes(office, post):
    post.set_behaviours({f"{SCHOOL}@x.invalid": "drop_250"})
    send()
    (lost,) = [each for each in post.journal.glob("new/*") if b"2121000001@x" in each.read_bytes()]
    lost.unlink()  # as if the server had lost it before the data were whole
    post.set_behaviours({})
    found = [(send(minutes), states(office)[SCHOOL])[1] for minutes in (15, 44, 45)]
    assert found == ["unknown", "unknown", "sent"]
    bodies = [(post.directory / each.file).read_bytes() for each in post.deliveries()[0] if SCHOOL in each.rcpt]
    assert (len(bodies), len(set(bodies))) == (2, 1)


def test_a_journal_that_holds_none_of_our_mails_says_nothing(office, post):
    """A full journal box would else send everything twice that was lost sight of."""
    post.set_behaviours({f"{SCHOOL}@x.invalid": "drop_250"})
    send()
    for each in post.journal.glob("new/*"):
        each.unlink()
    assert [(send(minutes), states(office)[SCHOOL])[1] for minutes in (15, 45, 600)] == ["unknown"] * 3


def test_without_a_journal_it_stands_on_the_operators_list_until_one_decides(
    office, post, tmp_path, monkeypatch, capsys
):
    """E3: no timer sends it again, and switching a journal on later says nothing about it."""
    from desk.unsettled import decide, unknown_mails

    settings(tmp_path, monkeypatch, post, journal=None)
    open_anew()
    post.set_behaviours({f"{SCHOOL}@x.invalid": "drop_250", f"{OTHER}@x.invalid": "drop_250"})
    send()
    settings(tmp_path, monkeypatch, post)
    open_anew()
    assert (send(60 * 24).handled, len(unknown_mails("first"))) == (0, 2)
    first, second = (row["id"] for row in unknown_mails("first"))
    decide("first", first, by="处长", is_sent=True, at=START)
    decide("first", second, by="处长", is_sent=False, at=START)
    assert unknown_mails("first") == []
    post.set_behaviours({})
    assert (send(60 * 24).sent, copies(post)) == (1, 4)


def test_a_copy_of_our_own_mail_in_the_collecting_box_is_nobodys_return(office, post):
    """Recognised by its Message-ID; not answered, in no quota, no work for a county."""
    from tasks.intake import take_in_mail

    send()
    for number, each in enumerate(post.journal.glob("new/*")):
        (post.collect / "new" / f"{number}.x").write_bytes(each.read_bytes())
    assert take_in_mail.fn("first", START) == {}
    with office.store.read() as connection:
        assert inbox.counts_by_class(connection) == {"own": 3}
        assert (inbox.counts(connection), inbox.taken_since(connection, at("2021-01-01"))) == ({"done": 3}, [])


def test_where_the_journal_refuses_nothing_goes_out(office, post):
    post.set_behaviours({JOURNAL: "reject"})
    tally = send()
    assert (tally.sent, tally.deferred, copies(post), "journal" in tally.stopped) == (0, 1, 0, True)


def test_what_went_out_after_a_backup_is_found_in_the_journal(office, post):
    """For the way out of HOLD: planned again in the restored store, but out in the world."""
    from tasks.office import office as here
    from tasks.settling import found_meanwhile

    send()
    with office.store.write() as connection:
        connection.execute(t.outbox.update().values(state="planned", sent_at=None))
    assert found_meanwhile(here(), START, START) == 3
    assert set(states(office).values()) == {"sent"}


def test_the_journal_is_read_over_imap_too(tmp_path):
    """Also where a relay gave the mail a Message-ID of its own: ours stands first among its References."""
    with imap_server(tmp_path) as port:
        with IMAPClient("127.0.0.1", port, ssl=False) as client:
            client.login("demouser", "demopass")
            client.create_folder("Sent")
            client.append("Sent", b"Message-ID: <a.b@c>\r\nSubject: x\r\n\r\n<not@this.one>\r\n")
            client.append("Sent", b"Message-ID: <relay@x>\r\nReferences: <d.e@f>\r\n <g@h>\r\n\r\n")
        box = ImapJournal(ImapSettings("127.0.0.1", port, "none", "demouser", "demopass"), "Sent")
        asked = ["<a.b@c>", "<d.e@f>", "<g@h>", "<not@this.one>"]
        assert box.held(asked, at("2021-03-01")) == {"<a.b@c>", "<d.e@f>"}


def test_ids_in_folded_headers():
    assert ids_in(b"MESSAGE-ID:\r\n <a@b>\r\nX: <c@d>\r\nReferences: <e@f>\r\n\t<g@h>\r\n") == {"<a@b>", "<e@f>"}


@pytest.mark.parametrize(("connections", "most"), [(1, 1), (4, 4), (5, 5)])
def test_a_crash_leaves_one_mail_a_connection_in_doubt(tmp_path, monkeypatch, database, connections, most):
    """E1: however the halves take turns, no more mails are SENDING at any moment, and each connection has one."""
    with running_post_office(tmp_path / "post", linger_ms=20) as post:
        post.set_clock(START)
        settings(tmp_path, monkeypatch, post)
        mail = yaml.safe_load((tmp_path / "mail.yaml").read_text(encoding="utf-8"))
        mail["sender"]["connections"] = connections
        (tmp_path / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
        with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (office,):
            plan_mails(office, 23)
            seen, over = [], Event()
            watch = Thread(target=watch_sending, args=(office, seen, over))
            watch.start()
            told = send()
            over.set()
            watch.join()
            assert (told.sent, max(seen), copies(post)) == (23, most, 23)


def plan_mails(office, number: int) -> None:
    rows = [
        outbox.OutboxRow(
            campaign="first", phase="deploy", unit=SCHOOL, subject_of=f"{each}", kind="ask", round="1", priority=3,
            address=f"u{each}@x.invalid", subject="x", message_id=f"<{each}@ledger.invalid>", planned_at=START,
            content=b"Message-ID: <%d@ledger.invalid>\r\n\r\nx\r\n" % each,
        )
        for each in range(number)
    ]  # fmt: skip
    with office.store.write() as connection:
        outbox.plan(connection, rows)


def watch_sending(office, seen: list[int], over: Event) -> None:
    """How many are SENDING, over and over."""
    query = select(func.count()).where(t.outbox.c.state == "sending")
    while not over.wait(0.002):
        with office.store.read() as connection:
            seen.append(connection.execute(query).scalar_one())
