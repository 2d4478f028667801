"""What Excel itself checks while the unit types: lists, ranges, lengths and a hint at each cell (data validations)."""

from collections.abc import Sequence
from typing import Literal

from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from oneledger.domain.cells import column_name
from oneledger.domain.forms import Field, FieldType
from oneledger.domain.printed import hint
from oneledger.domain.workbooks import META_SHEET

_TITLE_LIMIT, _TEXT_LIMIT, _LIST_LIMIT = 32, 255, 255  # Excel calls a longer one a damaged file
_FIRST_DAY, _LAST_DAY = "36526", "73050"  # 2000-01-01 to 2099-12-31
_NUMBERS = 10**12
_Kind = Literal["whole", "decimal", "list", "date", "textLength"]
_LISTS_FROM = 4  # column D of _meta: A and B hold our marks


class ChoiceLists:
    """Lists too long for a validation stand in _meta, under hidden names: Excel keeps names, not links to sheets."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._known: dict[tuple[str, ...], str] = {}

    def formula(self, choices: tuple[str, ...]) -> str:
        listed = ",".join(choices)
        if len(listed) + 2 <= _LIST_LIMIT and not any(mark in choice for choice in choices for mark in ',"'):
            return f'"{listed}"'
        return self._known.get(choices) or self._added(choices)

    def _added(self, choices: tuple[str, ...]) -> str:
        column = _LISTS_FROM + len(self._known)
        name = f"_oneledger_list_{len(self._known) + 1}"
        for row, choice in enumerate(choices, 1):
            self._book[META_SHEET].cell(row, column).value = choice
        letters = column_name(column - 1)
        area = f"'{META_SHEET}'!${letters}$1:${letters}${len(choices)}"
        self._book.defined_names[name] = DefinedName(name, attr_text=area, hidden=True)
        self._known[choices] = name
        return name


def validation(field: Field, lists: ChoiceLists) -> DataValidation | None:
    """None where there is nothing to check and nothing to say. Several choices in one cell are only explained."""
    if field.locked:
        return None
    words = hint(field)
    kind, formulas = _check(field, lists)
    if not kind and not words:
        return None
    rule = DataValidation(type=kind, allow_blank=True, showErrorMessage=bool(kind), showInputMessage=bool(words))
    if kind:
        rule.operator = "between" if len(formulas) == 2 else None
        rule.formula1, rule.formula2 = (*formulas, None)[:2]
        rule.errorStyle, rule.errorTitle = "stop", "填写不符合要求"
        rule.error = _within(f"“{field.title}”：{words}", _TEXT_LIMIT)
    if words:
        rule.promptTitle = _within(field.title, _TITLE_LIMIT)
        rule.prompt = _within(words, _TEXT_LIMIT)
    return rule


def _check(field: Field, lists: ChoiceLists) -> tuple[_Kind | None, Sequence[str]]:
    match field.type:
        case FieldType.CHOICE | FieldType.YESNO:
            return "list", (lists.formula(field.allowed),)
        case FieldType.INT:
            return "whole", _range(field)
        case FieldType.NUMBER:
            return "decimal", _range(field)
        case FieldType.DATE | FieldType.DATETIME:
            return "date", (_FIRST_DAY, _LAST_DAY)
        case FieldType.TEXT if field.min_len is not None or field.max_len is not None:
            return "textLength", (str(field.min_len or 0), str(field.max_len or 32767))
        case _:
            return None, ()


def _range(field: Field) -> tuple[str, str]:
    low = field.min if field.min is not None else -_NUMBERS
    high = field.max if field.max is not None else _NUMBERS
    return f"{low:.15g}", f"{high:.15g}"


def _within(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
