"""The figures of every unit of every level: 30,000 schools, 600,000 rows of problems.

What a look does: the figures that count are read from the store, each unit's own part is made, and all are added up
from the schools to the province. Nothing is frozen or hashed. Floor: the database grouping the same 600,000 rows by
school, aspect and risk, with one sum: a single statement, of two of the columns that ours counts by.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pysqlite3.dbapi2 as sqlite

from benchmarks.timing import Row, Ways
from benchmarks.world import LEDGER_ROWS, NAME, OPENED_AT, RETURNED_AT, World, armed, rows_of
from oneledger.domain.figures import figures_of
from oneledger.domain.returns import Ledger, LedgerRow
from oneledger.domain.rolling import rolled_up
from tasks.asking import open_phase
from tasks.recounting import Reference, basis_of, by_unit, own_reader

SCHOOLS = 30_000
GROUPED = "SELECT unit, aspect7, risk, count(*), sum(n_pupils) FROM row GROUP BY unit, aspect7, risk"


@contextmanager
def filled(schools: int) -> Iterator[World]:
    """Every school has returned its ledger."""
    with armed(schools) as world:
        open_phase(NAME, "deploy", OPENED_AT)
        database = world.place / "data" / "oneledger.db"
        figures = figures_of_a_school(world)
        with sqlite.connect(database) as connection:
            connection.execute(
                "INSERT INTO inbox (account, folder, uidvalidity, uid, sha256, received_at, taken_at, size, state)"
                " SELECT 'a', 'f', '1', id, id, opened_at, opened_at, 1, 'done' FROM assignment"
            )
            connection.execute(
                "INSERT INTO submission (campaign, assignment, inbox, part, file_name, sha256, version, received_at,"
                " reviewed_at, verdict, is_late, is_zero, ledgers, figures, findings) SELECT a.campaign, a.id, i.id,"
                " '1', 'f', a.id, 1, a.opened_at, a.opened_at, 'accepted', 0, 0, '{}', ?, '[]'"
                " FROM assignment a JOIN inbox i ON i.sha256 = a.id WHERE a.deliverable = 'school-deploy'",
                (json.dumps({"figures": figures, "forms": ["ledger"]}, ensure_ascii=False),),
            )
        yield world


def ledger(world: World) -> list[dict[str, Any]]:
    return rows_of(world.here.forms["ledger-v1"])


def figures_of_a_school(world: World) -> dict[str, Any]:
    form = world.here.forms["ledger-v1"]
    rows = [LedgerRow(no, values) for no, values in enumerate(ledger(world))]
    return figures_of(form, Ledger("ledger", 1, "", {"zero_flag": "否"}, rows))


def grouping(world: World) -> sqlite.Connection:
    database = sqlite.connect(world.place / "rows.db")
    database.execute("CREATE TABLE row (unit TEXT, aspect7 TEXT, risk TEXT, n_pupils INTEGER)")
    told = [(row["aspect7"], row["risk"], row["n_pupils"]) for row in ledger(world)]
    schools = [code for code, unit in world.here.units.items() if unit.level == "school"]
    database.executemany("INSERT INTO row VALUES (?, ?, ?, ?)", ((code, *row) for code in schools for row in told))
    database.commit()
    return database


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    with filled(SCHOOLS) as world:
        at = Reference("deploy", RETURNED_AT.replace(month=4), RETURNED_AT.replace(month=4), None)
        database = grouping(world)

        def ours(_number: int) -> None:
            with world.here.office.store.read() as connection:
                own = by_unit(basis_of(world.here, connection, at).own)
                read = own_reader(world.here, connection, own)
                found = dict(rolled_up(world.here.units, world.here.children, read))
            assert found["210000"].figures["ledger.rows"] == SCHOOLS * LEDGER_ROWS, found["210000"]

        yield {"ours": ours, "floor": lambda _number: database.execute(GROUPED).fetchall()}
        database.close()


ROW = Row(
    "roll-up of 30,000 schools, 600,000 rows, every unit of every level",
    "one GROUP BY of the same rows by school, aspect and risk", ways, most=3,
)  # fmt: skip
