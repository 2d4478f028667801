"""What came back: cells as the reader saw them, and the typed ledgers that review made of them."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, Literal

from oneledger.domain.findings import Finding

CellValue = str | float | int | bool | date | datetime | time | None


@dataclass(frozen=True)
class SheetCells:
    name: str
    rows: list[list[CellValue]]  # row 0, column 0 is A1; ragged rows allowed
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row, column, last row, column
    hidden: bool = False
    formulas_without_value: list[str] = field(default_factory=list)  # cell names
    from_1904: bool = False  # days are counted from 1904, as Excel on a Mac used to
    hidden_rows: frozenset[int] = frozenset()  # from 0, as the columns
    hidden_columns: frozenset[int] = frozenset()

    @cached_property
    def texts(self) -> frozenset[str]:
        """What is written anywhere in it, each text once."""
        return frozenset(cell for row in self.rows for cell in row if isinstance(cell, str))


@dataclass(frozen=True)
class WorkbookMarks:
    """Our marks as found in the file: custom property, hidden defined name, very-hidden sheet."""

    tokens: tuple[str, ...] = ()  # distinct tokens, most trusted place first
    forms: tuple[str, ...] = ()  # "ledger-v1" as written in _meta
    campaign: str = ""
    phase: str = ""
    unit_code: str = ""


@dataclass(frozen=True)
class WorkbookCells:
    sheets: list[SheetCells]
    marks: WorkbookMarks
    kind: str = "xlsx"  # xls, ods, csv
    notes: tuple[Finding, ...] = ()  # about the file as such: its macros, its encoding


@dataclass(frozen=True)
class Unreadable:
    """The file has no cells for us: why (a WB- rule id) and what the sender should do."""

    finding: Finding


@dataclass(frozen=True)
class PackedFiles:
    """A file that only holds others."""

    kind: str  # zip, tnef
    files: tuple[tuple[str, bytes], ...]  # name, for people only, and bytes


@dataclass(frozen=True)
class LedgerRow:
    line: int  # 1-based row in the sheet
    values: dict[str, Any]


@dataclass(frozen=True)
class Ledger:
    """One form as it was answered."""

    form: str
    version: int
    sheet: str
    facts: dict[str, Any] = field(default_factory=dict)
    rows: list[LedgerRow] = field(default_factory=list)
    fact_cells: dict[str, str] = field(default_factory=dict)  # fact key -> "C7"
    columns: dict[str, str] = field(default_factory=dict)  # column key -> "F"
    is_zero: bool | None = None  # 零报告; None: the form does not ask

    def as_data(self) -> dict[str, Any]:
        """What dataclasses.asdict gives, without copying every value of every row."""
        return {**vars(self), "rows": [dict(vars(row)) for row in self.rows]}


Verdict = Literal["accepted", "returned", "refused"]
"""accepted: counts. returned: readable, with errors to mend. refused: not a return we can read."""


@dataclass(frozen=True)
class Review:
    verdict: Verdict
    ledgers: dict[str, Ledger]
    findings: list[Finding]

    @property
    def is_zero(self) -> bool:
        """Every form that can be a 零报告 says so (and at least one can)."""
        zeros = [ledger.is_zero for ledger in self.ledgers.values() if ledger.is_zero is not None]
        return bool(zeros) and all(zeros)
