"""How simulated units behave: a stated mix, drawn from a seed, and what the other side must make of each answer."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.work_calendar import WorkCalendar

Verdict = Literal["accepted", "returned", "refused", "person"]
"""What is to become of an answer: it counts, goes back with findings, cannot be read as a return, is put before a
person."""


class Timing(StrEnum):
    EARLY = "early"
    IN_TIME = "in_time"
    SOON = "soon"  # early enough to mend what is wrong before the deadline
    LATE = "late"  # after the unit's own deadline, before the top's
    VERY_LATE = "very_late"  # after the top's: missing in the snapshot
    WHEN_REMINDED = "when_reminded"


class Fault(StrEnum):
    """What is odd about a workbook."""

    NONE = ""
    OLD_VERSION = "old_version"
    RENAMED_COLUMNS = "renamed_columns"
    MOVED_COLUMNS = "moved_columns"
    EXTRA_COLUMNS = "extra_columns"
    MERGED_CELLS = "merged_cells"
    UNIT_IN_NUMBER = "unit_in_number"  # 3起
    VAGUE_NUMBER = "vague_number"  # 约5
    BLANK_REQUIRED = "blank_required"
    IMPOSSIBLE_DATE = "impossible_date"
    ROW_VANISHED = "row_vanished"
    COLLEAGUES_FILE = "colleagues_file"


VERDICTS: Mapping[Fault, Verdict] = {
    **dict.fromkeys(Fault, "accepted"),
    Fault.OLD_VERSION: "refused",
    Fault.VAGUE_NUMBER: "returned",
    Fault.BLANK_REQUIRED: "returned",
    Fault.IMPOSSIBLE_DATE: "returned",
    Fault.ROW_VANISHED: "returned",
    Fault.COLLEAGUES_FILE: "person",
}
IN_THE_XML = frozenset(
    {Fault.MOVED_COLUMNS, Fault.EXTRA_COLUMNS, Fault.MERGED_CELLS, Fault.ROW_VANISHED, Fault.OLD_VERSION}
)
"""Done to the sheet's XML, so never by those who fill in with another program."""


@dataclass(frozen=True, slots=True)
class Act:
    timing: Timing
    fault: Fault = Fault.NONE
    variant: int = 0  # another variant is another answer, with other figures


@dataclass(frozen=True, slots=True)
class Behaviour:
    name: str
    acts: tuple[Act, ...] = ()
    mends: bool = True  # answers again, rightly, when told what is wrong
    mailbox: str = ""  # what its mail box does, in the post office's words
    is_zero: bool = False


def _at(timing: Timing, fault: Fault = Fault.NONE) -> tuple[Act, ...]:
    return (Act(timing, fault),)


ON_TIME = Behaviour("on_time", _at(Timing.IN_TIME))
BEHAVIOURS: Mapping[str, Behaviour] = {
    each.name: each
    for each in (
        ON_TIME,
        Behaviour("early", _at(Timing.EARLY)),
        Behaviour("late", _at(Timing.LATE)),
        Behaviour("very_late", _at(Timing.VERY_LATE)),
        Behaviour("never"),
        Behaviour("zero_report", _at(Timing.IN_TIME), is_zero=True),
        Behaviour("wrong_version", _at(Timing.SOON, Fault.OLD_VERSION)),
        Behaviour("renamed_columns", _at(Timing.IN_TIME, Fault.RENAMED_COLUMNS)),
        Behaviour("moved_columns", _at(Timing.IN_TIME, Fault.MOVED_COLUMNS)),
        Behaviour("extra_columns", _at(Timing.IN_TIME, Fault.EXTRA_COLUMNS)),
        Behaviour("merged_cells", _at(Timing.IN_TIME, Fault.MERGED_CELLS)),
        Behaviour("text_in_number", _at(Timing.IN_TIME, Fault.UNIT_IN_NUMBER)),
        Behaviour("vague_number", _at(Timing.SOON, Fault.VAGUE_NUMBER)),
        Behaviour("missing_required", _at(Timing.SOON, Fault.BLANK_REQUIRED)),
        Behaviour("impossible_date", _at(Timing.SOON, Fault.IMPOSSIBLE_DATE)),
        Behaviour("faulty_never_mended", _at(Timing.SOON, Fault.BLANK_REQUIRED), mends=False),
        Behaviour("two_answers", (Act(Timing.EARLY, variant=1), Act(Timing.IN_TIME))),
        Behaviour("faulty_second", (Act(Timing.EARLY), Act(Timing.IN_TIME, Fault.BLANK_REQUIRED)), mends=False),
        Behaviour("auto_reply", _at(Timing.IN_TIME), mailbox="auto_reply"),
        Behaviour("bounce", mailbox="hard_bounce"),
        Behaviour("colleagues_file", (Act(Timing.SOON, Fault.COLLEAGUES_FILE), Act(Timing.WHEN_REMINDED))),
        Behaviour("answers_only_after_reminder", _at(Timing.WHEN_REMINDED)),
        Behaviour("row_vanished", _at(Timing.SOON, Fault.ROW_VANISHED)),
    )
}

SCHOOL_MIX: Mapping[str, float] = {
    "on_time": 0.36, "early": 0.08, "late": 0.06, "very_late": 0.03, "never": 0.03, "zero_report": 0.10,
    "wrong_version": 0.02, "renamed_columns": 0.03, "moved_columns": 0.03, "extra_columns": 0.02,
    "merged_cells": 0.02, "text_in_number": 0.02, "vague_number": 0.02, "missing_required": 0.03,
    "impossible_date": 0.02, "faulty_never_mended": 0.01, "two_answers": 0.02, "faulty_second": 0.01,
    "auto_reply": 0.02, "bounce": 0.01, "colleagues_file": 0.01, "answers_only_after_reminder": 0.03,
    "row_vanished": 0.02,
}  # fmt: skip
UPPER_MIX: Mapping[str, float] = {
    "on_time": 0.76, "early": 0.09, "late": 0.05, "never": 0.02, "answers_only_after_reminder": 0.05,
    "text_in_number": 0.02, "missing_required": 0.01,
}  # fmt: skip
"""Of counties, cities and the province."""


@dataclass(frozen=True)
class Mix:
    schools: Mapping[str, float]
    upper: Mapping[str, float]

    def __post_init__(self) -> None:
        for weights in (self.schools, self.upper):
            unknown = set(weights) - set(BEHAVIOURS)
            if unknown or abs(sum(weights.values()) - 1) > 1e-9:
                raise ValueError(f"weights must sum to 1 over known behaviours: {sum(weights.values())}, {unknown}")

    def of_level(self, level: str) -> Mapping[str, float]:
        return self.schools if level == "school" else self.upper


MIX = Mix(SCHOOL_MIX, UPPER_MIX)


def draw_behaviour(mix: Mapping[str, float], seed: int, unit: str, phase: str) -> Behaviour:
    """The same for the same arguments. A dead mail box is dead in every phase."""
    if _is_dead(mix, seed, unit):
        return BEHAVIOURS["bounce"]
    living = {name: weight for name, weight in mix.items() if name != "bounce"}
    rng = random.Random(f"{seed}:{unit}:{phase}:behaviour")
    return BEHAVIOURS[rng.choices(list(living), list(living.values()))[0]]


def _is_dead(mix: Mapping[str, float], seed: int, unit: str) -> bool:
    return random.Random(f"{seed}:{unit}:mailbox").random() < mix.get("bounce", 0.0)


FIRST_CONTACT_GONE = 0.02  # of schools that name more than one, and one at least


def first_contacts_gone(units: Iterable[CampaignUnit], seed: int, mix: Mapping[str, float]) -> dict[str, str]:
    """Units whose first contact has left, with that address: mail to it comes back, and nobody writes from it."""
    dice = {
        unit.code: (random.Random(f"{seed}:{unit.code}:first contact").random(), unit.contacts[0].email)
        for unit in units
        if unit.level == "school" and len(unit.contacts) > 1 and not _is_dead(mix, seed, unit.code)
    }
    found = {code: address for code, (roll, address) in dice.items() if roll < FIRST_CONTACT_GONE}
    return found or {code: dice[code][1] for code in sorted(dice, key=dice.__getitem__)[:1]}


@dataclass(frozen=True)
class Window:
    """The moments that bound an answer. ``top_at``: when the figures are frozen."""

    opens_at: datetime
    due_at: datetime
    top_at: datetime


_LATEST_DAYS = 8  # working days after the top's deadline in which the very late come
_OPENING = 8


def moment_of(timing: Timing, window: Window, calendar: WorkCalendar, rng: random.Random) -> datetime | None:
    """When an act is done, in office hours of a working day; None for what waits to be reminded."""
    if timing is Timing.WHEN_REMINDED:
        return None
    if timing is Timing.LATE and window.due_at >= window.top_at:
        timing = Timing.VERY_LATE
    if timing is Timing.LATE:
        return _within(_days(window.due_at, window.top_at, calendar), rng.random(), window.top_at, rng)
    if timing is Timing.VERY_LATE:
        end = window.top_at + timedelta(days=3 * _LATEST_DAYS)
        days = _days(window.top_at, end, calendar)[:_LATEST_DAYS]
        return _within(days, rng.random(), end, rng)
    days = _days(window.opens_at, window.due_at, calendar) or [window.due_at]
    return _within(days, _share(timing, rng), window.due_at, rng)


def _share(timing: Timing, rng: random.Random) -> float:
    """How far into the time it has; most answer near the end."""
    match timing:
        case Timing.EARLY:
            return rng.uniform(0, 0.25)
        case Timing.SOON:
            return rng.uniform(0.1, 0.7)
    return rng.betavariate(3, 1.2)


def _days(after: datetime, until: datetime, calendar: WorkCalendar) -> list[datetime]:
    """Working days after one day, up to and with another."""
    span = (until.date() - after.date()).days
    days = (after + timedelta(days=n) for n in range(1, span + 1))
    return [day for day in days if calendar.is_working_day(day.date())]


def _within(days: Sequence[datetime], share: float, limit: datetime, rng: random.Random) -> datetime:
    day = days[min(int(share * len(days)), len(days) - 1)]
    last = limit.hour - 1 if day.date() == limit.date() else _OPENING + 8
    return day.replace(hour=rng.randint(_OPENING, max(_OPENING, last)), minute=10, second=0, microsecond=0)


def reaction_at(delivered_at: datetime, rng: random.Random) -> datetime:
    """Two to thirty hours after a mail came, between eight and nine in the evening."""
    at = delivered_at + timedelta(hours=rng.randint(2, 30))
    if not _OPENING <= at.hour <= _OPENING + 12:
        at = (at + timedelta(hours=12)).replace(hour=_OPENING + rng.randint(0, 2))
    return at.replace(minute=10, second=0, microsecond=0)
