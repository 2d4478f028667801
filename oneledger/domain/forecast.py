"""Where a phase will stand at its deadline if work goes on as in the last days. A reckoning, no promise: it says how.

Pace: returns per working day over the last working days that were looked at. Nothing else is guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from oneledger.domain.phrases import listed, share_text

PACE_DAYS = 5
"""Working days the pace is taken from."""
NAMED = 10


@dataclass(frozen=True)
class Outlook:
    """``owed``: without the exempt. ``expected``: answers at the deadline, never more than owed."""

    name: str
    done: int
    owed: int
    gained: int  # in the days the pace is taken from
    pace_days: int
    days_left: int
    open_units: tuple[str, ...]  # in administrative order

    @property
    def expected(self) -> int:
        more = self.gained * self.days_left // self.pace_days if self.pace_days else 0
        return min(self.owed, self.done + more)

    @property
    def short(self) -> int:
        return self.owed - self.expected

    def sentence(self) -> str:
        """按目前进度，X县到期可报91%…; a finished office needs none."""
        if self.done >= self.owed:
            return f"{self.name}已报齐。"
        how = f"近{self.pace_days}个工作日共报{self.gained}份，距截止还有{self.days_left}个工作日"
        share = f"{share_text(self.expected, self.owed)}（{self.expected}/{self.owed}；已报{self.done}份，{how}）"
        ends = f"按目前进度，{self.name}到期可报{share}"
        who = f"；尚未报的{len(self.open_units)}个单位是：{listed(self.open_units, NAMED)}" if self.open_units else ""
        return f"{ends}{who}。"


def outlook(
    name: str,
    answers: Mapping[date, int],
    owed: int,
    open_units: Sequence[str],
    *,
    worked: Sequence[date],
    days_left: int,
) -> Outlook:
    """``answers``: by the day they came. ``worked``: working days gone by since the phase opened, oldest first.

    Days of rest count with the working day after them: what came at the weekend is gained all the same.
    """
    window = worked[-PACE_DAYS:]
    before = worked[-len(window) - 1] if len(worked) > len(window) else None
    gained = sum(number for day, number in answers.items() if before is None or day > before)
    return Outlook(name, sum(answers.values()), owed, gained, len(window), max(days_left, 0), tuple(open_units))


def shares_by_day(answers: Mapping[date, int], owed: int, days: Sequence[date]) -> list[float | None]:
    """The share answered by the end of each day: a row of the heat map. None where nothing is owed."""
    if owed <= 0:
        return [None] * len(days)
    return [sum(number for day, number in answers.items() if day <= end) / owed for end in days]
