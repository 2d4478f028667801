"""The tree as it was at a moment: whoever is moved or merged in mid-campaign counts where
it belonged then (domain.md 4.3)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import NamedTuple, Protocol

from oneledger.domain.assignments import CampaignUnit, county_of
from oneledger.domain.forms import LEVELS

MOVING = ("moved", "merged")


class Change(Protocol):
    @property
    def unit(self) -> str: ...
    @property
    def kind(self) -> str: ...  # of MOVING; others leave the tree as it is
    @property
    def other(self) -> str: ...  # merged into, moved under
    @property
    def valid_from(self) -> date: ...


class Moved(NamedTuple):
    """A unit with all below it, from one office to another."""

    unit: str
    was_under: str
    now_under: str
    on: date


Tree = Mapping[str, CampaignUnit]


def tree_after(units: Tree, changes: Iterable[Change]) -> dict[str, CampaignUnit]:
    """In administrative order again, parents before children. ``changes``: in the order in which they were made.

    Whoever is neither moved nor below one is the same object as in ``units``: a country's take 50 MB a copy.
    """
    parents = {each.unit: each.now_under for each in moved_units(units, changes)}
    placed = {**units, **{code: replace(units[code], parent=parent) for code, parent in parents.items()}}
    ordered = list(_downwards(placed))
    touched = set(parents)
    for code in ordered:  # those above come first
        if placed[code].parent in touched:
            touched.add(code)
    orders = _orders(units, ordered, touched)
    placed |= {code: replace(placed[code], order=orders[code], county=_county(placed, code)) for code in touched}
    return {code: placed[code] for code in ordered}


def _orders(units: Tree, ordered: Sequence[str], touched: Collection[str]) -> dict[str, float]:
    """Of those who come to stand between two who stay, or after the last."""
    found: dict[str, float] = {}
    came: list[str] = []
    before = -1.0
    for code in (*ordered, None):
        if code is not None and code in touched:
            came.append(code)
            continue
        after = before + 1 if code is None else units[code].order
        found |= {each: before + (after - before) * n / (len(came) + 1) for n, each in enumerate(came, 1)}
        came, before = [], after
    return found


def _county(units: Tree, code: str) -> str:
    """Who is moved is on the map and in the samples of its new county."""
    above = islice(_upwards(units, code), 1, None)
    return county_of(code, units[code].level, ((each, units[each].level) for each in above))


def moved_units(units: Tree, changes: Iterable[Change]) -> list[Moved]:
    """An office that is merged leaves its branch to the other; a school has none."""
    parents = {code: unit.parent for code, unit in units.items()}
    found = []
    for each in changes:
        gone = [each.unit] if each.kind == "moved" else []
        if each.kind == "merged":
            gone = [code for code, parent in parents.items() if parent == each.unit]
        for code in gone:
            found.append(Moved(code, parents[code] or "", each.other, each.valid_from))
            parents[code] = each.other
    return found


def _downwards(units: Tree) -> Iterator[str]:
    below: dict[str, list[str]] = {}
    tops: list[str] = []
    for code, unit in units.items():
        (below.setdefault(unit.parent, []) if unit.parent in units and unit.parent else tops).append(code)
    waiting = tops[::-1]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += reversed(below.get(code, ()))


def move_faults(units: Tree, unit: str, kind: str, other: str) -> list[str]:
    """``units``: as they stand before it."""
    if not other or other not in units or other == unit:
        return [f"{other or '（空）'}：名单里没有这个单位，请写并入或转到的单位代码"]
    into = units[other]
    is_school = units[unit].level == "school"
    if kind == "moved" and into.level == "school":
        return [f"{into.name}（{other}）是学校，不能管理其他单位"]
    if kind == "merged" and is_school != (into.level == "school"):
        return ["学校只能并入学校，机关只能并入机关"]
    if unit in _upwards(units, other):
        return [f"{into.name}（{other}）在{units[unit].name}之下，不能这样调整"]
    if kind == "moved" and LEVELS.index(into.level) >= LEVELS.index(units[unit].level):
        return [f"{into.name}（{other}）不比{units[unit].name}高一级，不能这样调整"]
    return []


def _upwards(units: Tree, code: str) -> Iterator[str]:
    above: str | None = code
    while above is not None and above in units:
        yield above
        above = units[above].parent


def told_of(moves: Sequence[Moved], units: Tree, office: str) -> str:
    """What the report of an office says of who left it and who came, in Chinese."""
    told = []
    for each in {each.unit: each for each in moves}.values():
        since = f"{units[each.unit].name}自{each.on.month}月{each.on.day}日起"
        if office == each.was_under != each.now_under:
            told.append(f"{since}改由{units[each.now_under].name}管理，不再计入本级。")
        if office == each.now_under != each.was_under:
            told.append(f"{since}转入本级管理，计入本级。")
    return "".join(told)
