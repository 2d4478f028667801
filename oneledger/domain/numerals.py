"""Numbers as schools write them: 12, １２, 3起, 三, 1,200, 2000万; and what is not a number: 约5, 十几, 无."""

import re
from decimal import Decimal

from oneledger.domain.parsed import Parsed, half_width

Number = int | float

_DIGITS = r"[+-]?[0-9]+(?:\.[0-9]+)?"
_PLAIN = re.compile(_DIGITS)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_WORDS = re.compile(
    rf"(?P<number>{_GROUPED.pattern}|{_DIGITS}|[零〇]|[二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
    r"(?P<scale>百万|千万|百|千|万|亿)?(?P<unit>[^0-9]{0,6})"
)
_SCALES = {"": 1, "百": 10**2, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_CHINESE = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_VAGUE = re.compile(r"[约近余多几数余]|左右|上下|大概|若干|不足|不到|超过|以上|以下|[<>≤≥~～]|[0-9][-—–至到][0-9]")
_NONE = frozenset({"无", "没有", "暂无", "未", "空", "不涉及", "未发生", "none", "无。"})
_SAME_UNIT = (frozenset("人名位"), frozenset("起件例宗"), frozenset("所校家"), frozenset({"次", "场", "场次", "回"}))
_COUNTERS = frozenset({*"人名位起件例宗所校家次场回个份篇条项台户元天间班", "人次", "场次", "课时", "小时"})
MAX_EXACT = 10**15  # Excel keeps fifteen digits


def chinese_digits(text: str) -> int | None:
    """0-99 in Chinese, as counts and months are written; None for anything else."""
    if text in _CHINESE:
        return _CHINESE[text]
    tens, ten, ones = text.partition("十")
    if not ten or len(tens) > 1 or len(ones) > 1 or not {tens, ones} <= {"", *"一二三四五六七八九"}:
        return None
    return _CHINESE.get(tens, 1) * 10 + _CHINESE.get(ones, 0)


def _unit_fits(unit: str, declared: str) -> bool:
    if unit in ("", "个") or unit == declared:
        return True
    if not declared:
        return unit in _COUNTERS
    return any({unit, declared} <= same for same in _SAME_UNIT)


def _exact(number: str, scale: int) -> Number | None:
    chinese = chinese_digits(number)
    value = Decimal(chinese if chinese is not None else number.replace(",", "")) * scale
    if abs(value) >= MAX_EXACT:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _why_not(text: str) -> str:
    if text in _NONE:
        return f"“{text}”不能当作 0，没有的请填 0"
    if _VAGUE.search(text):
        return "不是准确的数，请填准确的数字"
    return "不是数字，请只填数字"


def read_number(raw: str, unit: str) -> Parsed:
    """A value only where it is certain. '2000万' is certain; '2万' where the unit is 万元 is not."""
    text = half_width(raw).rstrip("。")
    if _PLAIN.fullmatch(text):
        value = _exact(text, 1)
        note = None if str(value) == raw.strip() else f"按 {value} 读取"  # also of 007: it may have been no number
        return Parsed(value, note) if value is not None else Parsed(fault="位数太多，Excel 只保留 15 位，请核对")
    if re.search(r"[0-9]\s+[0-9]", text):
        return Parsed(fault="中间有空格，分不清是一个数还是几个数，请只填一个数")
    text = re.sub(r"\s", "", text)
    match = _WORDS.fullmatch(text)
    if match is None:
        return Parsed(fault=_why_not(text))
    read = _with_words(text, match, unit)
    return read if read.fault else Parsed(read.value, f"按 {read.value} 读取")


def _with_words(text: str, match: re.Match[str], declared: str) -> Parsed:
    scale, unit = match["scale"] or "", match["unit"]
    if unit == "%" or declared.startswith(("万", "千", "百", "亿")):
        scale, unit = "", scale + unit
        if unit != declared:
            return Parsed(fault=f"单位不清楚，请按“{declared}”只填数字" if declared else "不是数字，请只填数字")
    if not _unit_fits(unit, declared):
        vague = _VAGUE.search(unit) or unit not in _COUNTERS
        return Parsed(fault=_why_not(text) if vague else f"单位应为“{declared}”，请换算后只填数字")
    value = _exact(match["number"], _SCALES[scale])
    if value is None:
        return Parsed(fault="位数太多，请核对")
    return Parsed(value)
