"""Issue 4, done when 3: 2,000 Chinese mails as their programs write them, and mails that are hardly mails."""

import time
from collections import Counter
from pathlib import Path

import pytest
import yaml
from imapclient import IMAPClient

from oneledger.adapters.mail_in import ImapSettings, ImapSource
from oneledger.adapters.mail_parse import facts_of, may_hold_workbook, parse_mail
from oneledger.domain.incoming import BounceKind, MailClass, classify, read_bounce
from tests.mail_corpus import ANSWERS, OTHERS, OURS, Thread, corpus
from tests.mail_servers import imap_server
from tests.odd_mails import ODD
from tests.small_office import SCHOOL, at, make_campaign, opened
from tests.test_mail_in import Notebook

COUNT, SEED = 2000, 20211115
THREAD = Thread(
    "ledger+aeaaadonsfhnyabcdefghijklmnop@ledger.invalid",
    "<aeaaadonsfhnyabcdefghijklmnop.ask.0123456789@ledger.invalid>",
)
REGISTERED = f"{SCHOOL}@x.invalid"
CLASS_OF = {
    "answer": MailClass.ANSWER_CANDIDATE, "automatic": MailClass.AUTO_REPLY, "loop": MailClass.AUTO_REPLY,
    "own": MailClass.OWN, "receipt": MailClass.READ_RECEIPT, "bounce hard": MailClass.BOUNCE,
    "bounce soft": MailClass.BOUNCE, "bounce sender": MailClass.BOUNCE, "delayed": MailClass.BOUNCE,
}  # fmt: skip
KIND_OF = {
    "bounce hard": BounceKind.HARD, "bounce soft": BounceKind.SOFT, "bounce sender": BounceKind.SENDER,
    "delayed": BounceKind.DELAYED,
}  # fmt: skip


@pytest.fixture(scope="module")
def mails():
    return list(corpus(COUNT, SEED, THREAD, REGISTERED))


def squeezed(text):
    return " ".join(text.split())


def test_the_corpus_holds_every_program_and_every_kind(mails):
    assert len(mails) == COUNT
    assert {each.style for each in mails} == {*ANSWERS, *OTHERS}
    assert {each.kind for each in mails} == set(CLASS_OF)
    assert Counter(each.kind == "answer" for each in mails)[True] > COUNT // 2


def test_what_was_meant_is_read_back_from_every_mail(mails):
    """Subject, sender's name and address, text, names and bytes of files: equal, whatever the labels say."""
    wrong = []
    for each in mails:
        mail = parse_mail(each.content)
        files = [
            (part.filename or "", part.content)
            for part in mail.parts
            if part.filename or may_hold_workbook(part.content)
        ]
        read = (mail.subject, mail.sender_name, mail.sender_address, squeezed(mail.text), files)
        meant = (each.subject, each.sender_name, each.sender, squeezed(each.body), list(each.files))
        wrong += [(each.style, found, told) for found, told in zip(read, meant, strict=True) if found != told]
    assert wrong == []


def test_no_real_answer_is_called_automatic_and_nothing_automatic_an_answer(mails):
    wrong = []
    for each in mails:
        facts = facts_of(parse_mail(each.content), has_token=True, own_addresses=frozenset({OURS}))
        wrong += [(each.style, each.kind)] if classify(facts) is not CLASS_OF[each.kind] else []
    assert wrong == []


def test_every_bounce_names_the_mail_and_is_as_hard_as_it_was_meant(mails):
    bounces = [each for each in mails if each.kind in KIND_OF]
    read = [read_bounce(facts_of(parse_mail(each.content), has_token=True)) for each in bounces]
    assert [each.kind for each in read] == [KIND_OF[each.kind] for each in bounces]
    assert [
        each.style for each, bounce in zip(bounces, read, strict=True) if THREAD.message_id not in bounce.message_ids
    ] == []


@pytest.mark.parametrize("name", ODD)
def test_an_odd_mail_is_read_in_no_time_and_nobody_is_answered(name):
    """Stack-overflow nesting, endless enclosing, 8-bit names, missing boundaries, NULs … (mail facts 2.2)."""
    begun = time.process_time()
    mail = parse_mail(ODD[name])
    facts = facts_of(mail, has_token=False)
    classify(facts)
    read_bounce(facts)
    assert time.process_time() - begun < 3
    assert len(mail.parts) <= 200
    assert not any(sign in (part.filename or "") for part in mail.parts for sign in "/\\\r\n")


def test_bytes_come_unaltered_through_imap(mails, tmp_path):
    """Servers mend bare line feeds themselves; mails that hold them come through the Maildir below."""
    sent = [each.content for each in mails[::20] if b"\n" not in each.content.replace(b"\r\n", b"")]
    assert len(sent) > COUNT // 40
    with imap_server(tmp_path) as port:
        settings = ImapSettings(
            "127.0.0.1", port, "none", "demouser", "demopass", folders=("corpus",), reply_seconds=30
        )
        with IMAPClient("127.0.0.1", port, ssl=False, timeout=30) as client:
            client.login("demouser", "demopass")
            client.create_folder("corpus")
            for content in sent:
                client.append("corpus", content)
        assert Notebook().take_in(ImapSource(settings)) == sent


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("corpus")
        box = folder / "box"
        for name in ("new", "cur", "tmp"):
            (box / name).mkdir(parents=True)
        settings = yaml.safe_load((Path(__file__).parent.parent / "config" / "mail.yaml").read_text(encoding="utf-8"))
        settings["collect"]["maildir"] = str(box)
        roomy = {"mails": 10_000, "megabytes": 10_000}  # one school sends them all
        settings["quotas"] = dict.fromkeys(("known", "stranger", "machine", "strangers"), roomy)
        (folder / "mail.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
        patch.setenv("ONELEDGER_MAIL", str(folder / "mail.yaml"))
        with opened(folder, [make_campaign("one", 2021)], patch) as (small,):
            yield small, box


def test_the_whole_way_keeps_every_byte_crashes_never_and_answers_nothing_automatic(office):
    """Through Maildir, archive and the real review: mails of the corpus that answer a real request, and all odd ones."""
    from oneledger.store import (
        inbox,
        schema as t,
    )
    from tasks.intake import take_in_mail
    from tasks.reviewing import reviewed

    small, box = office
    asked = small.open("deploy", at("2021-03-01"))[SCHOOL]
    mails = list(corpus(COUNT, SEED + 1, Thread(asked["Reply-To"], asked["Message-ID"]), REGISTERED))
    delivered = {f"{number}.M.mail": each.content for number, each in enumerate(mails)}
    delivered |= {f"{number}.M.odd": content for number, content in enumerate(ODD.values())}
    for name, content in delivered.items():
        (box / "new" / name).write_bytes(content)
    work = take_in_mail.fn("one", at("2021-03-10T10:00"))
    with small.store.read() as connection:
        rows = {row.uid: row for row in connection.execute(t.inbox.select())}
    assert {uid: small.here.office.archive.get(row.sha256) for uid, row in rows.items()} == delivered
    silent = {rows[f"{n}.M.mail"].id for n, each in enumerate(mails) if each.kind != "answer"}
    silent |= {row.id for uid, row in rows.items() if uid.endswith("odd")}
    before = small.planned()
    reviewed(
        "one",
        {county: [each for each in ids if each in silent] for county, ids in work.items()},
        at("2021-03-10T11:00"),
    )
    assert small.planned() == before
    with small.store.read() as connection:
        classes = dict(
            connection.execute(t.inbox.select().with_only_columns(t.inbox.c.id, t.inbox.c["class"])).fetchall()
        )
        left = {number for ids in inbox.new_by_county(connection, "one").values() for number in ids}
    assert not left & silent
    wrong = [
        each.style
        for n, each in enumerate(mails)
        if each.kind != "answer" and classes[rows[f"{n}.M.mail"].id] != CLASS_OF[each.kind]
    ]
    assert wrong == []
    reviewed(
        "one",
        {county: [each for each in ids if each not in silent] for county, ids in work.items()},
        at("2021-03-10T12:00"),
    )
    with small.store.read() as connection:
        classes = dict(
            connection.execute(t.inbox.select().with_only_columns(t.inbox.c.id, t.inbox.c["class"])).fetchall()
        )
    answers = [rows[f"{n}.M.mail"].id for n, each in enumerate(mails) if each.kind == "answer"]
    assert {classes[number] for number in answers} == {MailClass.ANSWER_CANDIDATE}
