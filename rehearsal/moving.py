"""Units that are moved or merged in mid-campaign: drawn from the seed, told to the operator, kept for the comparison.

The tree of a moment is worked out here without the pipeline's own moves (oneledger.domain.moves).
"""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cached_property
from itertools import pairwise

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.units import Level

Parents = Mapping[str, str | None]
ParentsAt = Callable[[datetime], Parents]

MIX: Mapping[str, int] = {"school moved": 2, "office moved": 1, "school merged": 1, "office merged": 1}
"""How many of each where the land has room for them; schools moved: so many in each two hundred."""
_PER_SCHOOLS = 200
_MOST = 40  # schools: as many as a province moves in half a year
_QUIET = timedelta(hours=4)  # since the look before: every officer's first word about it has come
_NOON = time(12)


@dataclass(frozen=True)
class Change:
    """``other``: the office it goes under, or the unit it is merged into."""

    at: datetime
    unit: str
    kind: str  # moved | merged
    other: str

    def as_line(self) -> dict[str, str]:
        return {"change": self.kind, "unit": self.unit, "other": self.other, "at": self.at.isoformat()}


@dataclass(frozen=True)
class _Tree(Mapping[str, str | None]):
    """As it was launched, but for those who were moved: a whole one for each change takes gigabytes for a country."""

    launched: Parents
    moved: Parents

    def __getitem__(self, unit: str) -> str | None:
        return self.moved[unit] if unit in self.moved else self.launched[unit]

    def __contains__(self, unit: object) -> bool:
        return unit in self.launched

    def __iter__(self) -> Iterator[str]:
        return iter(self.launched)

    def __len__(self) -> int:
        return len(self.launched)


@dataclass(frozen=True)
class History:
    """Whom each unit belonged to at which moment. ``changes``: in order of time."""

    launched: Parents
    changes: Sequence[Change] = ()
    _after: dict[int, Parents] = field(default_factory=dict, compare=False, repr=False)

    def parents_at(self, moment: datetime) -> Parents:
        count = sum(each.at <= moment for each in self.changes)
        if count not in self._after:
            moved: dict[str, str | None] = {}
            tree = _Tree(self.launched, moved)
            for each in self.changes[:count]:
                moved |= dict.fromkeys(_goes(tree, each), each.other)
            self._after[count] = tree
        return self._after[count]

    def parents_ever(self, unit: str) -> set[str]:
        later = self._moved_under.get(unit, set())
        first = self.launched[unit]
        return later | {first} if first else later

    @cached_property
    def _moved_under(self) -> Mapping[str, set[str]]:
        """Unit -> whom it came to be under by some change."""
        parents, found = dict(self.launched), dict[str, set[str]]()
        for each in self.changes:
            for unit in _goes(parents, each):
                found.setdefault(unit, set()).add(each.other)
                parents[unit] = each.other
        return found

    def excused_at(self, unit: str) -> datetime | None:
        """Who is merged into another owes nothing more."""
        return next((each.at for each in self.changes if (each.unit, each.kind) == (unit, "merged")), None)


def _goes(parents: Parents, change: Change) -> list[str]:
    if change.kind == "moved":
        return [change.unit]
    return [code for code, parent in parents.items() if parent == change.unit]


def rearranged(units: Mapping[str, CampaignUnit], parents: Parents) -> dict[str, CampaignUnit]:
    """In administrative order again: each unit, then all below it, in the order of the launch. Who stays where it was
    is the same object."""
    below: dict[str | None, list[str]] = {}
    for code in units:
        parent = parents[code]
        below.setdefault(parent if parent in units else None, []).append(code)

    def walk(above: str | None) -> Iterator[str]:
        for code in below.get(above, ()):
            yield code
            yield from walk(code)

    def county(code: str) -> str:
        if units[code].level != Level.SCHOOL:
            return units[code].county
        above = [each for each in _upwards(parents, code) if each in units][1:]
        return next((each for each in above if units[each].level == Level.COUNTY), above[0] if above else code)

    def placed(code: str) -> CampaignUnit:
        unit, where = units[code], (parents[code], county(code))
        return unit if (unit.parent, unit.county) == where else replace(unit, parent=where[0], county=where[1])

    return {code: placed(code) for code in walk(None)}


def drawn_changes(
    units: Mapping[str, CampaignUnit], moments: Sequence[datetime], seed: int, spared: Collection[str] = ()
) -> list[Change]:
    """``moments``: the looks of the campaign; a change is made in the morning of one, so that whatever was said about
    an earlier one has been heard. ``spared``: units that are left alone."""
    quiet = [at for before, at in pairwise(moments) if at - before > _QUIET and at.time() < _NOON]
    if not quiet:
        return []
    rng = random.Random(f"{seed}:moves")
    wanted = [kind for kind, count in MIX.items() for _ in range(_count(kind, count, units))]
    rng.shuffle(wanted)
    found: list[Change] = []
    touched = set(spared)
    for at, kind in zip(sorted(rng.choices(quiet, k=len(wanted))), wanted, strict=True):
        parents = History({code: unit.parent for code, unit in units.items()}, found).parents_at(at)
        if pair := _drawn(rng, units, parents, kind, touched):
            found.append(Change(at, pair[0], kind.rpartition(" ")[2], pair[1]))
            touched |= set(pair)
    return found


def _count(kind: str, count: int, units: Mapping[str, CampaignUnit]) -> int:
    schools = sum(unit.level == Level.SCHOOL for unit in units.values())
    return min(_MOST, count * max(1, schools // _PER_SCHOOLS)) if kind == "school moved" else count


def _drawn(
    rng: random.Random, units: Mapping[str, CampaignUnit], parents: Parents, kind: str, touched: Collection[str]
) -> tuple[str, str] | None:
    """Who, and under or into which unit: schools go to an office like their own; an office goes under another above its
    level, or into its like. A unit is drawn first, then its place: a province has a thousand million pairs."""
    who, what = kind.split()
    able = [
        code
        for code, unit in units.items()
        if code not in touched and parents[code] in units and unit.level != Level.PROVINCE
        and (unit.level == Level.SCHOOL) == (who == "school")
    ]  # fmt: skip
    rng.shuffle(able)
    for code in able:
        wanted = _levels_for(units, parents, code, what)
        fitting = [
            other
            for other, into in units.items()
            if into.level in wanted and other not in (code, parents[code]) and other not in touched
            and code not in _upwards(parents, other)
        ]  # fmt: skip
        if fitting:
            return code, rng.choice(fitting)
    return None


def _levels_for(units: Mapping[str, CampaignUnit], parents: Parents, code: str, what: str) -> Collection[str]:
    level = units[code].level
    if what == "merged":
        return {level}
    if level == Level.SCHOOL:
        return {units[parents[code] or ""].level}
    levels = [each.value for each in Level]
    return levels[: levels.index(level)]


def _upwards(parents: Parents, code: str) -> Iterator[str]:
    above: str | None = code
    while above is not None and above in parents:
        yield above
        above = parents[above]
