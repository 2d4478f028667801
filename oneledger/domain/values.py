"""One cell read as the type its field declares: a value, or why not. Never a guess, never silently 0 or blank."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import partial

from oneledger.domain.choices import read_choice, read_multi
from oneledger.domain.contacts import read_email, read_phone, read_url
from oneledger.domain.forms import Field, FieldType
from oneledger.domain.numerals import MAX_EXACT, Number, read_number
from oneledger.domain.parsed import BLANK, BLANK_MARKS, ERROR_VALUES, Parsed, half_width, written
from oneledger.domain.returns import CellValue
from oneledger.domain.written_dates import read_date, read_datetime, read_serial

Filled = str | float | int | bool | date | datetime | time
DEFAULT_LENGTH = 5000  # characters; Excel itself cuts at 32,767 without a word
LOST_DIGITS = "Excel 把它当成了数字，后几位已丢失，请把单元格设为文本格式后重填"

_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:\.[0-9]+)?[Ee]\+[0-9]{2,3}")  # how Excel writes a long number into a csv
_MARK_STARTS = "/／\\＼-－—Nn"
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\xad]|_x00[01][0-9A-Fa-f]_"
)
_UNTIDY = re.compile(r"[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\u3000\ufeff]|_x00")
_BLANKS = re.compile(r"[ \t\u3000\xa0]+")
_LINES = re.compile(r" ?\r?\n\s*|\r")


def _as_number(field: Field, raw: Filled) -> Parsed:
    if isinstance(raw, bool):
        return Parsed(fault="不是数字，请只填数字")
    if isinstance(raw, str):
        return _fits(field, read_number(raw, field.unit))
    if isinstance(raw, date | time):
        return Parsed(fault="单元格是日期格式，请改为常规格式后重填数字")
    if not abs(raw) < MAX_EXACT:
        return Parsed(fault=LOST_DIGITS)
    if field.unit == "%" and 0 < raw <= 1:
        return Parsed(fault="分不清是比例还是百分数，百分之八十五请写成文本 85")
    return _fits(field, Parsed(int(raw) if raw == int(raw) else raw))


def _fits(field: Field, parsed: Parsed) -> Parsed:
    value: Number | None = parsed.value
    if parsed.fault or value is None:
        return parsed
    if field.type == FieldType.INT and not isinstance(value, int):
        return Parsed(fault="应填整数，不能有小数")
    if field.min is not None and value < field.min:
        return Parsed(fault=f"不能小于 {field.min:g}")
    if field.max is not None and value > field.max:
        return Parsed(fault=f"不能大于 {field.max:g}")
    return parsed


def _as_date(_field: Field, raw: Filled) -> Parsed:
    if isinstance(raw, datetime):
        has_time = raw.time() != time(0)
        return Parsed(raw.date(), "只取日期，时间没有读取" if has_time else None)
    if isinstance(raw, date):
        return Parsed(raw)
    if isinstance(raw, bool | time):
        return Parsed(fault="不是日期")
    return read_date(raw) if isinstance(raw, str) else read_serial(raw)


def _as_datetime(_field: Field, raw: Filled) -> Parsed:
    if isinstance(raw, datetime):
        return Parsed(raw)
    if isinstance(raw, str):
        return read_datetime(raw)
    return Parsed(fault="没有写几点几分" if isinstance(raw, date) else "不是日期和时间")


def _as_text(field: Field, raw: Filled) -> Parsed:
    note = None
    if isinstance(raw, bool):
        return Parsed(fault="是逻辑值，请填文字")
    if isinstance(raw, float | int) and not abs(raw) < MAX_EXACT:  # nor is what is no number less than anything
        return Parsed(fault=LOST_DIGITS)
    if isinstance(raw, str):
        text, note = _tidied(raw)
    else:
        text = written(raw)
        if isinstance(raw, date | time):
            note = f"单元格是日期格式，按文字“{text}”读取"
    longest = field.max_len or DEFAULT_LENGTH
    if len(text) > longest:
        return Parsed(fault=f"有 {len(text)} 字，超过 {longest} 字")
    if field.min_len is not None and len(text) < field.min_len:
        return Parsed(fault=f"只有 {len(text)} 字，不足 {field.min_len} 字")
    return Parsed(text, note) if text else Parsed(None, note)


def _tidied(raw: str) -> tuple[str, str | None]:
    """Trimmed, runs of blanks as one, no characters that cannot be seen or printed."""
    if not _UNTIDY.search(raw):
        return raw, None
    text = _CONTROLS.sub("", raw)
    note = None if len(text) + 7 * raw.count("_x000D_") == len(raw) and text.strip() else "去掉了看不见的字符"
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip(), note


def _as_choice(field: Field, raw: Filled) -> Parsed:
    choices = field.allowed
    return Parsed(raw) if raw in choices else read_choice(raw, choices, field.title)


def _as_multi(field: Field, raw: Filled) -> Parsed:
    return read_multi(raw, field.allowed)


_READERS: Mapping[FieldType, Callable[[Field, Filled], Parsed]] = {
    FieldType.INT: _as_number,
    FieldType.NUMBER: _as_number,
    FieldType.TEXT: _as_text,
    FieldType.DATE: _as_date,
    FieldType.DATETIME: _as_datetime,
    FieldType.CHOICE: _as_choice,
    FieldType.YESNO: _as_choice,
    FieldType.MULTI: _as_multi,
    FieldType.PHONE: lambda _, raw: read_phone(raw),
    FieldType.EMAIL: lambda _, raw: read_email(raw),
    FieldType.URL: lambda _, raw: read_url(raw),
}


def parse(field: Field, raw: CellValue) -> Parsed:
    """A blank cell is a blank value; whether it may be blank is not asked here."""
    return read_as(_READERS[field.type], field, raw)


def reader_of(field: Field) -> Callable[[CellValue], Parsed]:
    """``parse`` of one field: looked up once for many cells, and the words of a list known beforehand."""
    if field.type in (FieldType.CHOICE, FieldType.YESNO):
        known = {word: parse(field, word) for word in field.allowed}
        read = partial(read_as, _as_choice, field)
        return lambda raw: known.get(raw) or read(raw) if isinstance(raw, str) else read(raw)
    return partial(read_as, _READERS[field.type], field)


def read_as(read: Callable[[Field, Filled], Parsed], field: Field, raw: CellValue) -> Parsed:
    if raw is None:
        return BLANK
    if isinstance(raw, str):
        text = raw.strip()
        if not text:
            return BLANK
        if text[0] in _MARK_STARTS and half_width(text) in BLANK_MARKS and text not in field.choices:
            return Parsed(None, "按空白处理")
        if text[0] == "#" and text in ERROR_VALUES:
            return Parsed(fault="是公式出错的结果，请改成正确的内容")
        if "+" in text and _SCIENTIFIC.fullmatch(text):
            return Parsed(fault=LOST_DIGITS)
    return read(field, raw)


def expected(field: Field) -> str:
    """What a finding tells the school to write instead."""
    match field.type:
        case FieldType.INT | FieldType.NUMBER:
            return _expected_number(field)
        case FieldType.CHOICE | FieldType.YESNO:
            return "、".join(f"“{choice}”" for choice in field.allowed) + "之一"
        case FieldType.MULTI:
            return _expected_multi(field)
        case FieldType.TEXT:
            return f"{field.min_len or 1}—{field.max_len or DEFAULT_LENGTH} 字的文字"
    return _EXAMPLES[field.type]


_EXAMPLES: Mapping[FieldType, str] = {
    FieldType.DATE: "日期，如 2021-03-05",
    FieldType.DATETIME: "日期和时间，如 2021-03-05 14:30",
    FieldType.PHONE: "电话号码，如 024-86891234",
    FieldType.EMAIL: "电子邮箱，如 name@example.com",
    FieldType.URL: "网址，如 https://www.example.com",
}


def _expected_number(field: Field) -> str:
    kind = "整数" if field.type == FieldType.INT else "数字"
    unit = f"（单位：{field.unit}）" if field.unit else ""
    if field.min is not None and field.max is not None:
        return f"{field.min:g}—{field.max:g} 的{kind}{unit}"
    if field.min is not None:
        return f"不小于 {field.min:g} 的{kind}{unit}"
    if field.max is not None:
        return f"不大于 {field.max:g} 的{kind}{unit}"
    return f"{kind}{unit}"


def _expected_multi(field: Field) -> str:
    if all(choice.isdigit() for choice in field.choices):
        return f"{field.choices[0]}—{field.choices[-1]} 的序号，用“、”隔开"
    return "、".join(f"“{choice}”" for choice in field.choices) + "中的一项或几项，用“、”隔开"
