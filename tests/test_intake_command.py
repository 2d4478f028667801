"""`oneledger intake FILE.eml` and `oneledger read FILE`: a verdict for any bytes, and no trace in the store.

Issue 4, done when 4: exit status 0 or 1, never a traceback, within 20 s and 1 GiB.
"""

import json
import os
import random
import resource
import subprocess
import sys
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from oneledger.store import schema as t
from tests import make_files
from tests.test_confirming import NEIGHBOUR, SENT_ON, STRANGER, office, returned, word  # noqa: F401
from tests.test_desk import ROOT

KEYS = {"class", "sender", "subject", "campaign", "evidence", "state", "reasons", "parts", "answer"}
PART = {"path", "name", "kind", "verdict", "findings"}


def tried(mail: EmailMessage | bytes) -> dict:
    from tasks.trying import is_fine, try_mail

    told = try_mail(mail if isinstance(mail, bytes) else mail.as_bytes(), SENT_ON)
    assert set(told) == KEYS
    assert all(set(part) == PART for part in told["parts"])
    assert is_fine(told) in (True, False)
    json.dumps(told)
    return told


def row_counts(office) -> dict[str, int]:  # noqa: F811
    with office.store.read() as connection:
        tables = t.metadata.sorted_tables
        return {each.name: connection.execute(select(func.count()).select_from(each)).scalar_one() for each in tables}


def test_a_sound_return_is_told_as_it_would_be_taken_and_leaves_no_trace(office):  # noqa: F811
    mail = returned(office)
    before = row_counts(office)
    told = tried(mail)
    assert [(part["verdict"], part["kind"]) for part in told["parts"]] == [("accepted", "zip")]
    assert (told["class"], told["campaign"], told["state"]) == ("answer_candidate", "first", "done")
    assert [each["kind"] for each in told["answer"]] == ["receipt"]
    assert told["evidence"]["thread"] == told["evidence"]["address"]
    assert row_counts(office) == before
    assert office.take(mail, SENT_ON).accepted == 1  # and then really so


def test_a_strangers_return_would_be_asked_about(office):  # noqa: F811
    told = tried(returned(office, by=STRANGER))
    assert (told["state"], [part["verdict"] for part in told["parts"]]) == ("confirm", ["confirm"])
    assert [(each["kind"], each["to"]) for each in told["answer"]] == [("confirm", "2121000001@x.invalid")]


def test_an_answer_to_a_question_is_known(office):  # noqa: F811
    office.take(returned(office, by=STRANGER), SENT_ON)
    assert tried(word(office, "同意"))["evidence"]["confirmation"] == 1
    assert tried(word(office, "同意", by=NEIGHBOUR))["state"] == "person"


@pytest.mark.parametrize("identifier", ["<中文@x>", "<a>", "no brackets", "<" + "x" * 950 + "@y>", "<a\x01b@c>"])
def test_no_message_id_stops_an_answer(office, identifier):  # noqa: F811
    """One school's mail program must not keep its county from being answered."""
    mail = returned(office).as_bytes().replace(b"@2121000001.invalid>", b"@2121000001.invalid>\r\nX-Rest: 1", 1)
    start = mail.index(b"Message-ID: <0@")
    end = mail.index(b"\n", start)
    told = tried(mail[:start] + b"Message-ID: " + identifier.encode() + mail[end:])
    assert [each["kind"] for each in told["answer"]] == ["receipt"]


def test_what_our_code_cannot_work_through_is_set_aside_and_stops_no_other(office, monkeypatch):  # noqa: F811
    """A planted fault in the judging of one mail: the other mail of the same chunk is judged."""
    import tasks.guarding
    from oneledger.store import inbox
    from tasks.reviewing import review_pack

    whole = tasks.guarding.open_mail

    def faulty(here, reader, row, mail, *rest, **named):
        opened = whole(here, reader, row, mail, *rest, **named)
        if "坏" in mail.subject:
            raise KeyError("planted")
        return opened

    monkeypatch.setattr(tasks.guarding, "open_mail", faulty)
    good = returned(office)
    bad = returned(office)
    bad.replace_header("Subject", "坏")
    for mail in (bad, good):
        office._take_in(mail.as_bytes(), SENT_ON)
    with office.store.read() as connection:
        ids = next(iter(inbox.new_by_county(connection, "first").values()))
    tally = review_pack.fn("first", {"210102": ids}, SENT_ON, "test", is_one_of_many=False)
    assert (tally.accepted, tally.for_a_person) == (1, 1)
    with office.store.read() as connection:
        told = connection.execute(select(t.inbox.c.state, t.inbox.c.reason).order_by(t.inbox.c.id)).all()
    assert [state for state, _ in told] == ["person", "done"]
    assert "KeyError" in told[0].reason


def odd_mails() -> list[bytes]:
    rng = random.Random(4)
    noise = rng.randbytes(50_000)
    plain = b"From: a@b.invalid\r\nSubject: x\r\n"
    fence = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    deep = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(2000))
    return [
        b"", b"\x00", b"\n", noise, b"\xff" * 1000, b":" * 100_000, b"A" * 2_000_000, plain, plain + b"\r\n" + noise,
        plain + fence + b"--b\r\n" * 50_000, plain + fence + b"--b\r\n\r\nPK\x03\x04" * 300 + b"--b--",
        plain + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + deep,
        b"Subject: " + b"=?utf-8?b?" * 40_000 + b"\r\n\r\n", b"X: y\r\n" * 100_000,
        b"From: " + b"(" * 100_000 + b"\r\n\r\n", b"From: " + b'"a' * 100_000 + b"\r\n\r\n",
        b'Subject: \x00\x01\xf0\x28\r\n\tmore\r\nFrom: "=?gb2312?b?zPo=?="\r\n\r\nbody',
        b"Subject: =?utf-7?q?+2AA-?=\r\nFrom: a@b\r\n\r\n",  # half a surrogate pair
        plain + b"Content-Type: application/x; name*0*=utf-8''%ff; name*1=../../etc/passwd\r\n\r\nPK\x03\x04",
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(len(odd_mails())))
def test_any_bytes_have_a_verdict(office, number):  # noqa: F811
    tried(odd_mails()[number])


def command(*words: str, folder, **environment: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, with no more memory than it may use."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ONELEDGER_")}
    return subprocess.run(
        [sys.executable, "-m", "desk.cli", *words], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**clean, "PYTHONPATH": str(ROOT), **environment}, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30)),
    )  # fmt: skip


def test_the_real_commands_end_with_a_verdict_for_files_of_every_kind(tmp_path):
    """Exit 2 for a folder and for nothing at all; 1 and a verdict for bytes of any kind, without a database made."""
    (tmp_path / "empty").write_bytes(b"")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(5 * 2**30)
    (tmp_path / "name\udcff.eml").write_bytes(b"Subject: \xff\r\n\r\n")
    for words in (("read", "."), ("intake", "none")):
        ended = command(*words, "--json", folder=tmp_path)
        assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), (words, ended.stderr[-500:])
    for words in (("read", "huge"), ("intake", "empty")):
        ended = command(*words, "--json", folder=tmp_path)
        assert (ended.returncode, ended.stderr) == (1, ""), (words, ended.stderr[-500:])
        assert json.loads(ended.stdout)
    assert not (tmp_path / "data").exists()


def test_every_kind_of_file_is_read_to_a_verdict(office):  # noqa: F811
    from tasks.reading import read_file

    made = [getattr(make_files, name)() for name in dir(make_files) if name.startswith(("a_", "an_"))]
    for content in [*made, b"", b"\x00" * 100, random.Random(1).randbytes(1000)]:
        told = read_file(content, SENT_ON)
        assert told["status"] in ("accepted", "returned", "refused")
        assert told["findings"] or told["status"] == "accepted"
