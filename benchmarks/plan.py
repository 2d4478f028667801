"""What a launch of 30,000 schools would do: the list of units read, its tree built, every phase's mails counted.

Floor: the same units as the rows that arming writes, inserted in one transaction, as finished values.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pysqlite3.dbapi2 as sqlite

from benchmarks.timing import Row, Ways
from benchmarks.world import ARMED_AT, NAME, armed
from tasks.launching import make_plan

SCHOOLS = 30_000


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    with armed(SCHOOLS) as world:
        with sqlite.connect(world.place / "data" / "oneledger.db") as kept:
            rows = kept.execute("SELECT * FROM campaign_unit").fetchall()
            ((made,),) = kept.execute("SELECT sql FROM sqlite_master WHERE name = 'campaign_unit'").fetchall()
        database = sqlite.connect(world.place / "floor.db", isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", made):
            database.execute(statement)
        marks = ",".join("?" * len(rows[0]))

        def floor(_number: int) -> None:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM campaign_unit")
            database.executemany(f"INSERT INTO campaign_unit VALUES ({marks})", rows)
            database.execute("COMMIT")

        yield {"ours": lambda _number: make_plan.fn(NAME, ARMED_AT), "floor": floor}
        database.close()


ROW = Row("launch plan of 30,000 schools", "one bulk insert of the same units", ways, most=3)
