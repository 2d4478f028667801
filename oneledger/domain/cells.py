"""Cell names and the little questions asked of raw cells."""

from collections.abc import Sequence
from functools import lru_cache

from oneledger.domain.returns import CellValue


@lru_cache(maxsize=1024)
def column_name(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def cell_name(row: int, column: int) -> str:
    """Both from 0: (6, 20) is U7."""
    return f"{column_name(column)}{row + 1}"


def position(name: str) -> tuple[int, int]:
    """U7 is (6, 20). Raises ValueError for anything else."""
    letters = name.rstrip("0123456789")
    column = 0
    for letter in letters.upper():
        column = column * 26 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter) + 1
    return int(name[len(letters) :]) - 1, column - 1


def cell_at(rows: Sequence[Sequence[CellValue]], row: int, column: int) -> CellValue:
    """Rows may be ragged: what lies outside is blank."""
    if row < len(rows) and column < len(rows[row]):
        return rows[row][column]
    return None


def is_blank(value: CellValue) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
