"""Public copies: no hidden number can be worked out from the published ones (domain.md 3.6; issue 5, part E)."""

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

from hypothesis import example, given, settings, strategies as st

from oneledger.domain.suppression import Sum, determined, hidden_cells

THRESHOLD = 3


def table(rows):
    """Numbers of a table with its totals, and its sums along rows and columns."""
    high, wide = len(rows), len(rows[0])
    numbers = {(r, c): rows[r][c] for r in range(high) for c in range(wide)}
    numbers |= {(r, "all"): sum(rows[r]) for r in range(high)}
    numbers |= {("all", c): sum(row[c] for row in rows) for c in range(wide)}
    numbers["all", "all"] = sum(map(sum, rows))
    sums = [Sum((r, "all"), tuple((r, c) for c in range(wide))) for r in [*range(high), "all"]]
    sums += [Sum(("all", c), tuple((r, c) for r in range(high))) for c in [*range(wide), "all"]]
    return numbers, sums


def tables(most=9):
    return st.integers(2, 3).flatmap(
        lambda wide: st.lists(st.lists(st.integers(0, most), min_size=wide, max_size=wide), min_size=2, max_size=3)
    )


def subtractable(numbers, sums, hidden):
    """What a reader finds with pencil and paper: a sum with one unknown tells it, again and again."""
    unknown = set(hidden)
    found = True
    while found:
        found = [cell for each in sums if len(left := [c for c in each.cells if c in unknown]) == 1 for cell in left]
        unknown -= set(found)
    return set(hidden) - unknown


@given(tables(30))
def test_small_counts_are_hidden_and_subtraction_never_brings_one_back(rows):
    numbers, sums = table(rows)
    hidden = hidden_cells(numbers, sums, THRESHOLD)
    assert {cell for cell, number in numbers.items() if 0 < number < THRESHOLD} <= hidden
    assert (subtractable(numbers, sums, hidden), determined(sums, hidden)) == (set(), [])


@given(tables(4))
@example([[0, 0, 1], [0, 1, 3], [1, 3, 0]])  # told by three sums together; its own had nothing more to hide
@settings(max_examples=150, deadline=None)
def test_every_hidden_number_could_be_another(rows):
    """Tried out: whole tables that agree with all that is said, found without the module's own algebra."""
    numbers, sums = table(rows)
    hidden = hidden_cells(numbers, sums, THRESHOLD)
    inner = [(r, c) for r in range(len(rows)) for c in range(len(rows[0])) if (r, c) in hidden]
    if len(inner) > 6:
        return
    every = list(agreeing(numbers, hidden, rows))
    seen = {(r, c): {whole[r][c] for whole in every} for r, c in inner}
    assert [cell for cell, values in seen.items() if len(values) < 2] == []


def agreeing(numbers, hidden, rows):
    """Every table with numbers below 7 in place of the hidden ones whose published sums are as published."""
    possible = [
        [
            line
            for line in product(*(range(7) if (r, c) in hidden else [number] for c, number in enumerate(row)))
            if (r, "all") in hidden or sum(line) == numbers[r, "all"]
        ]
        for r, row in enumerate(rows)
    ]
    shown = [c for c in range(len(rows[0])) if ("all", c) not in hidden]
    for whole in product(*possible):
        columns = [sum(column) for column in zip(*whole, strict=True)]
        if [columns[c] for c in shown] == [numbers["all", c] for c in shown] and (
            ("all", "all") in hidden or sum(columns) == numbers["all", "all"]
        ):
            yield whole


@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=4), min_size=1, max_size=4))
def test_no_level_of_a_hierarchy_gives_another_away(cities):
    """A county's number cannot be had from its city's and the other counties', nor a city's from the province's."""
    numbers = {(c, n): number for c, city in enumerate(cities) for n, number in enumerate(city)}
    numbers |= {(c,): sum(city) for c, city in enumerate(cities)} | {(): sum(map(sum, cities))}
    sums = [Sum((c,), tuple((c, n) for n in range(len(city)))) for c, city in enumerate(cities)]
    sums.append(Sum((), tuple((c,) for c in range(len(cities)))))
    hidden = hidden_cells(numbers, sums, THRESHOLD)
    assert (subtractable(numbers, sums, hidden), determined(sums, hidden)) == (set(), [])


def test_the_smallest_other_part_is_hidden_beside_a_small_one_and_zeros_are_said():
    numbers, sums = {"all": 32, "a": 2, "b": 20, "c": 10, "d": 0}, [Sum("all", ("a", "b", "c", "d"))]
    assert hidden_cells(numbers, sums, THRESHOLD) == {"a", "c"}


def test_where_two_small_ones_tell_each_other_a_third_is_hidden():
    """1 + 1 = 2: who knows that hidden counts are at least 1 would know both."""
    assert hidden_cells({"all": 12, "a": 1, "b": 1, "c": 10}, [Sum("all", ("a", "b", "c"))], THRESHOLD) == set("abc")


def test_nothing_small_hides_nothing():
    numbers, sums = table([[3, 4], [0, 9]])
    assert hidden_cells(numbers, sums, THRESHOLD) == frozenset()


def test_several_sums_together_are_looked_through():
    """No single sum tells x, two do: (x + y) and (x - y)."""
    sums = [Sum("s", ("x", "y")), Sum("x", ("y", "d"))]
    assert set(determined(sums, {"x", "y"})) == {"x", "y"}


CHOOSE = """
from random import Random
from tests.test_suppression import Sum, hidden_cells, table
random = Random(3)
numbers, sums = table([[min(random.randint(0, 25), random.randint(0, 25)) for _ in range(6)] for _ in range(12)])
named = {str(cell): number for cell, number in numbers.items()}
sums = [Sum(str(each.total), tuple(map(str, each.parts))) for each in sums]
print(sorted(hidden_cells(named, sums, 3)))
"""


def test_the_same_figures_hide_the_same_cells_in_whatever_process():
    """Two copies that hide different cells could be laid side by side, and each would tell what the other hides."""
    root, told = Path(__file__).parents[1], set()
    for seed in "1234":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", CHOOSE]
        told.add(subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True).stdout)
    assert len(told) == 1
