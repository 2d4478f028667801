"""csv and tab-separated text as one sheet of strings. What cannot be told apart for certain is refused."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field

from oneledger.adapters.file_kinds import REFUSED, kind_of_words
from oneledger.adapters.plain_words import chinese
from oneledger.domain.cells import cell_name
from oneledger.domain.findings import Finding
from oneledger.domain.rules import structural

MOST_CELLS = 1_000_000
MOST_IN_CELL = 100_000  # characters; Excel's own limit is 32,767
_NAMED = 5
_LEAST_SEPARATORS = 2  # in a line: with fewer, commas of a letter would make a table
_LEAST_LINES = 2
_SEPARATORS = ",\t;"
_GLANCE = 20_000  # bytes
_LOOKED_AT = 200_000  # characters, for the separator
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
    (b"\xff\xfe", "utf-16-le", "UTF-16"),
    (b"\xfe\xff", "utf-16-be", "UTF-16"),
)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SAID = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
_APOSTROPHE = re.compile(r"'(?=[0-9=+\-@])")


@dataclass
class TextTable:
    encoding: str
    rows: list[list[str | None]] = field(default_factory=list)
    without_result: list[str] = field(default_factory=list)  # cells that hold a formula as it was typed
    taken_off: list[str] = field(default_factory=list)  # cells with '001 or ="001", as Excel is made to keep zeros

    def notes(self) -> list[Finding]:
        told = [structural("WB-008", encoding=self.encoding)]
        if self.taken_off:
            named = "、".join(self.taken_off[:_NAMED]) + ("等" if len(self.taken_off) > _NAMED else "")
            told.append(structural("WB-009", cells=named, count=len(self.taken_off)))
        return told


def read_table(content: bytes) -> TextTable | Finding:
    told = _decoded(content)
    if told is None:
        return structural("WB-132")
    text, encoding = told
    kind = kind_of_words(text[:4096])
    if kind != "text":
        return structural(REFUSED[kind])
    said = _SAID.match(text)
    separator = said[1] if said else _separator(text)
    if separator is None:
        return structural("WB-121")
    return _parsed(text[said.end() if said else 0 :], separator, encoding)


def looks_like_table(content: bytes) -> bool:
    """By its beginning; for telling answers from automatic mails."""
    told = _decoded(content[:_GLANCE]) or _decoded(content[: _GLANCE - 1])  # a character may be cut
    return told is not None and kind_of_words(told[0][:4096]) == "text" and _separator(told[0]) is not None


def _decoded(content: bytes) -> tuple[str, str] | None:
    for bom, codec, label in _BOMS:
        if content.startswith(bom):
            try:
                return content[len(bom) :].decode(codec), label
            except UnicodeDecodeError:
                return None
    return chinese(content)


def _separator(text: str) -> str | None:
    """The one that parts most lines into equally many fields; None where nothing does."""
    lines = _QUOTED.sub("", text[:_LOOKED_AT]).splitlines()
    best, most = None, 0
    for separator in _SEPARATORS:
        counts = Counter(count for line in lines if (count := line.count(separator)) >= _LEAST_SEPARATORS)
        count, equal = max(counts.items(), key=lambda pair: pair[0] * pair[1], default=(0, 0))
        if equal >= _LEAST_LINES and count * equal > most:
            best, most = separator, count * equal
    return best


def _parsed(text: str, separator: str, encoding: str) -> TextTable | Finding:
    csv.field_size_limit(MOST_IN_CELL)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    table, cells = TextTable(encoding), 0
    try:
        for values in lines:
            cells += len(values)
            if cells > MOST_CELLS:
                return structural("WB-110")
            table.rows.append(_row(values, table))
    except csv.Error:
        return structural("WB-133", line=lines.line_num)
    while table.rows and not table.rows[-1]:
        table.rows.pop()
    return table


def _row(values: list[str], table: TextTable) -> list[str | None]:
    row: list[str | None] = [value if value.strip() else None for value in values]
    for column, value in enumerate(values):
        if value[:1] in ("=", "'"):
            row[column] = _plain(value, cell_name(len(table.rows), column), table)
    while row and row[-1] is None:
        row.pop()
    return row


def _plain(value: str, cell: str, table: TextTable) -> str | None:
    if kept := _TEXT_FORMULA.fullmatch(value):
        table.taken_off.append(cell)
        return kept[1].replace('""', '"') or None
    if _APOSTROPHE.match(value):
        table.taken_off.append(cell)
        return value[1:]
    if value[0] == "=" and len(value) > 1:
        table.without_result.append(cell)
        return None
    return value
