"""The history of a problem is added to and never altered, on either database (issue 3 C)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from oneledger.domain.problem_history import ProblemEvent
from oneledger.store import campaigns, problem_history
from oneledger.store.migrating import migration_config

AT = datetime(2021, 3, 10, 2, tzinfo=UTC)
REVISION, BEFORE = "0002", "0001"
NUMBER = "2121000001-2021-0001"
EVENT = ProblemEvent(NUMBER, AT, "opened", "2121000001", "submission 1", "", "未启动", None, {"due_on": "2021-06-01"})


@pytest.fixture
def armed(store, liaoning):
    with store.write() as connection:
        campaigns.launch(connection, liaoning, {}, units=[], digest="d", at=AT, by="t", mails=0, token_key=b"k" * 32)
    return store


def kept(store):
    with store.read() as connection:
        return problem_history.of_problems(connection, "liaoning-2021")


def test_what_is_recorded_twice_stands_once(armed):
    later = replace(EVENT, deed="told", cause="submission 2", after="整改中")
    for _ in range(2):
        with armed.write() as connection:
            problem_history.record(connection, "liaoning-2021", [EVENT, later])
    assert kept(armed) == {NUMBER: [EVENT, later]}


@pytest.mark.parametrize("deed", ["UPDATE problem_event SET after = '已销号'", "DELETE FROM problem_event"])
def test_the_database_refuses_to_alter_or_delete_it(armed, deed):
    with armed.write() as connection:
        problem_history.record(connection, "liaoning-2021", [EVENT])
    with pytest.raises(DBAPIError, match="append-only"), armed.write() as connection:
        connection.execute(text(deed))
    assert kept(armed) == {NUMBER: [EVENT]}


def test_a_database_of_the_first_version_gets_the_history_and_its_guard(armed):
    with armed.write() as connection:
        connection.execute(text("DROP TABLE problem_event"))
        connection.execute(text("DROP INDEX problem_by_number"))
        for column in ("source", "carried_from"):
            connection.execute(text(f"ALTER TABLE problem DROP COLUMN {column}"))
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{BEFORE}'"))
    with armed.write() as connection:
        command.upgrade(migration_config(connection), REVISION)
    with armed.engine.connect() as connection:
        columns = {each["name"] for each in inspect(connection).get_columns("problem")}
    assert {"source", "carried_from"} <= columns
    test_the_database_refuses_to_alter_or_delete_it(armed, "DELETE FROM problem_event")
