"""The cells behind a figure, read once more from the mails as they were received."""

from collections.abc import Iterable
from typing import Any

from oneledger.adapters.mail_parse import parse_mail
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.cells import cell_at, position
from oneledger.domain.parsed import shown, written
from oneledger.domain.returns import CellValue, SheetCells, WorkbookCells
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
    parts = parse_mail(here.archive.get(mail["sha256"])).parts
    content = next((part.content for part in parts if part.path == mail["part"]), None)
    read = reader.read(content) if content is not None else None
    return {sheet.name: sheet for sheet in read.sheets} if isinstance(read, WorkbookCells) else {}


def _written(sheet: SheetCells | None, cell: str) -> str | None:
    if sheet is None or not cell:
        return None
    value: CellValue = cell_at(sheet.rows, *position(cell))
    return shown(written(value)) if value is not None else ""
