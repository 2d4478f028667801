"""Numbers, shares and dates as an official paper writes them."""

from collections.abc import Sequence
from datetime import date, datetime

NOT_APPLICABLE = "—"


def grouped(number: float) -> str:
    """Thousands grouped; whole numbers without a decimal point, others with at most two decimals."""
    if isinstance(number, float) and not number.is_integer():
        return f"{number:,.2f}".rstrip("0").rstrip(".")
    return f"{int(number):,}"


def share_text(part: float, whole: float) -> str:
    """A share in per cent with one decimal, cut off and never rounded up: 100% only where nothing is open.

    Unit: per cent of ``whole``; — where there is no whole; 不足0.1% where something is there but the cut would hide it.
    Source: domain.md 1.3 (never 100 % by rounding).
    """
    if whole <= 0:
        return NOT_APPLICABLE
    tenths = int(part * 1000 // whole)
    if part > 0 and tenths == 0:
        return "不足0.1%"
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def cut_share(part: float, whole: float) -> float | None:
    """A share 0..1 cut off after a tenth of a per cent, so that no program rounds it up to 100%. None of nothing."""
    return int(part * 1000 // whole) / 1000 if whole > 0 else None


def share(part: float, whole: float) -> str:
    """A share with both its numbers: 92.3%（12/13）."""
    return f"{share_text(part, whole)}（{grouped(part)}/{grouped(whole)}）" if whole > 0 else NOT_APPLICABLE


def listed(names: Sequence[str], limit: int | None = None) -> str:
    """甲、乙、丙; beyond the limit the rest is counted, never dropped in silence."""
    if limit is None or len(names) <= limit:
        return "、".join(names)
    return f"{'、'.join(names[:limit])}等{len(names)}个单位"


def day_text(day: date) -> str:
    """2021年3月5日, without leading zeros (GB/T 9704)."""
    return f"{day.year}年{day.month}月{day.day}日"


def moment_text(moment: datetime) -> str:
    """2021年3月20日17时 or 17时30分, in the zone the moment carries."""
    minutes = f"{moment.minute}分" if moment.minute else ""
    return f"{day_text(moment)}{moment.hour}时{minutes}"


_DIGITS = "〇一二三四五六七八九"


def chinese_ordinal(number: int) -> str:
    """一 … 九十九, for 一、二、三、 and （一）（二）."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def change_text(change: float) -> str:
    """增加3个, 减少3个 or 持平: a comparison with an earlier figure."""
    return f"{'增加' if change > 0 else '减少'}{grouped(abs(change))}个" if change else "持平"
