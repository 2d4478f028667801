"""`oneledger doctor --probe` (issue 5 of 6 D, reply addressing probed): a mail to our reply address, seen to come back."""

import json
import shutil
import threading
from contextlib import contextmanager

import pytest
from imapclient import IMAPClient
from sqlalchemy import select
from typer.testing import CliRunner

from desk.cli import app
from oneledger.store import schema as t
from rehearsal.post_office_client import running_post_office
from tests.mail_servers import imap_server, post_office
from tests.test_doctor import CHECKS, Clinic, clinic  # noqa: F401  a fixture

DOCTOR = ["doctor", "--json", "--as-of", "2021-03-12T09:00"]


def told(*arguments: str) -> dict[str, dict]:
    ran = CliRunner().invoke(app, [*DOCTOR, *arguments])
    return {each["about"]: each for each in json.loads(ran.stdout)}


@pytest.fixture
def office(clinic: Clinic):  # noqa: F811
    clinic.set_mail(collect__address="collect@ledger.invalid", sender__address="collect@ledger.invalid")
    return clinic


def test_a_probe_goes_to_an_address_with_a_token_and_is_seen_in_the_maildir(office, tmp_path, monkeypatch):
    with running_post_office(tmp_path / "post") as post:
        office.set_mail(sender__port=post.port, collect__maildir=str(post.collect))
        found = told("--probe", "--wait", "10")["roundtrip"]
        assert (found["level"], "collect+" in found["words"]) == ("ok", True)
        assert len(list((post.collect / "new").iterdir())) == 1
        monkeypatch.setenv("ONELEDGER_MAIL", str(shutil.copy(tmp_path / "mail.yaml", tmp_path / "again.yaml")))
        _taken_in_quietly(office)
        office.office.store.close()


def _taken_in_quietly(office) -> None:
    """The next look, of an office that has read these settings, puts it away as a program's mail, unanswered."""
    from tasks.intake import take_in_mail
    from tasks.reviewing import reviewed
    from tests.small_office import at

    moment = at("2021-03-12T10:00")
    reviewed("first", take_in_mail.fn("first", moment), moment)
    with office.office.store.read() as connection:
        assert [tuple(row) for row in connection.execute(select(t.inbox.c.state, t.inbox.c["class"]))] == [
            ("done", "auto_reply")
        ]
    assert office.office.planned() == []


@contextmanager
def delivered(server, port: int, folder: str):
    """What the mail server accepts, it puts into a folder of the IMAP server."""
    ended = threading.Event()

    def deliver() -> None:
        done = 0
        while not ended.wait(0.05):
            for _, _, content in server.mails[done:]:
                done += 1
                with IMAPClient("127.0.0.1", port, ssl=False) as client:
                    client.login("demouser", "demopass")
                    if not client.folder_exists(folder):
                        client.create_folder(folder)
                    client.append(folder, content)

    thread = threading.Thread(target=deliver)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("folder", ["INBOX", "垃圾邮件"])
def test_it_is_found_over_imap_where_collecting_looks_also_among_the_junk(office, tmp_path, monkeypatch, folder):
    monkeypatch.setenv("ONELEDGER_IMAP_PASSWORD", "demopass")
    with post_office() as server, imap_server(tmp_path) as port, delivered(server, port, folder):
        office.set_mail(
            sender__port=server.port, collect__maildir=None, collect__imap_host="127.0.0.1", collect__imap_port=port,
            collect__imap_user="demouser", collect__imap_security="none",
        )  # fmt: skip
        assert told("--probe", "--wait", "10")["roundtrip"]["level"] == "ok"


def test_a_server_that_takes_the_address_and_drops_the_mail_is_told(office):
    """What asking for the recipient alone does not show."""
    with post_office() as server:
        office.set_mail(sender__port=server.port)
        checks = told("--probe", "--wait", "1")
        assert (checks["reply"]["level"], checks["roundtrip"]["level"], len(server.mails)) == ("ok", "fail", 1)
    with post_office(RCPT=["250 ok", "550 5.1.1 no such user"]) as server:
        office.set_mail(sender__port=server.port)
        found = told("--probe", "--wait", "1")["roundtrip"]
        assert (found["level"], "550" in found["words"], server.mails) == ("fail", True, [])


def test_nothing_is_sent_unless_somebody_asks(office):
    with post_office() as server:
        office.set_mail(sender__port=server.port)
        assert (told().keys(), server.mails) == (CHECKS, [])
