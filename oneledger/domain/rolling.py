"""From each unit's own return to every level above it: each figure counted exactly once at every level."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.batches import batches
from oneledger.domain.rollup import Coverage, Number, Rollup, added


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


OwnOf = Callable[[Sequence[str]], Mapping[str, Sequence[Rollup]]]
"""What each of some units has of its own; nothing of those that have nothing."""

_AT_A_TIME = 1000  # units whose own is asked for at once


def rolled_up(
    units: Mapping[str, CampaignUnit], below: Mapping[str, Sequence[str]], own_of: OwnOf, *,
    again: Collection[str] | None = None, before: Mapping[str, Rollup] | None = None,
) -> Iterator[tuple[str, Rollup]]:  # fmt: skip
    """Every unit's sum over itself and all below it, the lowest offices first; units with nothing to show are left out.

    ``units`` come parents before children; ``below``: of ``children_of``. Of units that have nobody below them no sum
    is kept: a country's take a gigabyte. ``again``: of these offices and what is right below them only; ``before``
    tells the sums of the others.
    """
    sums = dict(before or {})
    if again is not None:
        offices = _deepest_first(units, again)
    else:
        offices = [code for code in reversed(list(units)) if code in below]
        alone = [code for code, unit in units.items() if unit.parent not in units and code not in below]
        yield from ((code, added(parts)) for code, parts in own_of(alone).items())
    for some in batches(offices, lambda code: 1 + len(below[code]), most=_AT_A_TIME, full=_AT_A_TIME):
        own = own_of([each for code in some for each in (code, *below[code]) if each == code or each not in below])
        for code in some:
            lowest = {each: added(own[each]) for each in below[code] if each in own and each not in below}
            yield from lowest.items()
            children = (lowest.get(each) or sums.get(each) for each in below[code])
            parts = [*own.get(code, ()), *(each for each in children if each is not None)]
            sums.pop(code, None)
            if parts:
                sums[code] = added(parts)
                yield code, sums[code]


def _deepest_first(units: Mapping[str, CampaignUnit], codes: Iterable[str]) -> list[str]:
    def depth(code: str) -> int:
        parent = units[code].parent
        return 1 + depth(parent) if parent is not None and parent in units else 0

    return sorted(codes, key=depth, reverse=True)


def children_of(units: Mapping[str, CampaignUnit]) -> dict[str, list[str]]:
    """In the order of the units; nothing for a unit without any."""
    below: dict[str, list[str]] = {}
    for code, unit in units.items():
        if unit.parent is not None and unit.parent in units:
            below.setdefault(unit.parent, []).append(code)
    return below


def offices_over(
    units: Mapping[str, CampaignUnit], below: Mapping[str, Sequence[str]], changed: Iterable[str]
) -> set[str]:
    """Whose sums change where these units' own has: those of them that are offices, and all above."""
    found: set[str] = set()
    for code in changed:
        line: str | None = code
        while line is not None and line in units and line not in found:
            if line in below:
                found.add(line)
            line = units[line].parent
    return found


def digest(rollups: Mapping[str, Rollup]) -> str:
    """Of their JSON, sorted: the same figures give the same hash, whatever order they were added in."""
    return digest_of((code, text_of(rollups[code])) for code in sorted(rollups))


def digest_of(texts: Iterable[tuple[str, str]]) -> str:
    """As ``digest``, of texts sorted by unit, one by one: a whole province's take hundreds of megabytes."""
    hashed = hashlib.sha256(b"{")
    for number, (code, text) in enumerate(texts):
        hashed.update(f"{', ' * (number > 0)}{_sorted_json(code)}: {text}".encode())
    hashed.update(b"}")
    return hashed.hexdigest()


def text_of(rollup: Rollup) -> str:
    """What is hashed, and what is stored when it is frozen: the JSON of ``as_data``, keys sorted, as ``json`` has it.

    The numbers are written here, each key encoded once: ``json`` takes twice as long, which was a fifth of a freeze.
    """
    coverage, missing = _sorted_json(vars(rollup.coverage)), _sorted_json(rollup.missing_units)
    answered, figures = _numbers_json(rollup.answered), _numbers_json(rollup.figures)
    return f'{{"answered": {answered}, "coverage": {coverage}, "figures": {figures}, "missing_units": {missing}}}'


_sorted_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


def _numbers_json(numbers: Mapping[str, Number]) -> str:
    parts = [
        f"{_key_json(key)}: {number if type(number) is int else _sorted_json(number)}"  # a truth is not written 1
        for key, number in sorted(numbers.items())
    ]
    return f"{{{', '.join(parts)}}}"


@lru_cache(10_000)
def _key_json(key: str) -> str:
    return str(_sorted_json(key))
