"""From each unit's own return to every level above it: each figure counted exactly once at every level."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.rollup import Coverage, Number, Rollup, added, as_data


def own_rollup(
    unit: str, name: str, *, is_exempt: bool, is_counted: bool, is_zero: bool, is_late: bool, in_correction: bool,
    figures: Mapping[str, Number], forms: Iterable[str],
) -> Rollup:  # fmt: skip
    """One assignment as a roll-up: its figures where a return counts, else its place among the missing."""
    if is_exempt:
        return Rollup(coverage=Coverage(exempt=1))
    if not is_counted:
        coverage = Coverage(missing=1, in_correction=int(in_correction))
        return Rollup(coverage=coverage, missing_units=((unit, name),))
    coverage = Coverage(returned=int(not is_zero), zero=int(is_zero), late=int(is_late))
    return Rollup(figures, dict.fromkeys(forms, 1), coverage)


def rolled_up(units: Mapping[str, CampaignUnit], own: Mapping[str, list[Rollup]]) -> dict[str, Rollup]:
    """Every unit's sum over itself and all below it; units with nothing to show are left out.

    ``units`` come in administrative order, parents before children, so one pass from the end suffices.
    """
    parts: dict[str, list[Rollup]] = {code: list(each) for code, each in own.items()}
    done: dict[str, Rollup] = {}
    for code in reversed(list(units)):
        if code not in parts:
            continue
        mine = own.get(code, [])
        below = parts[code][len(mine) :]
        total = added([*mine, *reversed(below)])
        done[code] = total
        parent = units[code].parent
        if parent is not None and parent in units:
            parts.setdefault(parent, list(own.get(parent, []))).append(total)
    return {code: done[code] for code in units if code in done}


def children_of(units: Mapping[str, CampaignUnit]) -> dict[str, list[str]]:
    """In the order of the units; nothing for a unit without any."""
    below: dict[str, list[str]] = {}
    for code, unit in units.items():
        if unit.parent is not None and unit.parent in units:
            below.setdefault(unit.parent, []).append(code)
    return below


def rolled_again(
    units: Mapping[str, CampaignUnit],
    below: Mapping[str, Sequence[str]],
    before: Mapping[str, Rollup],
    own: Mapping[str, list[Rollup]],
    changed: Iterable[str],
) -> dict[str, Rollup]:
    """New sums of the units named and of everybody above them; nobody else's is looked at.

    ``below``: of ``children_of``. ``before``: as ``rolled_up`` gave it. ``own``: of the units concerned, as they are
    now.
    """
    again: dict[str, Rollup] = {}
    for code in _deepest_first(units, changed):
        children = [again.get(each) or before.get(each) for each in below.get(code, ())]
        parts = [*own.get(code, ()), *(each for each in children if each is not None)]
        if parts:
            again[code] = added(parts)
    return again


class Rolled(NamedTuple):
    """Sums, and what they were made of."""

    own: Mapping[str, list[Rollup]]
    sums: Mapping[str, Rollup]


def rolled_on(
    last: Rolled | None, units: Mapping[str, CampaignUnit], below: Mapping[str, Sequence[str]],
    own: Mapping[str, list[Rollup]],
) -> Rolled:  # fmt: skip
    """As ``rolled_up``. Where the same units have something of their own as in the last one, of the same tree, only
    those are added up again whose own has changed, and who is above them."""
    if last is None or last.own.keys() != own.keys():
        return Rolled(own, rolled_up(units, own))
    changed = [code for code, parts in own.items() if parts != last.own[code]]
    return Rolled(own, {**last.sums, **rolled_again(units, below, last.sums, own, changed)})


def _deepest_first(units: Mapping[str, CampaignUnit], codes: Iterable[str]) -> list[str]:
    """The units named and all above them."""
    depths: dict[str, int] = {}
    for code in codes:
        line = [code]
        while (parent := units[line[-1]].parent) is not None and parent in units:
            line.append(parent)
        depths |= {each: depth for depth, each in enumerate(reversed(line))}
    return sorted(depths, key=depths.__getitem__, reverse=True)


def digest(rollups: Mapping[str, Rollup]) -> str:
    """Of their JSON, sorted: the same figures give the same hash, whatever order they were added in. Unit by unit: the
    JSON of a whole province takes hundreds of megabytes."""
    hashed = hashlib.sha256(b"{")
    for number, code in enumerate(sorted(rollups)):
        hashed.update((", " * (number > 0) + _sorted_json({code: as_data(rollups[code])})[1:-1]).encode())
    hashed.update(b"}")
    return hashed.hexdigest()


_sorted_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
