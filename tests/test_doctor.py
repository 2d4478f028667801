"""`oneledger doctor`: every check is seen well and seen failing (issue 5 of 6 D); on both databases where it asks one."""

import json
import os
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import fsspec.config
import pytest
import yaml
from sqlalchemy import create_engine, make_url, text
from typer.testing import CliRunner

from desk.cli import app
from oneledger.adapters.mail_probe import http_time
from oneledger.adapters.window_probe import open_doors
from oneledger.domain import health
from oneledger.domain.health import Level
from oneledger.domain.mailing import Limits
from oneledger.domain.work_calendar import CalendarYear, WorkCalendar
from oneledger.store import condition, holding, pulses
from tasks.office import office as at_work
from tests.conftest import CONFIG
from tests.mail_servers import free_port, imap_server, post_office, write_certificate
from tests.object_store import UNREACHABLE
from tests.small_office import at, make_campaign, opened

NOW = at("2021-03-12T09:00")
CHECKS = {
    "settings", "smtp", "reply", "imap", "limits", "calendar", "disk", "clock", "database", "prefect", "files", "hold",
    "collecting", "sending", "seal", "archive",
}  # fmt: skip


class Clinic:
    """A small office whose mail settings a test may change, and what the doctor says of it."""

    def __init__(self, folder, office):
        self.folder, self.office = folder, office

    def set_mail(self, **changes):
        """``sender__port=1``: a key of a block."""
        file = self.folder / "mail.yaml"
        mail = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, value in changes.items():
            block, _, key = name.partition("__")
            (mail[block] if key else mail).__setitem__(key or block, value)
        file.write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")

    def told(self, *arguments) -> dict[str, dict]:
        ran = CliRunner().invoke(app, ["doctor", *arguments, "--as-of", "2021-03-12T09:00", "--json"])
        checks = json.loads(ran.stdout)
        assert ran.exit_code == (1 if any(each["level"] == "fail" for each in checks) else 0)
        return {each["about"]: each for each in checks}

    def level(self, about: str) -> str:
        return self.told()[about]["level"]


@pytest.fixture
def clinic(tmp_path, monkeypatch, database):
    """All is well: a mail server, a Maildir, a data folder of our own."""
    mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    mail["collect"]["maildir"], mail["low_water_mb"] = str(tmp_path / "box"), 1
    monkeypatch.setenv("ONELEDGER_MAIL", str(tmp_path / "mail.yaml"))
    with post_office() as server, told_time() as clock:
        mail["sender"]["port"], mail["clock_url"] = server.port, f"http://127.0.0.1:{clock.server_port}/"
        (tmp_path / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
        with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
            (tmp_path / "data").mkdir(mode=0o700, exist_ok=True)
            with only.store.write() as connection:
                pulses.beat(connection, pulses.COLLECT, NOW)
                pulses.beat(connection, pulses.SEND, NOW)
            store = only.store
            yield Clinic(tmp_path, only)
            store.close()


@contextmanager
def told_time(ahead: timedelta = timedelta()):
    """Something that answers over HTTP with a Date of its own."""

    class Clock(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def date_time_string(self, timestamp=None):
            return super().date_time_string((datetime.now(UTC) + ahead).timestamp())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Clock) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_where_all_is_well_every_check_says_so(clinic):
    told = clinic.told()
    assert told.keys() == CHECKS
    assert {name: each for name, each in told.items() if each["level"] != "ok"}.keys() == {"prefect"}  # none is served
    shown = CliRunner().invoke(app, ["doctor", "--as-of", "2021-03-12T09:00"])
    assert (shown.exit_code, shown.stdout.count("正常 "), shown.stdout.count("注意 ")) == (0, len(CHECKS) - 1, 1)


def test_a_fault_in_a_definition_is_told_and_nothing_else_is_asked(clinic):
    clinic.set_mail(sender__port="many")
    told = clinic.told()
    assert told.keys() == {"settings"}
    assert "sender.port" in told["settings"]["words"]


def test_a_folder_without_a_database_is_told_and_none_is_made(clinic, monkeypatch, tmp_path):
    monkeypatch.setenv("ONELEDGER_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("ONELEDGER_DATABASE_URL", "")
    assert (clinic.level("database"), (tmp_path / "none").exists()) == ("fail", False)


def test_a_mail_server_that_is_away_or_asks_for_a_password_we_lack(clinic):
    clinic.set_mail(sender__port=free_port())
    assert clinic.level("smtp") == "fail"
    clinic.set_mail(sender__user="somebody")
    told = clinic.told()["smtp"]
    assert (told["level"], "has no password" in told["words"]) == ("fail", True)


@pytest.mark.parametrize(("days", "level"), [(1, "fail"), (10, "warn"), (90, "ok")])
def test_the_certificate_is_verified_and_its_days_are_counted(tmp_path, monkeypatch, days, level):
    cafile, context = write_certificate(tmp_path, days=days)
    office = Clinic(tmp_path, None)
    mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
    (tmp_path / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_MAIL", str(tmp_path / "mail.yaml"))
    with (
        opened(tmp_path, [make_campaign("first", 2021)], monkeypatch),
        post_office(tls=context) as server,
        imap_server(tmp_path, cafile=cafile, keyfile=str(tmp_path / "127.0.0.1.key")) as port,
    ):
        monkeypatch.setenv("ONELEDGER_IMAP_PASSWORD", "demopass")
        monkeypatch.setattr("oneledger.adapters.mail_out._CONNECT_SECONDS", 5)
        office.set_mail(
            sender__port=server.port, sender__security="tls", sender__cafile=cafile, collect__maildir=None,
            collect__imap_host="127.0.0.1", collect__imap_port=port, collect__imap_user="demouser",
            collect__imap_security="starttls", collect__imap_cafile=cafile,
        )  # fmt: skip
        now = datetime.now(UTC).isoformat()
        told = {
            each["about"]: each
            for each in json.loads(CliRunner().invoke(app, ["doctor", "--json", "--as-of", now]).stdout)
        }
        assert (told["smtp"]["level"], told["imap"]["level"]) == (level, level)
        office.set_mail(sender__cafile=None, collect__imap_cafile=None)  # signed by nobody we know
        told = {
            each["about"]: each
            for each in json.loads(CliRunner().invoke(app, ["doctor", "--json", "--as-of", now]).stdout)
        }
        assert [(told[name]["level"], "certificate verify failed" in told[name]["words"]) for name in ("smtp", "imap")] == [
            ("fail", True), ("fail", True),
        ]  # fmt: skip


def test_a_mail_box_that_is_away_or_nowhere(clinic):
    clinic.set_mail(collect__maildir=str(clinic.folder / "none"))
    assert clinic.level("imap") == "fail"
    clinic.set_mail(collect__maildir=None)
    assert clinic.level("imap") == "fail"
    clinic.set_mail(collect__imap_host="127.0.0.1", collect__imap_port=free_port(), collect__imap_user="u", collect__imap_security="none")  # fmt: skip
    assert clinic.level("imap") == "fail"  # no password
    os.environ["ONELEDGER_IMAP_PASSWORD"] = "p"
    try:
        assert clinic.level("imap") == "fail"  # nobody answers
    finally:
        del os.environ["ONELEDGER_IMAP_PASSWORD"]


def test_a_server_that_takes_no_plus_in_an_address(clinic):
    with post_office(RCPT=["550 5.1.1 no such user"] * 3) as server:
        clinic.set_mail(sender__port=server.port)
        told = clinic.told()["reply"]
        assert (told["level"], "550" in told["words"], server.mails) == ("fail", True, [])
        clinic.set_mail(collect__reply="fixed")
        assert clinic.level("reply") == "ok"


@pytest.mark.parametrize(
    ("limits", "level"),
    [(Limits(), Level.FAIL), (Limits(per_second=5), Level.WARN), (Limits(None, None, 500), Level.OK)],
)
def test_without_limits_the_account_is_at_risk(limits, level):
    assert health.limits(limits).level is level


def test_no_limits_in_the_settings_is_a_failure(clinic):
    clinic.set_mail(per_second=None, per_15_minutes=None, per_day=None)
    assert clinic.level("limits") == "fail"


def year(number: int, status: str) -> CalendarYear:
    return CalendarYear(year=number, status=status, source="s", off=frozenset(), work=frozenset())


def test_the_years_of_the_campaign_must_be_in_the_calendar(clinic):
    known = WorkCalendar([year(2026, "正式"), year(2027, "推定")], fallback="weekends")
    days = [at(f"{number}-05-01").date() for number in (2026, 2027, 2028)]
    assert [each.level for each in health.calendar_years(known, days)] == [Level.OK, Level.WARN, Level.FAIL]
    config = clinic.folder / "config"
    (config / "campaigns" / "later.yaml").write_text(
        yaml.safe_dump(make_campaign("later", 2031), allow_unicode=True), encoding="utf-8"
    )
    assert (clinic.told("later")["calendar"]["level"], clinic.told()["calendar"]["level"]) == ("fail", "ok")


@pytest.mark.parametrize(("free_mb", "level"), [(499, Level.FAIL), (500, Level.WARN), (2000, Level.OK)])
def test_a_full_disk(free_mb, level):
    assert health.disk(free_mb, 500).level is level


def test_a_disk_below_the_mark_is_a_failure(clinic):
    clinic.set_mail(low_water_mb=10**9)
    assert clinic.level("disk") == "fail"


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, Level.OK), (59, Level.OK), (-90, Level.WARN), (301, Level.FAIL), (-3600, Level.FAIL)]
)
def test_a_clock_that_goes_wrong(ahead, level):
    assert health.clock(NOW + timedelta(seconds=ahead), NOW, "x").level is level


def test_the_clock_is_compared_over_http_or_with_the_greeting_of_the_mail_server(clinic):
    with told_time(timedelta(hours=1)) as wrong:
        clinic.set_mail(clock_url=f"http://127.0.0.1:{wrong.server_port}/")
        assert clinic.level("clock") == "fail"
    clinic.set_mail(clock_url="")
    assert clinic.level("clock") == "warn"  # this server tells no time
    greeting = f"220 mx.test ESMTP ready at {datetime.now(UTC) - timedelta(hours=2):%a, %d %b %Y %H:%M:%S +0000}"
    with post_office(CONNECT=[greeting] * 2) as server:
        clinic.set_mail(sender__port=server.port)
        assert clinic.level("clock") == "fail"
    assert http_time(f"http://127.0.0.1:{free_port()}/") is None


@pytest.mark.parametrize("name", list(condition.SAFE["sqlite"]))
def test_sqlite_that_could_lose_what_was_committed(name):
    safe = condition.SAFE["sqlite"]
    assert condition.unsafe("sqlite", "3.51.3", safe) == []
    assert len(condition.unsafe("sqlite", "3.51.3", safe | {name: "0"})) == 1
    assert "pysqlite3" in condition.unsafe("sqlite", "3.40.1", safe)[0]


def test_postgresql_that_could_lose_what_was_committed(clinic, database):
    if not database:
        pytest.skip("of PostgreSQL")
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {make_url(database).database} SET synchronous_commit = off"))
    engine.dispose()
    clinic.office.store.engine.dispose()  # for what is connected anew
    told = clinic.told()["database"]
    assert (told["level"], "synchronous_commit=off" in told["words"]) == ("fail", True)


def test_an_open_prefect_is_told_door_by_door(clinic):
    """Anybody who answers 200 to everything stands for it."""
    with told_time() as anybody:
        anybody.RequestHandlerClass.do_GET = anybody.RequestHandlerClass.do_HEAD
        anybody.RequestHandlerClass.do_POST = anybody.RequestHandlerClass.do_HEAD
        anybody.RequestHandlerClass.do_OPTIONS = anybody.RequestHandlerClass.do_HEAD
        (clinic.folder / "data" / "prefect").mkdir(exist_ok=True)
        (clinic.folder / "data" / "prefect" / "address").write_text(f"http://127.0.0.1:{anybody.server_port}")
        told = clinic.told()["prefect"]
        assert (told["level"], len(told["words"].split("；"))) == ("fail", 3)
    assert open_doors(f"http://0.0.0.0:{free_port()}/api", "")[0].startswith("在 0.0.0.0 上监听")


def test_files_that_others_can_read(clinic):
    data = clinic.folder / "data"
    (data / "seal.key").write_text("k")
    (data / "seal.key").chmod(0o644)
    assert clinic.level("files") == "ok"  # the folder is shut
    data.chmod(0o755)
    told = clinic.told()["files"]
    assert (told["level"], "seal.key" in told["words"] or len(list(data.rglob("*"))) > 3) == ("fail", True)
    data.chmod(0o700)
    secret = clinic.folder / "password"
    secret.write_text("p")
    secret.chmod(0o640)
    clinic.set_mail(collect__password_file=str(secret))
    assert clinic.level("files") == "fail"


def test_hold_is_a_failure_until_it_is_released(clinic):
    with clinic.office.store.write() as connection:
        holding.hold(connection, NOW, by="restore", reason="由备份恢复")
    assert (clinic.level("hold"), "由备份恢复" in clinic.told()["hold"]["words"]) == ("fail", True)


def test_a_mail_box_that_was_not_read_for_hours(clinic):
    clinic.set_mail(silent_hours=2)
    for ago, level in ((timedelta(hours=2), "ok"), (timedelta(hours=2, seconds=1), "fail")):
        with clinic.office.store.write() as connection:
            connection.execute(text("DELETE FROM pulse"))
            pulses.beat(connection, pulses.COLLECT, NOW - ago)
            pulses.beat(connection, pulses.COLLECT, NOW - ago - timedelta(hours=1))  # never backwards
        assert clinic.level("collecting") == level


def test_mails_that_wait_and_nobody_sends(clinic):
    """Silence where nothing waits is no fault."""
    clinic.set_mail(silent_hours=2)
    with clinic.office.store.write() as connection:
        connection.execute(text("DELETE FROM pulse WHERE job = 'send'"))
        pulses.beat(connection, pulses.SEND, at("2021-03-01"))
    assert clinic.level("sending") == "ok"
    clinic.office.open("deploy", NOW - timedelta(hours=3))
    assert clinic.level("sending") == "fail"
    with clinic.office.store.write() as connection:
        pulses.beat(connection, pulses.SEND, NOW - timedelta(hours=1))
    assert clinic.level("sending") == "ok"


def test_an_archive_that_takes_no_more(clinic, monkeypatch):
    assert clinic.level("archive") == "ok"
    monkeypatch.setenv("ONELEDGER_FILES_URL", "s3://ledger/away")
    monkeypatch.setitem(fsspec.config.conf, "s3", UNREACHABLE)
    assert clinic.level("archive") == "fail"
    at_work().store.close()
    monkeypatch.setenv("ONELEDGER_FILES_URL", "nowhere://ledger")
    assert clinic.told()["archive"]["words"].startswith("ONELEDGER_FILES_URL=nowhere://ledger")
    monkeypatch.setenv("ONELEDGER_FILES_URL", "")


def test_a_seal_without_its_key(clinic):
    archive = clinic.office.here.office.archive
    archive.seal(archive.put(b"a mail with a pupil's name"))
    assert clinic.level("seal") == "ok"
    (clinic.folder / "data" / "seal.key").unlink()
    assert clinic.level("seal") == "fail"
