"""From each unit's own return to every level above it: each figure counted exactly once at every level."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from oneledger.domain.assignments import Assignment, CampaignUnit
from oneledger.domain.rollup import Coverage, Number, Rollup, added, as_data


def own_rollup(
    assignment: Assignment, name: str, *, is_counted: bool, is_zero: bool, is_late: bool, in_correction: bool,
    figures: Mapping[str, Number], forms: Iterable[str],
) -> Rollup:  # fmt: skip
    """One assignment as a roll-up: its figures where a return counts, else its place among the missing."""
    if assignment.status == "exempt":
        return Rollup(coverage=Coverage(exempt=1))
    if not is_counted:
        coverage = Coverage(missing=1, in_correction=int(in_correction))
        return Rollup(coverage=coverage, missing_units=((assignment.unit, name),))
    coverage = Coverage(returned=int(not is_zero), zero=int(is_zero), late=int(is_late))
    return Rollup(dict(figures), dict.fromkeys(forms, 1), coverage)


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


def digest(rollups: Mapping[str, Rollup]) -> str:
    """The same figures give the same hash, whatever order they were added in."""
    data = {code: as_data(rollup) for code, rollup in sorted(rollups.items())}
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
