"""Each of the ten invariants that are asked after every trial can fail: a broken state is planted for each, in a world
in which all ten hold (reliability.md, issue 5 of 6 G and done when 3)."""

import hashlib
import json
import sqlite3
from contextlib import closing

import pytest

from tests.torture.invariants import broken
from tests.torture.world import laboratory

UNITS = 2


@pytest.fixture(scope="module")
def lab():
    with laboratory() as lab:
        yield lab


@pytest.fixture
def sent(lab):
    world = lab.sending(UNITS)
    assert (world.run("send", [0]), broken(world)) == (0, [])
    return world


@pytest.fixture
def collected(lab):
    world = lab.collecting()
    assert (world.run("collect"), broken(world)) == (0, [])
    return world


def change(world, *statements):
    """By somebody who knows no rules: neither keys nor triggers."""
    with closing(sqlite3.connect(world.folder / "data" / "oneledger.db")) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for statement in [*(f"DROP TRIGGER {name}" for (name,) in triggers), *statements]:
            connection.execute(statement)
        connection.commit()


def told(world, **named):
    """Which invariants do not hold."""
    return {each.split()[0] for each in broken(world, **named)}


def accept(world, message_id):
    """The post office has one mail more."""
    index = world.oracle.post.directory / "delivered.jsonl"
    last = json.loads(index.read_text(encoding="utf-8").splitlines()[-1])
    with index.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({**last, "message_id": message_id}) + "\n")


def blob(world):
    return next((world.folder / "data" / "archive").glob("??/??/*"))


def test_i1_a_unit_without_a_mail_is_told(sent):
    change(sent, "DELETE FROM outbox WHERE unit = '0000000001'")
    assert told(sent) == {"I1", "I4"}


def test_i2_the_same_mail_planned_twice_is_told(sent):
    columns = "campaign, unit, subject_of, round, kind, phase, message_id || 'x', state"
    names = columns.replace(" || 'x'", "")
    change(
        sent,
        "CREATE TABLE other AS SELECT * FROM outbox",
        f"INSERT INTO other ({names}) SELECT {columns} FROM outbox WHERE unit = '0000000001'",
        "DROP TABLE outbox",
        "ALTER TABLE other RENAME TO outbox",
    )
    assert {"I1", "I2"} <= told(sent)


def test_i3_a_mail_that_was_accepted_twice_is_told(sent):
    accept(sent, f"<{sent.name}.0000000001@ledger.invalid>")
    assert told(sent) == {"I3"}


def test_i4_a_mail_that_nobody_planned_is_told(sent):
    accept(sent, f"<{sent.name}.0000000009@ledger.invalid>")
    assert told(sent) == {"I4"}


def test_i5_a_mail_that_is_called_sent_and_never_was_is_told(lab):
    world = lab.sending(UNITS)
    change(world, "UPDATE outbox SET state = 'sent'")
    assert told(world) == {"I5"}


def test_i6_a_mail_whose_bytes_are_gone_or_are_others_is_told(collected):
    path = blob(collected)
    path.write_bytes(path.read_bytes() + b"x")
    assert "I6" in told(collected)
    path.unlink()
    assert "I6" in told(collected)


@pytest.mark.parametrize("change_to", ["state = 'new'", "sha256 = (SELECT min(sha256) FROM inbox)"])
def test_i7_a_mail_without_a_verdict_or_with_two_is_told(collected, change_to):
    change(collected, f"UPDATE inbox SET {change_to} WHERE state != 'duplicate'")
    assert "I7" in told(collected)


@pytest.mark.parametrize("change_to", [
    "UPDATE assignment SET versions = versions + 1 WHERE versions > 0",
    "UPDATE assignment SET status = 'missing' WHERE status = 'returned'",
    "DELETE FROM submission",
])  # fmt: skip
def test_i8_figures_that_the_versions_do_not_give_are_told(collected, change_to):
    change(collected, change_to)
    assert "I8" in told(collected)


def test_i9_a_trail_that_was_altered_is_told(sent):
    change(sent, "UPDATE event SET actor = 'somebody'")
    assert told(sent) == {"I9"}


def test_i10_a_file_of_nobody_is_told(collected):
    content = b"nobody's"
    name = hashlib.sha256(content).hexdigest()
    folder = collected.folder / "data" / "archive" / name[:2] / name[2:4]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    assert told(collected) == {"I10"}


def test_i10_a_database_whose_index_lost_a_row_is_told(sent):
    """As a torn write leaves it: the table has what its index does not know."""
    change(
        sent,
        "PRAGMA writable_schema = ON",
        "CREATE INDEX torn ON outbox (reply) WHERE id > 10000",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX torn ON outbox (reply)' WHERE name = 'torn'",
    )
    assert told(sent) == {"I10"}


def test_a_mail_of_which_nobody_knows_and_one_before_its_time_are_told(sent):
    change(sent, "UPDATE outbox SET state = 'unknown' WHERE unit = '0000000000'")
    assert told(sent) == {"lost"}
    change(sent, "UPDATE outbox SET state = 'claimed' WHERE unit = '0000000000'")
    assert told(sent, is_over=False) == {"E5"}


def test_a_mail_of_the_box_that_was_never_taken_in_is_told(collected):
    collected.put_in_the_box(b"From: x@y.invalid\r\n\r\nlate\r\n", "99999.eml")
    assert told(collected) == {"lost"}
