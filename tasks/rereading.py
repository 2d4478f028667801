"""The cells behind a figure, read once more from the mails as they were received."""

from collections.abc import Iterable
from typing import Any

from oneledger.adapters.mail_parse import parse_mail
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.cells import cell_at, position
from oneledger.domain.parsed import shown, written
from oneledger.domain.returns import CellValue, SheetCells
from tasks.files import open_files
from tasks.office import Office
from tasks.readers import borrowed_reader


def reread(here: Office, returns: Iterable[dict[str, Any]]) -> None:
    """Adds ``written`` to the cells of each return: what stands there in the archived file; None: it cannot be read."""
    with borrowed_reader() as reader:
        for each in returns:
            sheets = _sheets(here, reader, each.get("mail"))
            for cells in each.get("cells", ()):
                cells["written"] = [_written(sheets.get(cells["sheet"]), cell) for cell in cells["cells"]]


def _sheets(here: Office, reader: WorkbookReader, mail: dict[str, Any] | None) -> dict[str, SheetCells]:
    if mail is None:
        return {}
    files = open_files(reader, parse_mail(here.archive.get(mail["sha256"])), ())
    read = next((cells for part, cells in files.workbooks if part.path == mail["part"]), None)
    return {sheet.name: sheet for sheet in read.sheets} if read else {}


def _written(sheet: SheetCells | None, cell: str) -> str | None:
    if sheet is None or not cell:
        return None
    value: CellValue = cell_at(sheet.rows, *position(cell))
    return shown(written(value)) if value is not None else ""
