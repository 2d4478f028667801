"""A sheet of a consolidated workbook as text: title, units, numbered columns, rows, foot, and how it prints."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count as count_from, groupby

from openpyxl.utils import get_column_letter

from oneledger.adapters import report_looks as looks
from oneledger.adapters.report_looks import Look
from oneledger.adapters.report_pages import Pages, pages_across
from oneledger.adapters.xlsx_rows import (
    LINE_PT,
    Contents,
    Places,
    Rows,
    Value,
    characters_per_line,
    columns,
    height_of,
    lines_of,
    places,
    room_in,
    row_text,
)
from oneledger.domain.phrases import day_text, moment_text
from oneledger.domain.report_figures import SnapshotView

_XML = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
)
_COLOURS = (
    '<conditionalFormatting sqref="{}"><cfRule type="colorScale" priority="1"><colorScale>'
    '<cfvo type="num" val="0"/><cfvo type="num" val="1"/><color rgb="FFF4F8FC"/><color rgb="FF639BD2"/>'
    "</colorScale></cfRule></conditionalFormatting>"
)
_FITTED = '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
_DRAWING = '<drawing r:id="rId1"/>'
LAYOUTS = 128
"""Of sheets that stand in many workbooks, with as many columns as an office has units below."""
_TITLE_PT, _HEAD_PT = 30, 42
_PEOPLE = "单位负责人：　　　　　　审核人：　　　　　　填报人：　　　　　　联系电话：　　　　　　"

Head = tuple[str, str]
"""Group and title."""


class Sheet:
    """Rows go in from the top."""

    def __init__(
        self, contents: Contents, view: SnapshotView, name: str, heads: Sequence[Head], widths: Sequence[float],
        kept: int = 2,
    ) -> None:  # fmt: skip
        self.name, self.contents, self.view = name, contents, view
        self.heads, self.widths = heads, widths
        self.groups = tuple(group for group, _ in heads)
        self.room, self.pages = _laid_out(tuple(widths), self.groups, kept)
        self.kept = kept
        self.row = 1  # the next free one
        self.first_head = self.body = 0
        self.page_ends = 0  # the row after which a new page begins
        self._rows: list[Iterable[str]] = []
        self._merges: list[str] = []
        self._coloured = ""

    def add(self, where: Places, values: Sequence[Value], height_pt: float = 0) -> None:
        self._rows.append((row_text(self.row, where, values, self.contents, height_pt),))
        self.row += 1

    def add_line(self, where: Places, values: Sequence[Value]) -> None:
        """As high as its longest text needs."""
        self.add(where, values, height_of(values, self.room))

    def add_many(self, where: Places, lines: Iterable[Sequence[Value]], count: int) -> None:
        """Made only when the sheet is written, so that a city's ledger never stands in memory as text."""
        self._rows.append(map(Rows(where, self.room, self.contents).text, count_from(self.row), lines))
        self.row += count

    def skip_to_page(self) -> None:
        """An empty row, and what follows begins a page."""
        self.page_ends = self.row
        self.row += 1

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        if (top, left) != (bottom, right):
            self._merges.append(f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}")

    def colour(self, top: int, left: int, bottom: int, right: int) -> None:
        """Shares from pale to deep: a map that every program draws itself, after changes too."""
        self._coloured = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"

    def open(self, title: str, units: str = "", stubs: int = 2) -> None:
        """Title, 填报单位, 截至, the mark of figures nobody has signed for, and the numbered heads."""
        view = self.view
        measured = f"　单位：{units}" if units else ""
        mark = "" if view.is_reviewed else "　未经审核"
        first, last = self.pages.spans[0]
        since = f"截至{moment_text(view.as_of)}　{view.label}{mark}{measured}"
        dated = f"填报日期：{day_text(view.as_of)}"
        apart = "\n" if lines_of(f"{since}　{dated}", self._room_over(first, last)) > 1 else "　"
        later = [(*span, f"{self.name}（续{no}）") for no, span in enumerate(self.pages.spans[1:], start=1)]
        self._add_across([(first, last, title), *later], looks.TITLE)
        whole = last if self.pages.is_one else self.kept
        self._add_across([(1, whole, f"填报单位（盖章）：{view.unit.name}")], looks.LINE)
        self._add_across([(first, last, f"{since}{apart}{dated}")], looks.LINE)
        self._add_heads(stubs)

    def _add_across(self, texts: Sequence[tuple[int, int, str]], look: Look) -> None:
        """Words over several columns, merged, so that no page's edge cuts them."""
        lines = 1
        for left, right, words in texts:
            self.merge(self.row, left, self.row, right)
            lines = max(lines, lines_of(words, self._room_over(left, right)))
        height = _TITLE_PT if look == looks.TITLE else LINE_PT * lines + 1 if lines > 1 else 0
        self.add(places((left, look) for left, _, _ in texts), [words for _, _, words in texts], height)

    def _room_over(self, left: int, right: int) -> int:
        return characters_per_line(sum(self.widths[left - 1 : right]))

    def _add_heads(self, stubs: int) -> None:
        """Group over title; equal groups are merged, but not over the edge of a page."""
        self.first_head = self.row
        count = len(self.heads)
        runs = _group_runs(self.groups, self.pages.breaks)
        where = columns([looks.HEAD] * count)
        groups: list[Value] = [None] * count
        for left, _ in runs:
            group, title = self.heads[left - 1]
            groups[left - 1] = group or title  # a merged cell shows what its first one holds
        self.add(where, groups, self._merged_heads_pt(runs))
        lines = max(map(lines_of, [title for _, title in self.heads], self.room))
        below = [title if group else None for group, title in self.heads]
        self.add(where, below, max(_HEAD_PT, lines * LINE_PT + 1))
        numbers: list[Value] = [*"甲乙丙丁"[:stubs], *range(1, count - stubs + 1)]
        self.add(columns([looks.NUMBERING] * count), numbers)
        self.body = self.row

    def _merged_heads_pt(self, runs: Iterable[tuple[int, int]]) -> float:
        """Height of the line of groups, in points."""
        lines = 1
        for left, right in runs:
            group, _ = self.heads[left - 1]
            self.merge(self.row, left, self.row if group else self.row + 1, right)
            if group:
                lines = max(lines, lines_of(group, self._room_over(left, right)))
        return lines * LINE_PT + 1

    def close(self, notes: Sequence[str]) -> None:
        first, last = self.pages.spans[0]
        for note in notes:
            self._add_across([(first, last, note)], looks.NOTE)
        self._add_across([(first, last, _PEOPLE)], looks.LINE)

    def print_titles(self) -> str:
        quoted = "'" + self.name.replace("'", "''") + "'"
        across = "" if self.pages.is_one else f",{quoted}!$A:${get_column_letter(self.kept)}"
        return f"{quoted}!${self.first_head}:${self.body - 1}{across}"

    def pieces(self, *, drawing: bool = False) -> Iterator[str]:
        yield self._before_rows()
        for rows in self._rows:
            yield from rows
        yield self._after_rows(drawing=drawing)

    def _before_rows(self) -> str:
        corner = f"{get_column_letter(len(self.widths))}{self.row - 1}"
        widths = "".join(
            f'<col min="{no}" max="{no}" width="{width}" customWidth="1"/>' for no, width in enumerate(self.widths, 1)
        )
        fitted = _FITTED if self._is_fitted else ""
        return (
            f'{_XML}{fitted}<dimension ref="A1:{corner}"/><sheetViews><sheetView workbookViewId="0">{self._pane()}'
            f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>'
        )

    def _pane(self) -> str:
        top_left = f"{get_column_letter(self.kept + 1)}{self.body}"
        pane = "bottomRight" if self.kept else "bottomLeft"
        across = f'xSplit="{self.kept}" ' if self.kept else ""
        return (
            f'<pane {across}ySplit="{self.body - 1}" topLeftCell="{top_left}" activePane="{pane}" state="frozen"/>'
            f'<selection pane="{pane}" activeCell="{top_left}" sqref="{top_left}"/>'
        )

    @property
    def _is_fitted(self) -> bool:
        """To the width of a page, whatever the font; but programs that fit pages ignore breaks."""
        return self.pages.is_one and not self.page_ends

    def _scale(self) -> str:
        scale = f'scale="{self.pages.scale_pct}"'
        return f'{scale} fitToWidth="1" fitToHeight="0"' if self._is_fitted else scale

    def _scale_of_colours(self) -> str:
        return _COLOURS.format(self._coloured) if self._coloured else ""

    def _after_rows(self, *, drawing: bool) -> str:
        merges = "".join(f'<mergeCell ref="{each}"/>' for each in self._merges)
        header = "内部资料　注意保管" + ("" if self.view.is_reviewed else "　未经审核")
        return (
            f'</sheetData><mergeCells count="{len(self._merges)}">{merges}</mergeCells>{self._scale_of_colours()}'
            '<printOptions horizontalCentered="1"/>'
            '<pageMargins left="0.5" right="0.5" top="0.8" bottom="0.7" header="0.5" footer="0.5"/>'
            f'<pageSetup paperSize="9" {self._scale()} pageOrder="overThenDown" orientation="landscape"/>'
            f"<headerFooter><oddHeader>&amp;L{header}&amp;R&amp;A</oddHeader>"
            "<oddFooter>&amp;C— &amp;P —</oddFooter></headerFooter>"
            f"{_breaks('rowBreaks', [self.page_ends] if self.page_ends else [], 16_383)}"
            f"{_breaks('colBreaks', self.pages.breaks, 1_048_575)}"
            f"{_DRAWING if drawing else ''}</worksheet>"
        )


@lru_cache(maxsize=LAYOUTS)
def _laid_out(widths: tuple[float, ...], groups: tuple[str, ...], kept: int) -> tuple[Sequence[int], Pages]:
    """Room in each column, and the pages."""
    return room_in(widths), pages_across(widths, groups, kept)


@lru_cache(maxsize=LAYOUTS)
def _group_runs(groups: tuple[str, ...], breaks: tuple[int, ...]) -> Sequence[tuple[int, int]]:
    """First and last column of what stands side by side under one group; a column without one is alone."""
    keys = [
        (group, bisect_left(breaks, number)) if group else ("", -number) for number, group in enumerate(groups, start=1)
    ]
    runs, after = [], 1
    for _, run in groupby(keys):
        first, after = after, after + len(list(run))
        runs.append((first, after - 1))
    return runs


def _breaks(kind: str, after: Sequence[int], last: int) -> str:
    if not after:
        return ""
    each = "".join(f'<brk id="{number}" max="{last}" man="1"/>' for number in after)
    return f'<{kind} count="{len(after)}" manualBreakCount="{len(after)}">{each}</{kind}>'
