"""A unit counts under the office it had then (issue 5 B, done when 1; domain.md 4.3): schools and offices with their
branches are moved, merged and closed between the freezes, and every figure stands exactly once at every level."""

from copy import deepcopy
from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.moves import Moved, move_faults, moved_units, tree_after
from oneledger.domain.rollup import Coverage, Rollup
from tests.sums import summed


class Change(NamedTuple):
    unit: str
    kind: str
    other: str = ""
    valid_from: date = date(2021, 3, 15)


class Branches:
    """The independent small model: no tree, only who belongs to each unit's branch, itself among them."""

    def __init__(self, units: dict[str, CampaignUnit]) -> None:
        self.of = {code: {code} for code in units}
        for code in reversed(list(units)):
            if (parent := units[code].parent) is not None:
                self.of[parent] |= self.of[code]

    def move(self, gone: set[str], to: str) -> None:
        """``gone``: a whole branch."""
        for code, members in self.of.items():
            if code not in gone:
                self.of[code] = members - gone
        for code, members in self.of.items():
            if to in members:
                self.of[code] = members | gone

    def merge(self, office: str, to: str) -> None:
        below = self.of[office] - {office}
        self.of = {code: each if code in below else each - below for code, each in self.of.items()}
        self.of = {code: each | below if to in each and code not in below else each for code, each in self.of.items()}


@st.composite
def trees(draw) -> dict[str, CampaignUnit]:
    """Any depth, levels skipped, schools directly under any office; parents before children."""
    offices = {"r": CampaignUnit("r", "r", "province", None)}
    for number in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from(sorted(offices)))
        offices[f"o{number}"] = CampaignUnit(f"o{number}", "o", draw(st.sampled_from(["city", "county"])), parent)
    schools = {
        f"s{n}": CampaignUnit(f"s{n}", "s", "school", draw(st.sampled_from(sorted(offices))))
        for n in range(draw(st.integers(0, 12)))
    }
    every = {**offices, **schools}
    ordered: dict[str, CampaignUnit] = {}

    def walk(code: str) -> None:
        ordered[code] = every[code]
        for each in every.values():
            if each.parent == code:
                walk(each.code)

    walk("r")
    return ordered


@st.composite
def histories(draw) -> tuple[dict[str, CampaignUnit], list[tuple[int, dict[str, set[str]]]], list[Change]]:
    """A tree, its changes, and at some moments the branches as they must stand after so many changes."""
    units = draw(trees())
    book, changes, frozen = Branches(units), [], []
    offices = [code for code, unit in units.items() if unit.level != "school"]
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["moved", "merged", "closed", "freeze"]))
        unit = draw(st.sampled_from([code for code in units if code != "r"] or ["r"]))
        into = [code for code in offices if code not in book.of[unit]]
        if kind == "freeze" or unit == "r" or (kind == "merged" and unit not in offices) or not into:
            frozen.append((len(changes), deepcopy(book.of)))
        elif kind == "closed":
            changes.append(Change(unit, kind))
        else:
            to = draw(st.sampled_from(into))
            book.move(set(book.of[unit]), to) if kind == "moved" else book.merge(unit, to)
            changes.append(Change(unit, kind, to))
    return units, [*frozen, (len(changes), book.of)], changes


@settings(max_examples=200)
@given(histories(), st.data())
def test_a_figure_is_counted_exactly_once_at_every_level_under_the_office_it_had_then(history, data):
    """Each unit has a figure of its own, or is missing: every office holds those of its branch of that moment, each
    once, and no other; what an earlier snapshot held is worked out again from the changes until then."""
    units, moments, changes = history
    missing = data.draw(st.sets(st.sampled_from(sorted(units))))
    own = {code: [_own(code, is_missing=code in missing)] for code in units}
    for number, branches in moments:
        sums = summed(tree_after(units, changes[:number]), own)
        assert {code: dict(each.figures) for code, each in sums.items()} == {
            code: {f"own.{each}": 1 for each in branch - missing} for code, branch in branches.items()
        }
        assert {code: sorted(each for each, _ in sums[code].missing_units) for code in units} == {
            code: sorted(branch & missing) for code, branch in branches.items()
        }
        assert {code: sums[code].coverage.expected for code in units} == {
            code: len(branch) for code, branch in branches.items()
        }


def _own(code: str, *, is_missing: bool) -> Rollup:
    if is_missing:
        return Rollup(coverage=Coverage(missing=1), missing_units=((code, code),))
    return Rollup({f"own.{code}": 1}, {"f": 1}, Coverage(returned=1))


def small() -> dict[str, CampaignUnit]:
    rows = [("p", "province", None), ("c1", "city", "p"), ("x", "county", "c1"), ("s1", "school", "x"),
            ("c2", "city", "p"), ("y", "county", "c2"), ("s2", "school", "y")]  # fmt: skip
    return {code: CampaignUnit(code, code, level, parent, order=n) for n, (code, level, parent) in enumerate(rows)}


def test_the_units_stay_in_administrative_order():
    units = small()
    moved = tree_after(units, [Change("x", "moved", "c2"), Change("y", "merged", "x")])
    assert [(each.code, each.parent) for each in moved.values()] == [
        ("p", None), ("c1", "p"), ("c2", "p"), ("x", "c2"), ("s1", "x"), ("s2", "x"), ("y", "c2"),
    ]  # fmt: skip
    assert sorted(moved.values(), key=lambda each: each.order) == list(moved.values())
    assert [code for code in moved if moved[code] is not units[code]] == ["x", "s1", "s2"]
    assert moved_units(small(), [Change("y", "merged", "x")]) == [Moved("s2", "y", "x", date(2021, 3, 15))]


@pytest.mark.parametrize(("unit", "kind", "other", "fault"), [
    ("s1", "moved", "y", ""),
    ("x", "moved", "c2", ""),
    ("x", "merged", "y", ""),
    ("s1", "merged", "s2", ""),
    ("s1", "moved", "s2", "s2（s2）是学校，不能管理其他单位"),
    ("s1", "merged", "x", "学校只能并入学校，机关只能并入机关"),
    ("c1", "moved", "x", "x（x）在c1之下，不能这样调整"),
    ("c1", "merged", "x", "x（x）在c1之下，不能这样调整"),
    ("c1", "moved", "y", "y（y）不比c1高一级，不能这样调整"),
    ("s1", "moved", "z", "z：名单里没有这个单位，请写并入或转到的单位代码"),
])  # fmt: skip
def test_no_move_makes_a_ring_or_a_school_an_office(unit, kind, other, fault):
    assert move_faults(small(), unit, kind, other) == ([fault] if fault else [])
