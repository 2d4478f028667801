"""Dates as schools write them. What is impossible is named: 没有 13 月."""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta

from oneledger.domain.numerals import chinese_digits
from oneledger.domain.parsed import Parsed, half_width

_YEARS = range(1900, 2101)
_SERIALS = range(36526, 73051)  # Excel's day numbers of 2000-01-01 to 2100-01-01, 1900 system
_DAYS_TO_1904 = 1462
_MOST = 10**8
_FULL = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?", re.ASCII)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_HAN = "一二三四五六七八九"
_CHINESE = re.compile(rf"([{_HAN}零〇○]{{4}})年([{_HAN}十]{{1,2}})月([{_HAN}十]{{1,3}})[日号]")
_WEEKDAY = re.compile(r"\s*\(?(?:星期|周)[一二三四五六日天]\)?")
_TIME = re.compile(
    r"\s*T?(上午|下午|晚上)?\s*(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*分?)?(?::\s*(\d{1,2})(?:\.0+)?|(\d{1,2})\s*秒)?",
    re.ASCII,
)
_LACKS = (
    (re.compile(r"\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?", re.ASCII), "年份要写四位，如 2021"),
    (re.compile(r"\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?", re.ASCII), "没有写年份"),
    (re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*月?(底|初|中旬|上旬|下旬|前|底前)?", re.ASCII), "没有写哪一日"),
    (re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}", re.ASCII), "请按年、月、日的顺序写"),
)


def _day(year: int, month: int, day: int, note: str | None = None) -> Parsed:
    if year not in _YEARS:
        return Parsed(fault=f"{year} 年不合理")
    if not 1 <= month <= 12:
        return Parsed(fault=f"没有 {month} 月")
    if not 1 <= day <= monthrange(year, month)[1]:
        return Parsed(fault=f"{year} 年 {month} 月没有 {day} 日")
    return Parsed(date(year, month, day), note)


def since_1900(number: float) -> float:
    """A day number of a workbook that counts from 1904, as all others count it. Eight digits are a day as it is."""
    return number + _DAYS_TO_1904 if number < _SERIALS.stop else number


def read_serial(number: float) -> Parsed:
    """A date that lost its cell format, or eight digits typed as a number."""
    if not 0 < number < _MOST:  # also what is not a number at all
        return Parsed(fault="不是日期")
    if number == int(number) and _PACKED.fullmatch(str(int(number))):
        return read_date(str(int(number)))
    if int(number) not in _SERIALS:
        return Parsed(fault="不是日期")
    day = date(1899, 12, 30) + timedelta(days=int(number))
    return Parsed(day, f"按 Excel 日期序号读成 {day}，请核对")


def read_date(raw: str) -> Parsed:
    text = _WEEKDAY.sub("", half_width(raw)).rstrip("。.,;")
    if match := _FULL.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _PACKED.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
        return _day(year, month, day, f"按 {match[1]}-{match[2]}-{match[3]} 读取")
    if match := _CHINESE.fullmatch(text):
        year = int("".join(str(chinese_digits(digit.replace("○", "〇"))) for digit in match[1]))
        month, day = (chinese_digits(part) or 0 for part in match.groups()[1:])
        return _day(year, month, day, f"按 {year}-{month:02}-{day:02} 读取")
    if match := _FULL.match(text):
        clock = _clock(text[match.end() :])
        if isinstance(clock, time):
            return _day(int(match[1]), int(match[2]), int(match[3]), "只取日期，时间没有读取")
    lack = next((words for pattern, words in _LACKS if pattern.fullmatch(text)), "不是日期")
    return Parsed(fault=lack)


def _clock(text: str) -> time | str:
    match = _TIME.fullmatch(text)
    if match is None:
        return "没有写几点几分"
    half, hour, minute = match[1], int(match[2]), int(match[3] or 0)
    second = int(match[4] or match[5] or 0)
    if half in ("下午", "晚上") and hour < 12:
        hour += 12
    if hour > 23 or minute > 59 or second > 59:
        return f"没有 {match[2]} 点 {minute} 分"
    return time(hour, minute, second)


def read_datetime(raw: str) -> Parsed:
    """Local time of the campaign: a person's 14:30."""
    text = _WEEKDAY.sub("", half_width(raw))
    match = _FULL.match(text)
    if match is None:
        return read_date(text) if read_date(text).fault else Parsed(fault="没有写几点几分")
    day = _day(int(match[1]), int(match[2]), int(match[3]))
    clock = _clock(text[match.end() :])
    if day.fault or isinstance(clock, str):
        return Parsed(fault=day.fault or str(clock))
    return Parsed(datetime.combine(day.value, clock))
