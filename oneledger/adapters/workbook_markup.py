"""The school's own workbook back, with the faulty cells marked and a first sheet that lists what to mend.

Worked on as a zip of XML parts: no library loads and saves it, nothing is evaluated. Every part that carries no mark
(pictures, links to other files, themes, sheets without findings) is passed on as it was deflated.
"""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from oneledger.adapters.book_index import BookIndex, Sheet
from oneledger.adapters.cell_comments import SheetComments
from oneledger.adapters.cell_marks import put_marks, take_off_marks
from oneledger.adapters.findings_sheet import TITLE_ROWS, FindingsSheet, quoted
from oneledger.adapters.macro_parts import take_out_macros
from oneledger.adapters.opc_package import Element, Package
from oneledger.adapters.sheet_xml import SheetXml, select
from oneledger.adapters.style_sheet import StyleSheet
from oneledger.domain.errors import OneLedgerError
from oneledger.domain.findings import Finding
from oneledger.domain.printed import FINDINGS_SHEET

_FORMER = "_oneledger_fill"  # and a number: the hidden names that tell the fills under our marks
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."


class MarkupError(OneLedgerError):
    """The file cannot be written again with marks. The sender gets the findings in the mail alone."""


def mark_up(original: bytes, findings: Sequence[Finding]) -> bytes:
    """Marks of an earlier round are taken off first. Raises MarkupError for whatever cannot be read as a workbook."""
    try:
        return _Markup(original).marked(findings)
    except Exception as fault:  # a bad file raises anything: it is the school's, and no other may suffer
        raise MarkupError(f"cannot mark up this workbook: {type(fault).__name__}: {fault}") from fault


class _Markup:
    def __init__(self, original: bytes) -> None:
        self._package = Package(original)
        self._book = BookIndex(self._package)
        take_out_macros(self._package, self._book.part)
        self._known = self._book.constants(_FORMER)
        self._styles_part = self._book.part_of("styles") or self._bare_styles()
        former = {name.removeprefix(_FORMER): fill for name, fill in self._known.items()}
        self._styles = StyleSheet(self._package.root(self._styles_part), former)

    def _bare_styles(self) -> str:
        bare = f"<styleSheet xmlns={quoteattr(self._book.namespace)}/>"
        part = self._package.add("xl/styles.xml", bare.encode(), f"{_TYPE}styles+xml")
        self._package.link(self._book.part, f"{self._book.office}/styles", part)
        return part

    def marked(self, findings: Sequence[Finding]) -> bytes:
        lists = [sheet for sheet in self._worksheets() if self._is_list(sheet)]
        for sheet in lists:
            self._book.remove(sheet)
        for sheet in self._worksheets():
            self._mark(sheet, [finding for finding in findings if finding.sheet == sheet.title])
        if findings:
            self._put_list(findings)
        if findings or lists:
            self._show(is_drawn=bool(findings))
        self._remember()
        return self._package.saved()

    def _worksheets(self) -> list[Sheet]:
        return [sheet for sheet in self._book.sheets if sheet.kind == "worksheet"]

    def _is_list(self, sheet: Sheet) -> bool:
        """Also a copy of it, such as 需要更正的问题 (2)."""
        if not sheet.title.startswith(FINDINGS_SHEET):
            return False
        first = self._package.root(sheet.part).find("{*}sheetData/{*}row/{*}c[@r='A1']")
        return first is not None and self._text_of(first) == FINDINGS_SHEET

    def _text_of(self, cell: Element) -> str:
        if cell.get("t") == "s":
            strings = self._package.root(self._book.part_of("sharedStrings"))
            cell = strings[int(cell.findtext("{*}v") or "0")]
        return "".join(text.text or "" for text in cell.iter("{*}t"))

    def _mark(self, sheet: Sheet, findings: Sequence[Finding]) -> None:
        """A sheet without findings, comments and marks is not even parsed."""
        has_comments = any(link.kind == "comments" for link in self._package.links(sheet.part))
        if not (findings or has_comments or self._styles.marks):
            return
        xml = SheetXml(self._package.root(sheet.part))
        comments = SheetComments(self._package, sheet.part, xml, self._book.office)
        take_off_marks(xml, comments, self._styles)
        put_marks(xml, comments, self._styles, findings)
        if xml.is_changed:
            self._package.changed(sheet.part)

    def _put_list(self, findings: Sequence[Finding]) -> None:
        titles = {sheet.title for sheet in self._worksheets()}
        drawn = FindingsSheet(self._styles, self._book.namespace, titles).drawn(findings)
        part = self._package.add("xl/worksheets/sheet{}.xml", drawn, f"{_TYPE}worksheet+xml")
        title = self._book.free_title(FINDINGS_SHEET)
        self._book.put_first(title, part)
        self._book.name("_xlnm.Print_Titles", f"{quoted(title)}!{TITLE_ROWS}", local=0)

    def _show(self, *, is_drawn: bool) -> None:
        """Only one sheet is selected: with two Excel writes every entry into both. The list is drawn as selected."""
        shown = self._book.first_shown()
        self._book.show(shown)
        for place, sheet in enumerate(self._book.sheets):
            if place != shown and self._package.mentions(sheet.part, b"tabSelected"):
                self._select(sheet, is_selected=False)
        if not is_drawn:
            self._select(self._book.sheets[shown], is_selected=True)

    def _select(self, sheet: Sheet, *, is_selected: bool) -> None:
        if select(self._package.root(sheet.part), is_selected=is_selected):
            self._package.changed(sheet.part)

    def _remember(self) -> None:
        """In names nobody sees: what was under the marks, and the looks themselves."""
        for number, fill in self._styles.former.items():
            if f"{_FORMER}{number}" not in self._known:
                told = fill.replace('"', '""')
                self._book.name(f"{_FORMER}{number}", f'"{told}"')
        if self._styles.is_changed:
            self._package.changed(self._styles_part)
