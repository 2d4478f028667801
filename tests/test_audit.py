"""The trail: append-only, sealed block by block, proved, handed out as a pack (issue "4 of 6", H; 000-20)."""

import io
import shutil
import sqlite3
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from desk.cli import app
from oneledger.domain.audit import FIRST, Entry, Seal, faults, sealed
from oneledger.domain.errors import RefusedError
from oneledger.store import audit
from tasks.auditing import deeds, verify
from tasks.evidence_pack import evidence_pack

NAME = "liaoning-2021"
AT = datetime(2021, 3, 12, 9, tzinfo=UTC)
TRAIL = [Entry(number, AT, "市教育局", "armed", NAME, None, {"n": number}) for number in range(1, 7)]


def chain(*lasts: int) -> list[Seal]:
    made: list[Seal] = []
    prior, after = FIRST, 0
    for number, last in enumerate(lasts, start=1):
        block = [entry for entry in TRAIL if after < entry.id <= last]
        made.append(Seal(number, AT, last, len(block), prior, sealed(prior, block)))
        prior, after = made[-1].digest, last
    return made


def test_a_chain_that_nobody_touched_has_no_fault():
    assert faults(chain(2, 3, 6), TRAIL) == []


def test_what_was_altered_taken_away_or_put_in_is_told():
    altered = [replace(entry, actor="别人") if entry.id == 4 else entry for entry in TRAIL]
    assert faults(chain(2, 3, 6), altered) == ["an entry from 4 to 6 was altered after seal 3"]
    assert faults(chain(2, 3, 6), TRAIL[1:]) == ["seal 1 is over 2 entries, 1 are left of them"]
    first, _, third = chain(2, 3, 6)
    assert faults([first, third], TRAIL)[:2] == ["seal 2 is missing", "seal 3 does not hold the seal before it"]


def row(number: int) -> dict:
    return {"at": AT, "actor": "a", "deed": f"d{number}", "campaign": None, "unit": None, "detail": {"n": number}}


def test_entries_are_sealed_once_and_nobody_can_alter_them(store):
    for numbers in ((1, 2), (3,)):
        with store.write() as connection:
            audit.record(connection, [row(number) for number in numbers])
            audit.seal(connection, AT)
    with store.write() as connection:
        assert audit.seal(connection, AT) is None  # nothing new
        assert [(seal.number, seal.last, seal.count) for seal in audit.seals(connection)] == [(1, 2, 2), (2, 3, 1)]
        assert faults(audit.seals(connection), list(audit.entries(connection))) == []
    for statement in ("UPDATE event SET actor = 'b'", "DELETE FROM event", "DELETE FROM event_seal"):
        with pytest.raises(DBAPIError, match="append-only"), store.write() as connection:
            connection.execute(text(statement))


@pytest.fixture
def city(rehearsed, tmp_path, monkeypatch) -> Path:
    """A copy of a rehearsed campaign, which a test may spoil."""
    out, _ = rehearsed()
    data = shutil.copytree(out / "data", tmp_path / "data", ignore=shutil.ignore_patterns("prefect"))
    monkeypatch.setenv("ONELEDGER_DATA", str(data))
    return data


def behind_its_back(data: Path, *statements: str) -> None:
    """As somebody who has the database file and knows what he does."""
    with sqlite3.connect(data / "oneledger.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert database.execute(statement).rowcount > 0


def test_a_whole_campaign_is_on_the_trail_and_holds(city):
    told = verify()
    assert [told["faults"], told["unsealed"]] == [[], 0]
    kinds = {each["deed"] for each in deeds(NAME)}
    assert {"armed", "mail sent", "return accepted", "return returned", "snapshot frozen", "reports made"} <= kinds
    assert CliRunner().invoke(app, ["audit", "verify"]).exit_code == 0


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE event SET actor = 'x' WHERE deed = 'armed'", "was altered after seal"),
        ("DELETE FROM event WHERE id = (SELECT max(id) FROM event WHERE deed = 'return accepted')", "are left of them"),
        ("DELETE FROM event_seal WHERE number = 2", "seal 2 is missing"),
        ("UPDATE submission SET sha256 = 'x' WHERE id = 1", "is not the file that entry"),
        (
            "UPDATE snapshot_unit SET rollup = replace(rollup, '\"returned\": ', '\"returned\": 1') WHERE unit = '210000'",
            "is not as entry",
        ),
    ],
)
def test_whoever_alters_the_past_is_seen(city, statement, told):
    behind_its_back(city, statement)
    assert any(told in fault for fault in verify(with_mails=False)["faults"])
    assert CliRunner().invoke(app, ["audit", "verify", "--without-mails"]).exit_code == 1


def test_an_archived_mail_that_is_gone_or_changed_is_seen(city):
    archived = sorted(path for path in (city / "archive").rglob("*") if path.is_file())
    named = {each["detail"]["mail"] for each in deeds(NAME) if each["deed"].startswith("return ")}
    first, second = [path for path in archived if path.name in named][:2]
    first.unlink()
    second.chmod(0o600)
    second.write_bytes(b"something else")
    assert len(verify()["faults"]) == 2


def test_a_pack_holds_what_the_unit_got_sent_and_was_told(city):
    unit = next(each["unit"] for each in deeds(NAME) if each["deed"] == "return returned")
    at = datetime(2021, 8, 1, tzinfo=UTC)
    pack = zipfile.ZipFile(io.BytesIO(evidence_pack(NAME, unit, by="省督导组", reason="督导检查", at=at)))
    folders = {name.partition("/")[0] for name in pack.namelist()}
    assert {"0_目录.xlsx", "1_收到的任务和通知", "2_报送原件", "3_回执和更正"} <= folders
    book = load_workbook(io.BytesIO(pack.read("0_目录.xlsx")))
    assert book.sheetnames == ["概况", "材料目录", "应报事项", "报送记录", "问题台账", "经过"]
    listed = [row[0] for row in book["材料目录"].iter_rows(min_row=2, values_only=True)]
    assert listed == [name for name in pack.namelist() if name != "0_目录.xlsx"]
    last = deeds(NAME, unit)[-1]
    assert [last["actor"], last["deed"], last["detail"]["reason"]] == ["省督导组", "evidence taken", "督导检查"]


def test_an_office_finds_its_reports_in_the_pack(city):
    pack = evidence_pack(NAME, "210100", by="省督导组", reason="督导检查", at=AT)
    names = zipfile.ZipFile(io.BytesIO(pack)).namelist()
    assert sum(name.startswith("4_报告/") and name.endswith(".docx") for name in names) >= 3


def test_no_pack_without_a_name_and_a_reason(city):
    with pytest.raises(RefusedError):
        evidence_pack(NAME, "210100", by="省督导组", reason="", at=AT)
    with pytest.raises(RefusedError):
        evidence_pack(NAME, "999999", by="省督导组", reason="督导检查", at=AT)
