"""Returned Word, PDF and picture files as papers, read in a process of their own that may die of them."""

import base64
import json
from math import inf
from time import monotonic
from types import TracebackType
from typing import Any, Self

from oneledger.adapters.reader_process import ChildGoneError, ReaderProcess
from oneledger.adapters.zip_guard import MIB
from oneledger.domain.documents import Paper, Paragraph, Picture, ReceivedFile

CHILD = "oneledger.adapters.document_child"
MOST_BYTES = 25 * MIB


class DocumentReader:
    """``with DocumentReader() as reader: reader.read(name, content)``. One thread at a time."""

    def __init__(self, *, timeout_seconds: float = 30.0, renew_after: int = 100) -> None:
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

    def read(self, name: str, content: bytes) -> ReceivedFile:
        """Never raises for what is in a file: that is its fault, by rule id. Ends within the time allowed."""
        if len(content) > MOST_BYTES:
            return ReceivedFile(name, len(content), None, "DC-102", {"limit": MOST_BYTES // MIB})
        until = min(monotonic() + self._timeout_seconds, self._allowed_until)
        try:
            return self._understood(name, content, self._asked(content, until) if until > monotonic() else b"")
        except (TimeoutError, ChildGoneError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            self._end()  # it died, or said what it could never say
            return ReceivedFile(name, len(content), None, "DC-109")

    def _understood(self, name: str, content: bytes, reply: bytes) -> ReceivedFile:
        told = json.loads(reply)
        if told.get("spent"):
            self._end()
        if "fault" in told:
            return ReceivedFile(name, len(content), None, told["fault"])
        return ReceivedFile(name, len(content), _paper(told))

    def _asked(self, content: bytes, until: float) -> bytes:
        """A child may have been killed from outside: a second one confirms a death."""
        try:
            return self._current().ask(content, until)
        except ChildGoneError:
            self._end()
            return self._current().ask(content, until)

    def _current(self) -> ReaderProcess:
        if self._child is not None and self._child.answered >= self._renew_after:
            self._end()
        if self._child is None:
            self._child = ReaderProcess(CHILD)
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _paper(told: dict[str, Any]) -> Paper:
    pictures = [
        Picture(
            base64.b64decode(each["bytes"]), each["width"], each["height"], each["full_width"], each["full_height"],
            each["had_metadata"], each["had_place"],
        )
        for each in told.get("pictures", [])
    ]  # fmt: skip
    paragraphs = [Paragraph(text, level) for level, text in told.get("paragraphs", [])]
    return Paper(told["format"], tuple(paragraphs), tuple(pictures), told.get("pages", 0), told.get("red_share"))
