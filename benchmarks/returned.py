"""Returns of a hundred schools, each with twenty problems: archived, recorded, taken apart, read in the guarded child,
judged, answered, stored.

Floor: for each workbook one reading of all its cells by calamine in this process; for each mail one write with fsync;
for all together one transaction that inserts the very rows a review stores (submission, problems, their history), as
finished values, through the database's own module.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from python_calamine import CalamineWorkbook

from benchmarks.timing import Row, Ways
from benchmarks.world import NAME, OPENED_AT, RETURNED_AT, SCHOOLS_A_COUNTY, World, armed
from oneledger.adapters.mail_parse import parse_mail
from tasks.asking import asked
from tasks.reviewing import reviewed

TABLES = ("submission", "problem", "problem_event")


@contextmanager
def ways(rounds: int) -> Iterator[Ways]:
    with armed((rounds + 1) * SCHOOLS_A_COUNTY) as world:
        packs = [answers(world, ids) for ids in world.open_deploy()]
        books = [workbook_in(mail) for mail in packs[0]]
        floor = Floor(world.place)

        def ours(number: int) -> None:
            tally = reviewed(NAME, {"c": world.take_in(packs[number])}, RETURNED_AT)
            assert tally.accepted == SCHOOLS_A_COUNTY, tally

        def least(_number: int) -> None:
            for book in books:
                read_all(book)
            floor.write(packs[0])
            floor.insert()

        ours(0)
        floor.prepare(world.place / "data" / "oneledger.db")
        yield {"ours": lambda number: ours(number) if number else None, "floor": least}


def answers(world: World, ids: Sequence[int]) -> list[bytes]:
    asked(NAME, list(ids), OPENED_AT)
    return [world.reply(address, mail) for address, mail in world.asked(ids)]


def workbook_in(mail: bytes) -> bytes:
    return next(part.content for part in parse_mail(mail).parts if (part.filename or "").endswith(".xlsx"))


def read_all(book: bytes) -> None:
    opened = CalamineWorkbook.from_filelike(io.BytesIO(book))
    for name in opened.sheet_names:
        opened.get_sheet_by_name(name).to_python(skip_empty_area=False)


class Floor:
    """The rows of the first hundred returns, again and again into a database with the same tables and settings."""

    def __init__(self, place: Path) -> None:
        self.place = place / "floor"
        self.place.mkdir()
        self.rows: dict[str, list[Any]] = {}
        self.turn = 0

    def prepare(self, of: Path) -> None:
        with sqlite.connect(of) as kept:
            made = dict(kept.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())
            self.rows = {name: kept.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
        self.database = sqlite.connect(self.place / "floor.db", isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        for name in TABLES:
            self.database.execute(made[name])

    def insert(self) -> None:
        self.database.execute("BEGIN IMMEDIATE")
        for name in TABLES:
            marks = ",".join("?" * len(self.rows[name][0]))
            self.database.execute(f"DELETE FROM {name}")
            self.database.executemany(f"INSERT INTO {name} VALUES ({marks})", self.rows[name])
        self.database.execute("COMMIT")

    def write(self, mails: Sequence[bytes]) -> None:
        for mail in mails:
            self.turn += 1
            with (self.place / str(self.turn)).open("wb") as file:
                file.write(mail)
                file.flush()
                os.fsync(file.fileno())


ROW = Row(
    "a return (20 problems): archive + MIME + guarded read + review + store",
    "calamine's reading, one write with fsync, one insert of the same rows",
    ways, SCHOOLS_A_COUNTY, most=2.5, rate=200,
)  # fmt: skip
