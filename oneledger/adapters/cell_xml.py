"""One value as the XML of one cell."""

from datetime import date, datetime
from typing import Any

from oneledger.adapters.cell_text import element_text
from oneledger.domain.forms import Field, FieldType

_EPOCH = date(1899, 12, 30).toordinal()
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
_DAY_SECONDS = 86_400
_EXACT_DIGITS = 10**15  # beyond that Excel forgets digits
_NUMERIC = {FieldType.INT, FieldType.NUMBER, FieldType.DATE, FieldType.DATETIME}


def cell(ref: str, style: str, value: Any, field: Field) -> str:
    return f'<c r="{ref}" s="{style}"{rest_of_cell(value, field)}'


def rest_of_cell(value: Any, field: Field) -> str:
    """After address and style. Text is an inline string, never a formula; a day is Excel's serial number in the date
    style of its cell."""
    number = _number(value, field)
    if number is not None:
        return f"><v>{number}</v></c>"
    text = as_text(value)
    return f' t="inlineStr"><is><t xml:space="preserve">{element_text(text)}</t></is></c>' if text else "/>"


def _number(value: Any, field: Field) -> str | None:
    """None: to be written as text, as are numbers in a field of text (a school code) and those Excel cannot hold."""
    if isinstance(value, bool) or field.type not in _NUMERIC:
        return None
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return repr(value.toordinal() - _EPOCH + seconds / _DAY_SECONDS)
    if isinstance(value, date):
        return str(value.toordinal() - _EPOCH) if value >= _FIRST_DAY else None
    if isinstance(value, int | float) and abs(value) < _EXACT_DIGITS:
        return repr(value)
    return None


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        return "、".join(as_text(each) for each in value)
    return str(value)
