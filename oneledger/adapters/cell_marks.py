"""Our marks in a school's own cells: a colour and a comment, put on and taken off again."""

import re
from collections.abc import Sequence

from oneledger.adapters.cell_comments import OPENING, SheetComments
from oneledger.adapters.sheet_xml import LAST_COLUMN, LAST_ROW, Place, SheetXml
from oneledger.adapters.style_sheet import COLOURS, StyleSheet
from oneledger.domain.cells import position
from oneledger.domain.findings import Finding

_ADDRESS = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")


def is_address(text: str) -> bool:
    """Of a single cell that there is."""
    if not _ADDRESS.fullmatch(text):
        return False
    row, column = position(text)
    return row <= LAST_ROW and column <= LAST_COLUMN


def take_off_marks(sheet: SheetXml, comments: SheetComments, styles: StyleSheet) -> None:
    comments.take_off()
    if styles.marks:
        sheet.restyle(styles.marks, styles.unmarked)


def put_marks(sheet: SheetXml, comments: SheetComments, styles: StyleSheet, findings: Sequence[Finding]) -> None:
    """The worst finding gives the colour; a note gives none. A comment of the school's own stays."""
    texts: dict[Place, str] = {}
    for place, told in _by_cell(sheet, findings).items():
        levels = {finding.level for finding in told}
        level = next((level for level in COLOURS if level in levels), None)
        if level:
            sheet.set_style(place, styles.marked(sheet.style(place), level))
        if place not in comments.places:
            texts[place] = OPENING + "\n".join(finding.sentence() for finding in told)
    comments.put(texts)


def _by_cell(sheet: SheetXml, findings: Sequence[Finding]) -> dict[Place, list[Finding]]:
    """Of merged cells the top left one carries the mark; what is no single cell carries none."""
    of_cell: dict[Place, list[Finding]] = {}
    for finding in findings:
        if is_address(finding.cell):
            of_cell.setdefault(sheet.corner(position(finding.cell)), []).append(finding)
    return of_cell
