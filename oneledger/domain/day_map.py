"""The completeness map of a phase by county and day, and what is to be expected at its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from oneledger.domain.forecast import Outlook

SHOWN_DAYS = 8
"""Days that fit the table of a Word page."""
_DEEP, _PALE = (99, 155, 210), (244, 248, 252)


@dataclass(frozen=True)
class DayMap:
    """``lines``: in administrative order, each with its share answered by the end of each day."""

    days: tuple[date, ...]
    lines: tuple[tuple[Outlook, tuple[float | None, ...]], ...]
    is_over: bool  # the deadline is past: nothing is forecast
    codes: tuple[str, ...] = ()  # of the lines
    whole: frozenset[str] = frozenset()  # of those, whose line is all that its roll-up holds: no office is below it


def map_table(shown: DayMap | None) -> dict[str, Any]:
    """For the annex: the last days, always as many columns, blank where there were fewer; each cell with its tint."""
    if shown is None:
        return {"heads": [""] * SHOWN_DAYS, "rows": []}
    spare = [""] * max(SHOWN_DAYS - len(shown.days), 0)
    days = [f"{day.month}.{day.day}" for day in shown.days[-SHOWN_DAYS:]]
    return {"heads": [*days, *spare], "rows": [_row(no, *line, shown, spare) for no, line in enumerate(shown.lines, 1)]}


def _row(no: int, told: Outlook, shares: Sequence[float | None], shown: DayMap, spare: Sequence[str]) -> dict[str, Any]:
    cells = [{"text": _percent(each), "tint": _tint(each)} for each in shares[-SHOWN_DAYS:]]
    cells += [{"text": "", "tint": "FFFFFF"} for _ in spare]
    expected = "—" if shown.is_over else _percent(told.expected / told.owed)
    return {"no": str(no), "unit": told.name, "cells": cells, "expected": expected, "open": str(len(told.open_units))}


def _percent(part: float | None) -> str:
    """Whole per cent, cut off: 100 only where nothing is open."""
    return "—" if part is None else str(int(part * 100 + 1e-9))


def _tint(part: float | None) -> str:
    if part is None:
        return "FFFFFF"
    return "".join(f"{round(pale + (deep - pale) * part):02X}" for pale, deep in zip(_PALE, _DEEP, strict=True))
