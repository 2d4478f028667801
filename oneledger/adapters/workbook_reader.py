"""Returned workbooks as cells, parsed in a process of their own that may die of them without anybody else noticing."""

import base64
import json
from collections.abc import Callable
from datetime import date, datetime, time as clock_time
from math import inf
from time import monotonic
from types import TracebackType
from typing import Any, Self

from oneledger.adapters.reader_process import ChildGoneError, ReaderProcess
from oneledger.adapters.zip_guard import MIB, MOST_BYTES
from oneledger.domain.findings import Finding
from oneledger.domain.returns import PackedFiles, SheetCells, Unreadable, WorkbookCells, WorkbookMarks
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import CUSTOM_PROPERTY, DEFINED_NAME, META_SHEET

CHILD = "oneledger.adapters.reader_child"


class WorkbookReader:
    """``with WorkbookReader() as reader: reader.read(content)``. One thread at a time.

    The child is started by the first workbook and renewed after many: memory it may have lost is given back.
    """

    def __init__(self, *, timeout_seconds: float = 15.0, renew_after: int = 200) -> None:
        self._timeout_seconds = timeout_seconds
        self._renew_after = renew_after
        self._child: ReaderProcess | None = None
        self._allowed_until = inf

    def allow(self, seconds: float) -> None:
        """For all that is read from now on together, until this is called again."""
        self._allowed_until = monotonic() + seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, content: bytes) -> WorkbookCells | PackedFiles | Unreadable:
        """Never raises for what is in a workbook: that is a verdict. Ends within the time allowed."""
        if len(content) > MOST_BYTES:
            return Unreadable(structural("WB-102", limit=MOST_BYTES // MIB))
        until = min(monotonic() + self._timeout_seconds, self._allowed_until)
        if until <= monotonic():
            return Unreadable(structural("WB-109"))
        try:
            reply = self._asked(content, until)
        except (TimeoutError, ChildGoneError):
            self._end()
            return Unreadable(structural("WB-109"))
        try:
            return self._understood(reply)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):  # it said what it could never say
            self._end()
            return Unreadable(structural("WB-109"))

    def _asked(self, content: bytes, until: float) -> bytes:
        """A child may have been killed from outside (out of memory, an operator): a second one confirms a death."""
        try:
            return self._current().ask(content, until)
        except ChildGoneError:
            self._end()
            return self._current().ask(content, until)

    def _current(self) -> ReaderProcess:
        if self._child is not None and self._child.answered >= self._renew_after:
            self._end()
        if self._child is None:
            self._child = ReaderProcess(CHILD, META_SHEET, CUSTOM_PROPERTY, DEFINED_NAME)
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _understood(self, reply: bytes) -> WorkbookCells | PackedFiles | Unreadable:
        told = json.loads(reply, object_hook=_typed)
        if told.get("spent"):
            self._end()
        if "finding" in told:
            return Unreadable(Finding(**told["finding"]))
        if "packed" in told:
            files = tuple((name, base64.b64decode(content)) for name, content in told["files"])
            return PackedFiles(told["packed"], files)
        return _cells(told)


_TYPED: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": clock_time.fromisoformat,
}


def _typed(told: dict[str, Any]) -> Any:
    """Dates travel as {"date": "2021-03-05"}."""
    if len(told) == 1:
        ((kind, text),) = told.items()
        if kind in _TYPED:
            return _TYPED[kind](text)
    return told


def _cells(told: dict[str, Any]) -> WorkbookCells:
    meta = told["meta"]
    marks = WorkbookMarks(
        tokens=tuple(dict.fromkeys(told["tokens"])),
        forms=tuple(meta.get("forms", "").replace(",", " ").replace("、", " ").split()),
        campaign=meta.get("campaign", ""),
        phase=meta.get("phase", ""),
        unit_code=meta.get("unit_code", ""),
    )
    sheets = [
        SheetCells(
            sheet["name"],
            sheet["rows"],
            [tuple(merged) for merged in sheet["merged"]],
            sheet["hidden"],
            sheet["formulas_without_value"],
            sheet.get("from_1904", False),
            frozenset(sheet.get("hidden_rows", ())),
            frozenset(sheet.get("hidden_columns", ())),
        )
        for sheet in told["sheets"]
    ]
    return WorkbookCells(sheets, marks, told["kind"], tuple(Finding(**note) for note in told["notes"]))
