"""Telephone numbers, mail and web addresses as they are typed into a form."""

import re

from oneledger.domain.parsed import Parsed, half_width, shown, written
from oneledger.domain.returns import CellValue

_PHONE = re.compile(
    r"(?:\+?86-?)?1[3-9]\d{9}"  # mobile
    r"|(?:\(0\d{2,3}\)|0\d{2,3}-?)?[2-9]\d{6,7}(?:(?:-|转|#)\d{1,6})?"  # with or without area code and extension
    r"|[48]00-?\d{3}-?\d{4}|1\d{2}|1[0-2]\d{3}|9\d{4}",  # 400 numbers, 110, 12355, 95598
    re.ASCII,
)
_PHONE_SEPARATORS = re.compile(r"[、，,;；/\n]+|(?<=\d)\s{2,}(?=\d)")
_LOST_ZERO = re.compile(r"[2-9]\d{9,10}", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", re.ASCII)
_URL = re.compile(r"(https?://)?((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::\d+)?(?:[/?#][^\s]*)?)", re.ASCII)


def read_phone(raw: CellValue) -> Parsed:
    """One number or several, kept as text with 、 between them."""
    text = half_width(written(raw))
    if not isinstance(raw, str) and _LOST_ZERO.fullmatch(text):
        return Parsed(fault="区号开头的 0 可能丢了，请把单元格设为文本格式后重填")
    numbers = [re.sub(r"\s|(?<=\d)-(?=-)", "", part) for part in _PHONE_SEPARATORS.split(text)]
    numbers = [re.sub(r"[—–]", "-", number) for number in numbers if number]
    mobiles = [re.sub(r"^(1\d\d)-(\d{4})-(\d{4})$", r"\1\2\3", number) for number in numbers]
    if not mobiles or not all(_PHONE.fullmatch(number) for number in mobiles):
        return Parsed(fault="不像电话号码，请核对位数和区号")
    return _noted("、".join(mobiles), raw)


def _noted(read: str, raw: CellValue) -> Parsed:
    """Told where it is not what was written; masked, for what is told travels by mail."""
    return Parsed(read, None if read == written(raw) else f"按“{shown(read)}”读取")


def read_email(raw: CellValue) -> Parsed:
    text = half_width(written(raw))
    if not _EMAIL.fullmatch(text):
        return Parsed(fault="不像电子邮箱，请核对")
    return _noted(text, raw)


def read_url(raw: CellValue) -> Parsed:
    text = half_width(written(raw))
    match = _URL.fullmatch(text)
    if match is None:
        return Parsed(fault="不像网址，请核对")
    return _noted(text, raw) if match[1] else Parsed(f"http://{text}", "前面补上了 http://")
