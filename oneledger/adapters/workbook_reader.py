"""Returned workbooks as cells, parsed in a process of their own that may die of them without anybody else noticing."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, time as clock_time
from time import monotonic
from types import TracebackType
from typing import Any, Self

from oneledger.adapters.reader_frames import LENGTH_BYTES, MOST_REPLY_BYTES
from oneledger.adapters.workbook_prescan import MIB, MOST_BYTES
from oneledger.domain.errors import TransientError
from oneledger.domain.findings import Finding
from oneledger.domain.returns import SheetCells, Unreadable, WorkbookCells, WorkbookMarks
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import CUSTOM_PROPERTY, DEFINED_NAME, META_SHEET

CHILD = "oneledger.adapters.reader_child"
START_SECONDS = 30.0


class ReaderStartError(TransientError):
    """A reading process does not even start: the machine is out of something, or the installation is incomplete."""


class _ChildGoneError(Exception):
    """It died, or said what it could never say."""


class _Child:
    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-I", "-B", "-m", CHILD, META_SHEET, CUSTOM_PROPERTY, DEFINED_NAME]
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env={}
            )
        self._socket = ours
        self.answered = 0
        try:
            self._receive(LENGTH_BYTES, monotonic() + START_SECONDS)  # its first frame says that it is there
        except (OSError, _ChildGoneError) as fault:
            self.end()
            raise ReaderStartError("the process that reads workbooks does not start") from fault

    def ask(self, content: bytes, until: float) -> bytes:
        """Raises TimeoutError or _ChildGoneError; then this child is of no more use."""
        try:
            self._socket.settimeout(max(until - monotonic(), 0.001))
            self._socket.sendall(len(content).to_bytes(LENGTH_BYTES, "big"))
            self._socket.sendall(content)
            length = int.from_bytes(self._receive(LENGTH_BYTES, until), "big")
            if length > MOST_REPLY_BYTES:
                raise _ChildGoneError
            reply = self._receive(length, until)
        except (BrokenPipeError, ConnectionResetError) as fault:
            raise _ChildGoneError from fault
        self.answered += 1
        return reply

    def _receive(self, length: int, until: float) -> bytes:
        received = bytearray()
        while len(received) < length:
            self._socket.settimeout(max(until - monotonic(), 0.001))
            chunk = self._socket.recv(min(length - len(received), MIB))
            if not chunk:
                raise _ChildGoneError
            received += chunk
        return bytes(received)

    def end(self) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()


class WorkbookReader:
    """``with WorkbookReader() as reader: reader.read(content)``. One thread at a time.

    The child is started by the first workbook and renewed after many: memory it may have lost is given back.
    """

    def __init__(self, *, timeout_seconds: float = 20.0, renew_after: int = 200) -> None:
        self._timeout_seconds = timeout_seconds
        self._renew_after = renew_after
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, content: bytes) -> WorkbookCells | Unreadable:
        """Never raises for what is in a workbook: that is a verdict. Ends within the time allowed."""
        if len(content) > MOST_BYTES:
            return Unreadable(structural("WB-102", limit=MOST_BYTES // MIB))
        until = monotonic() + self._timeout_seconds
        try:
            reply = self._asked(content, until)
        except (TimeoutError, _ChildGoneError):
            self._end()
            return Unreadable(structural("WB-109"))
        return self._understood(reply)

    def _asked(self, content: bytes, until: float) -> bytes:
        """A child may have been killed from outside (out of memory, an operator): a second one confirms a death."""
        try:
            return self._current().ask(content, until)
        except _ChildGoneError:
            self._end()
            return self._current().ask(content, until)

    def _current(self) -> _Child:
        if self._child is not None and self._child.answered >= self._renew_after:
            self._end()
        if self._child is None:
            self._child = _Child()
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _understood(self, reply: bytes) -> WorkbookCells | Unreadable:
        told = json.loads(reply, object_hook=_typed)
        if told.get("spent"):
            self._end()
        if "finding" in told:
            return Unreadable(Finding(**told["finding"]))
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
        )
        for sheet in told["sheets"]
    ]
    return WorkbookCells(sheets, marks, told["kind"])
