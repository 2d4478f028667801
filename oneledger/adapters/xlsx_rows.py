"""Many rows into a sheet that openpyxl has already laid out: one styled sample row becomes as many as there are.

openpyxl writes 20,000 rows of 25 cells in several seconds; the rows as text, in a fraction of that. Text is always
written with the type of text (inlineStr), so nothing a school wrote can become a formula.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from oneledger.adapters.cell_text import element_text

_ROW = re.compile(r'<row [^>]*r="(\d+)"[^>]*>(?:(?!</row>).)*</row>(?=</sheetData>)', re.DOTALL)
_CELL = re.compile(r'<c r="([A-Z]+)\d+"(?: s="(\d+)")?')
_DIMENSION = re.compile(r'(<dimension ref="[A-Z]+\d+:[A-Z]+)\d+"')
_MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_EXCEL_EPOCH = date(1899, 12, 30).toordinal()
_AT_ONCE = 500
_SHORT = 24
LINE_PT, MOST_LINES = 13, 30

Value = str | float | date | None


@dataclass(frozen=True)
class BulkRows:
    """``sheet``: the path in the zip. The last row of that sheet is the sample: its styles serve every row."""

    sheet: str
    rows: Iterable[Sequence[Value]]
    widths: Sequence[float]  # of the columns, in characters: a row is made as high as its longest text needs


def with_rows(workbook: bytes, bulk: Sequence[BulkRows], made_at: datetime) -> bytes:
    """The workbook with each sheet's sample row replaced by its rows (by none, where there are none).

    ``made_at`` (aware) stands for the moment openpyxl wrote it: equal figures are equal bytes.
    """
    wanted = {each.sheet: each for each in bulk}
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry._compresslevel = 3  # type: ignore[attr-defined]  # noqa: SLF001  the module offers no other way
            with target.open(entry, "w") as part:
                if name in wanted:
                    _write_sheet(part.write, source.read(name).decode(), wanted[name])
                else:
                    part.write(_dated(source.read(name), made_at) if name == "docProps/core.xml" else source.read(name))
    return made.getvalue()


def _dated(properties: bytes, made_at: datetime) -> bytes:
    moment = f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
    return _MOMENT.sub(rb"\g<1>" + moment, properties)


def _write_sheet(write: Callable[[bytes], Any], xml: str, bulk: BulkRows) -> None:
    sample = _ROW.search(xml)
    if sample is None:
        raise ValueError("the sheet has no sample row")
    first = int(sample[1])
    cells = [(column, style or "0") for column, style in _CELL.findall(sample[0])]
    made = list(_packed(_rows(cells, first, bulk)))
    last = first - 1 + sum(count for count, _ in made)
    head = _DIMENSION.sub(rf'\g<1>{max(last, 1)}"', xml[: sample.start()])
    write(head.encode())
    for _, text in made:
        write(text)
    write(xml[sample.end() :].encode())


def _packed(rows: Iterator[str]) -> Iterator[tuple[int, bytes]]:
    """Some hundred rows at a time, with their number."""
    some: list[str] = []
    for row in rows:
        some.append(row)
        if len(some) == _AT_ONCE:
            yield len(some), "".join(some).encode()
            some = []
    if some:
        yield len(some), "".join(some).encode()


def _rows(cells: Sequence[tuple[str, str]], first: int, bulk: BulkRows) -> Iterator[str]:
    heads = [(f'<c r="{column}', f'" s="{style}"') for column, style in cells]
    room = [characters_per_line(width) for width in bulk.widths]
    for number, row in enumerate(bulk.rows, start=first):
        parts = [
            f"{head}{number}{style}{_content(value)}" for (head, style), value in zip(heads, row, strict=True)
        ]  # fmt: skip
        yield f'<row r="{number}"{_height(row, room)}>{"".join(parts)}</row>'


def characters_per_line(width: float) -> int:
    """Chinese characters of 10 pt; Latin ones take half the room."""
    return max(int(width * 0.48), 1)


def _height(row: Sequence[Value], room: Sequence[int]) -> str:
    texts = [(value, each) for value, each in zip(row, room, strict=True) if isinstance(value, str)]
    lines = max([-(-(len(text) >> text.isascii()) // each) for text, each in texts], default=1)
    return f' ht="{LINE_PT * min(lines, MOST_LINES)}" customHeight="1"' if lines > 1 else ""


def _text(words: str) -> str:
    return f' t="inlineStr"><is><t xml:space="preserve">{element_text(words)}</t></is></c>'


_short_text = lru_cache(maxsize=16_384)(_text)  # choices and unit names come again and again


def _content(value: Value) -> str:
    if value is None or value == "":
        return "/>"
    if isinstance(value, str):
        return _short_text(value) if len(value) <= _SHORT else _text(value)
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return f"><v>{value.toordinal() - _EXCEL_EPOCH + seconds / 86_400}</v></c>"
    if isinstance(value, date):
        return f"><v>{value.toordinal() - _EXCEL_EPOCH}</v></c>"
    return f"><v>{value}</v></c>"
