"""The school's own workbook back, with the faulty cells marked and a first sheet that lists what to mend.

Formulas are never evaluated. What openpyxl does not know (pictures, links to other files) is lost: the original stays
in the archive, this copy is only for mending.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Sequence

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.workbook import Workbook

from oneledger.adapters.cell_marks import put_mark, take_off_marks
from oneledger.adapters.findings_sheet import draw_list, is_list
from oneledger.domain.errors import OneLedgerError
from oneledger.domain.findings import Finding
from oneledger.domain.printed import FINDINGS_SHEET

_MOST_BYTES = 24 * 2**20  # unzipped; a form has less than one million
_MOST_SPANNED = 50_000  # cells in one merge or link: openpyxl makes an object of each
_SPANNING = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref\s*=\s*[\"']([^\"']*)")
_ELSEWHERE = re.compile(r"\[\d+\]")  # a formula that reads another file


class MarkupError(OneLedgerError):
    """The file cannot be written again with marks. The sender gets the findings in the mail alone."""


def mark_up(original: bytes, findings: Sequence[Finding]) -> bytes:
    """Marks of an earlier round are taken off first. Raises MarkupError for whatever openpyxl cannot carry."""
    try:
        _check_size(original)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells what it drops
            book = load_workbook(io.BytesIO(original), keep_links=False, rich_text=True)
            _mark(book, findings)
            buffer = io.BytesIO()
            book.save(buffer)
    except Exception as fault:  # openpyxl has no error of its own: a bad file raises anything
        raise MarkupError(f"cannot mark up this workbook: {type(fault).__name__}: {fault}") from fault
    return buffer.getvalue()


def _check_size(original: bytes) -> None:
    """A few bytes can claim a billion cells."""
    with zipfile.ZipFile(io.BytesIO(original)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
            raise ValueError(f"unzipped it is larger than {_MOST_BYTES} bytes")
        for name in archive.namelist():
            if name.endswith(".xml"):
                _check_spans(archive.read(name))


def _check_spans(xml: bytes) -> None:
    if b"\0" in xml:
        raise ValueError("not UTF-8")
    for span in _SPANNING.findall(xml):
        left, top, right, bottom = (edge or 0 for edge in range_boundaries(span.decode("ascii")))
        if not (left and top) or (right - left + 1) * (bottom - top + 1) > _MOST_SPANNED:
            raise ValueError(f"a merge or link over {span!r}")


def _mark(book: Workbook, findings: Sequence[Finding]) -> None:
    for sheet in [sheet for sheet in book.worksheets if is_list(sheet)]:
        book.remove(sheet)
    take_off_marks(book)
    _unlink(book)
    if not findings:
        return
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    of_cell: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        of_cell.setdefault((finding.sheet, finding.cell), []).append(finding)
    for (name, address), told in of_cell.items():
        if name in sheets:
            put_mark(sheets[name], address, told)
    draw_list(book.create_sheet(FINDINGS_SHEET, 0), findings, set(sheets))
    _show_first(book)


def _show_first(book: Workbook) -> None:
    """Only the list is selected: with two sheets selected Excel writes every entry into both."""
    book.active = 0
    for view in book.views:
        view.firstSheet = 0
    for number, sheet in enumerate(book.worksheets):
        sheet.sheet_view.tabSelected = number == 0


def _unlink(book: Workbook) -> None:
    """Links to other files are not kept, so a formula that needs one is shown as text: Excel would call it damage."""
    for sheet in book.worksheets:
        for cell in sheet._cells.values():  # noqa: SLF001  # iter_rows would make every cell up to the corner
            if cell.data_type == "f" and isinstance(cell.value, str) and _ELSEWHERE.search(cell.value):
                cell.data_type = "s"
    for names in (book.defined_names, *(sheet.defined_names for sheet in book.worksheets)):
        for name in [name for name, defined in names.items() if _ELSEWHERE.search(defined.attr_text or "")]:
            del names[name]
