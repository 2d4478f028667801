"""Returned Word, PDF and picture files as papers, read in a process of their own that may die of them."""

import base64
import json
from typing import Any

from oneledger.adapters.reader_process import RenewedReader
from oneledger.adapters.zip_guard import MIB
from oneledger.domain.documents import Paper, Paragraph, Picture, ReceivedFile

CHILD = "oneledger.adapters.document_child"
MOST_BYTES = 25 * MIB


class DocumentReader(RenewedReader):
    """``with DocumentReader() as reader: reader.read(name, content)``."""

    def __init__(self, *, timeout_seconds: float = 30.0, renew_after: int = 100) -> None:
        super().__init__(CHILD, timeout_seconds=timeout_seconds, renew_after=renew_after)

    def read(self, name: str, content: bytes) -> ReceivedFile:
        """Never raises for what is in a file: that is its fault, by rule id. Ends within the time allowed."""
        size = len(content)
        if size > MOST_BYTES:
            return ReceivedFile(name, size, None, "DC-102", {"limit": MOST_BYTES // MIB})
        told = self.told(content, self._understood)
        if isinstance(told, Paper):
            return ReceivedFile(name, size, told)
        return ReceivedFile(name, size, None, told or "DC-109")

    def _understood(self, reply: bytes) -> Paper | str:
        """The paper, or the id of the rule that it broke."""
        told = json.loads(reply)
        if told.get("spent"):
            self.end()
        return str(told["fault"]) if "fault" in told else _paper(told)


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
