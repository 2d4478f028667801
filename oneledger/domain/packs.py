"""Work is done county by county, small counties several to a pack: one task run a pack, never one a school."""

from collections.abc import Mapping
from typing import TypeVar

Work = TypeVar("Work")


def packs(work: Mapping[str, list[Work]], least: int = 150) -> list[dict[str, list[Work]]]:
    """Counties in order of code, packed until a pack holds at least ``least`` items. Nothing is split or lost."""
    made: list[dict[str, list[Work]]] = []
    for county in sorted(work):
        if not made or sum(map(len, made[-1].values())) >= least:
            made.append({})
        made[-1][county] = work[county]
    return made


def pack_name(pack: Mapping[str, list[Work]], names: Mapping[str, str]) -> str:
    """``210102 和平区 +6``: ASCII first, since the run graph drops Chinese characters."""
    first = min(pack)
    more = f" +{len(pack) - 1}" if len(pack) > 1 else ""
    return f"{first} {names.get(first, '')}{more}"
