"""How problems were put right over time: found and closed by the end of each day, from the problems' own histories."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from oneledger.domain.problem_states import CLOSED, WITHDRAWN

MOST_POINTS = 20


class Change(NamedTuple):
    found: int
    closed: int


class Point(NamedTuple):
    """By the end of a day."""

    day: date
    found: int
    closed: int


def change_of(before: str, after: str) -> Change:
    """``before`` is empty where the problem was new. What was withdrawn is no problem any more."""
    was, stands = bool(before) and before != WITHDRAWN, after != WITHDRAWN
    return Change(stands - was, (after == CLOSED) - (before == CLOSED))


def curve(changes: Mapping[date, Change]) -> list[Point]:
    """Added up day by day; of many days only some are kept, the last always."""
    points, found, closed = [], 0, 0
    for day, change in sorted(changes.items()):
        found, closed = found + change.found, closed + change.closed
        points.append(Point(day, found, closed))
    step = -(-len(points) // MOST_POINTS) or 1
    return points[::-step][::-1]
