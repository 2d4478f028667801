"""The consolidated workbook of a city: 20,000 rows of its schools' problems, with all its other sheets.

Floor: rustpy-xlsxwriter (the fastest maintained writer for Python that was found: Rust, streaming to a file) writing
the same cells of the same sheets, without widths, styles or charts. Its cells are prepared beforehand.
Naive: openpyxl in its write-only mode, the same cells.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from openpyxl import Workbook
from python_calamine import CalamineWorkbook
from rustpy_xlsxwriter import write_worksheets

from benchmarks.reports_of_a_province import SCHOOLS, row, school
from benchmarks.timing import Row, Ways
from benchmarks.world import folder
from oneledger.adapters.report_xlsx import consolidated_workbook
from oneledger.domain.report import SnapshotView, UnitBrief
from oneledger.domain.rollup import added
from tests.report_samples import FORMS, view

ROWS, COUNTIES = 20_000, 7


def city() -> tuple[SnapshotView, dict[str, list[tuple[UnitBrief, dict[str, object]]]]]:
    random = Random(1)
    parts = [
        (UnitBrief(f"c{no:03}", f"虚拟第{no}县教育局", "county"), added(school(random) for _ in range(SCHOOLS)))
        for no in range(COUNTIES)
    ]
    schools = [UnitBrief(f"{no:06}", f"虚拟县第{no}小学", "school") for no in range(COUNTIES * SCHOOLS)]
    office = UnitBrief("t01", "虚拟第一市教育局", "city")
    told = [(schools[no % len(schools)], row(no)) for no in range(ROWS)]
    made = view(unit=office, children=tuple(parts), rollup=added(each for _, each in parts))
    return made, {"ledger": told}


def cells_of(book: bytes) -> dict[str, list[list[Any]]]:
    opened = CalamineWorkbook.from_filelike(io.BytesIO(book))
    return {name: opened.get_sheet_by_name(name).to_python() for name in opened.sheet_names}


def written_by_openpyxl(sheets: dict[str, list[list[Any]]]) -> bytes:
    book, buffer = Workbook(write_only=True), io.BytesIO()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for each in rows:
            sheet.append(each)
    book.save(buffer)
    return buffer.getvalue()


def written_by_rust(records: Any, target: str) -> bytes:
    write_worksheets(records, target)
    return Path(target).read_bytes()


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    snapshot, rows = city()
    sheets = cells_of(consolidated_workbook(snapshot, rows, FORMS, ()))
    records = [
        (name, [{f"c{at}": value for at, value in enumerate(each)} for each in told]) for name, told in sheets.items()
    ]
    with folder() as place:
        target = str(place / "floor.xlsx")
        yield {
            "ours": lambda _number: consolidated_workbook(snapshot, rows, FORMS, ()),
            "floor": lambda _number: written_by_rust(records, target),
            "naive": lambda _number: written_by_openpyxl(sheets),
        }


ROW = Row(
    "consolidated workbook of a city (20,000 rows)", "rustpy-xlsxwriter writing the same cells, no looks, no charts",
    ways, most=2,
)  # fmt: skip
