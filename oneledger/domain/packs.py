"""Work is done county by county, small counties several to a pack: one task run a pack, never one a school."""

from collections.abc import Callable, Mapping
from typing import TypeVar

Work = TypeVar("Work")
MOST = 150
"""Of a country, too: each is a task run, which costs the server as much as a few schools."""
SMALLEST = 5
"""A pack divided by that is still worth a task run, while a core has nothing to do."""


def packs(
    work: Mapping[str, list[Work]], least: int = 150, weight: Callable[[str], int] | None = None, *, wanted: int = 1
) -> list[dict[str, list[Work]]]:
    """Counties in order of code, packed until a pack holds at least ``least`` items, or its part of ``MOST`` packs.
    Nothing is split or lost.

    ``weight``: of a county's work, where its items do not tell. ``wanted``: where fewer packs than that would come of
    it, they hold less, down to a fifth.
    """
    weights = {county: len(work[county]) if weight is None else weight(county) for county in work}
    total = sum(weights.values())
    least = min(least, max(least // SMALLEST, -(-total // wanted)))
    least = max(least, -(-total // MOST))
    made: list[dict[str, list[Work]]] = []
    held = least
    for county in sorted(work):
        if held >= least:
            made.append({})
            held = 0
        made[-1][county] = work[county]
        held += weights[county]
    return made


def pack_name(pack: Mapping[str, list[Work]], names: Mapping[str, str]) -> str:
    """``210102 和平区 +6``: ASCII first, since the run graph drops Chinese characters."""
    first = min(pack)
    more = f" +{len(pack) - 1}" if len(pack) > 1 else ""
    return f"{first} {names.get(first, '')}{more}"
