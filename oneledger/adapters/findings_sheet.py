"""The first sheet of a marked-up workbook: every finding, with a link to its cell."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from xml.sax.saxutils import quoteattr

from openpyxl.styles import Font, PatternFill

from oneledger.adapters import workbook_styles as styles
from oneledger.adapters.cell_marks import is_address
from oneledger.adapters.cell_text import element_text
from oneledger.adapters.style_sheet import COLOURS, StyleSheet
from oneledger.adapters.workbook_styles import Look
from oneledger.domain.cells import cell_name, column_name
from oneledger.domain.findings import Finding
from oneledger.domain.printed import FINDINGS_SHEET, REASON_HEADING
from oneledger.domain.sheet_layout import LEAST_HEIGHT, height

HEADINGS = ("序号", "类别", "工作表", "单元格", "规则", "写的是", "应为", "怎么改", REASON_HEADING)
TITLE_ROWS = "$3:$3"  # printed on every page
_WIDTHS = (6.0, 8.0, 18.0, 9.0, 10.0, 26.0, 26.0, 46.0, 30.0)
_WORDS = {"error": "差错", "query": "疑问", "note": "说明"}
_LAST = column_name(len(HEADINGS) - 1)
_FIRST = 4  # row of the first finding, as people count
_TEXT = Look(styles.LABEL.font, styles.LABEL.alignment, None, styles.BORDER, "@")
_LINK = replace(_TEXT, font=Font(name=styles.SONG, size=10.5, color="FF0563C1", underline="single"))
_LEVELS = {level: replace(_TEXT, fill=PatternFill("solid", fgColor=f"{rgb:08X}")) for level, rgb in COLOURS.items()}
_SHEET = (
    '<worksheet xmlns="{main}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
    f'<sheetView tabSelected="1" workbookViewId="0"><pane ySplit="{_FIRST - 1}" topLeftCell="A{_FIRST}" '
    f'activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A{_FIRST}" sqref="A{_FIRST}"/>'
    "</sheetView></sheetViews>"
    '<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{rows}</sheetData>'
    f'<mergeCells count="2"><mergeCell ref="A1:{_LAST}1"/><mergeCell ref="A2:{_LAST}2"/></mergeCells>{{links}}'
    '<pageMargins left="0.4" right="0.4" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
    '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
)


class FindingsSheet:
    """``names``: the sheets that are there to link to. ``main``: the namespace of the workbook's sheets."""

    def __init__(self, looks: StyleSheet, main: str, names: Collection[str]) -> None:
        self._looks = looks
        self._main = main
        self._names = names

    def drawn(self, findings: Sequence[Finding]) -> bytes:
        columns = "".join(
            f'<col min="{no}" max="{no}" width="{width}" customWidth="1"/>' for no, width in enumerate(_WIDTHS, 1)
        )
        headings = [self._cell(2, column, text, styles.HEADING) for column, text in enumerate(HEADINGS)]
        rows = [
            self._line(0, FINDINGS_SHEET, styles.TITLE, more=10.0),
            self._line(1, _summary(findings), styles.BELOW),
            _row(2, headings, LEAST_HEIGHT),
            *(self._finding(row, finding) for row, finding in enumerate(findings, _FIRST - 1)),
        ]
        found = "".join(self._link(row, finding) for row, finding in enumerate(findings, _FIRST - 1))
        links = f"<hyperlinks>{found}</hyperlinks>" if found else ""
        return _SHEET.format(main=self._main, columns=columns, rows="".join(rows), links=links).encode()

    def _line(self, row: int, text: str, look: Look, *, more: float = 0.0) -> str:
        return _row(row, [self._cell(row, 0, text, look)], height(text, sum(_WIDTHS)) + more)

    def _finding(self, row: int, finding: Finding) -> str:
        where = finding.sheet or "整个文件"
        told = (finding.rule, finding.found, finding.expected, finding.remedy)
        texts = (_WORDS[finding.level], where, finding.cell, *told, finding.reason)
        place = _LINK if self._is_linked(finding) else _TEXT
        level = _LEVELS.get(finding.level, _TEXT)
        answer = level if finding.level == "query" else _TEXT
        looks = (level, _TEXT, place, _TEXT, _TEXT, _TEXT, _TEXT, answer)
        number = f'<c r="{cell_name(row, 0)}" s="{self._looks.number_of(_TEXT)}"><v>{row - _FIRST + 2}</v></c>'
        cells = (self._cell(row, at, text, look) for at, (text, look) in enumerate(zip(texts, looks, strict=True), 1))
        return _row(row, [number, *cells], max(map(_height, texts, _WIDTHS[1:])))

    def _cell(self, row: int, column: int, text: str, look: Look) -> str:
        """What a school wrote may start with = + - @ and stays text, also when someone edits the cell."""
        style = self._looks.number_of(look, quoted=text.startswith(("=", "+", "-", "@")))
        return f'<c r="{cell_name(row, column)}" s="{style}"{_content(text)}'

    def _is_linked(self, finding: Finding) -> bool:
        return finding.sheet in self._names and is_address(finding.cell)

    def _link(self, row: int, finding: Finding) -> str:
        if not self._is_linked(finding):
            return ""
        place = quoteattr(f"{quoted(finding.sheet)}!{finding.cell}")
        return f'<hyperlink ref="{cell_name(row, 3)}" location={place} display="{finding.cell}"/>'


def quoted(title: str) -> str:
    """As a formula names a sheet."""
    return "'" + title.replace("'", "''") + "'"


_height = lru_cache(maxsize=1024)(height)  # rules, and what they expect, come again and again


@lru_cache(maxsize=1024)
def _content(text: str) -> str:
    return f' t="inlineStr"><is><t xml:space="preserve">{element_text(text)}</t></is></c>' if text else "/>"


def _row(row: int, cells: Sequence[str], points: float) -> str:
    return f'<row r="{row + 1}" ht="{points:g}" customHeight="1">{"".join(cells)}</row>'


def _summary(findings: Sequence[Finding]) -> str:
    counts = {level: sum(finding.level == level for finding in findings) for level in _WORDS}
    said = {
        "error": "差错{}处（红色），必须改正",
        "query": "疑问{}处（黄色），请改正，或在最后一栏“疑问说明”写明原因",
        "note": "说明{}处，不必改",
    }
    listed = "；".join(said[level].format(count) for level, count in counts.items() if count)
    return f"{listed}。请在原表中改好，保存后直接回复邮件并附上本表；改过的单元格不必去掉颜色和批注，本页不必删除。"
