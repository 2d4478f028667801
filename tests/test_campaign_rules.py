"""Matching, numbering, packing, sampling, rolling up: the campaign's pure rules."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import SamplingPlan
from oneledger.domain.matching import Evidence, match
from oneledger.domain.packs import packs
from oneledger.domain.problems import CLOSED, NOT_STARTED, WITHDRAWN, numbered, printed_row, progressed
from oneledger.domain.returns import LedgerRow
from oneledger.domain.rolling import digest, own_rollup, text_of
from oneledger.domain.rollup import Coverage, Rollup, added, as_data
from oneledger.domain.sampling import draw
from tests.sums import summed

AT = datetime(2021, 3, 1, tzinfo=UTC)


def evidence(workbook=None, address=None, thread=None) -> Evidence:
    return Evidence(workbook, address, thread)


@pytest.mark.parametrize(("proof", "sender", "expected"), [
    (evidence(workbook=1, address=1), "a@x", (1, "certain")),
    (evidence(address=1), "a@x", (1, "certain")),
    (evidence(workbook=2, address=1), "a@x", (2, "certain")),  # the workbook decides which, the sender is entitled to it
    (evidence(workbook=2, address=1), "b@x", (2, "confirm")),  # a colleague's file: a person decides
    (evidence(workbook=1), "stranger@x", (1, "confirm")),  # T1: a token proves nobody
    (evidence(), "a@x", (None, "none")),  # From alone never accepts
])  # fmt: skip
def test_token_and_registered_sender_together_accept(proof, sender, expected):
    found = match(proof, sender, {"a@x"})
    assert (found.assignment, found.certainty) == expected


def row(line: int, description: str, **values) -> LedgerRow:
    return LedgerRow(line, {"description": description, **values})


def test_problem_numbers_are_given_once_and_never_reused():
    """domain.md 1.2 no. 2 and 1.3: a row that goes is withdrawn, its number is not given to another."""
    first = numbered("2121000001", 2021, 1, [row(9, "监控盲区"), row(10, "值班缺人")], [])
    assert [problem.problem_no for problem in first] == ["2121000001-2021-0001", "2121000001-2021-0002"]
    second = numbered("2121000001", 2021, 2, [row(9, "值班缺人"), row(10, "制度缺失")], first)
    assert [(problem.problem_no[-4:], problem.values["description"], problem.state) for problem in second] == [
        ("0001", "监控盲区", WITHDRAWN),
        ("0002", "值班缺人", NOT_STARTED),
        ("0003", "制度缺失", NOT_STARTED),
    ]


def test_two_equal_descriptions_are_two_problems():
    made = numbered("2121000001", 2021, 1, [row(9, "监控盲区"), row(10, "监控盲区")], [])
    again = numbered("2121000001", 2021, 2, [row(9, "监控盲区"), row(10, "监控盲区")], made)
    assert [problem.problem_no[-4:] for problem in again] == ["0001", "0002"]
    assert [problem.state for problem in again] == [NOT_STARTED, NOT_STARTED]


def test_progress_moves_the_state_and_is_printed_next_time():
    known = numbered("2121000001", 2021, 1, [row(9, "监控盲区")], [])
    told = progressed(
        [LedgerRow(8, {"problem_no": known[0].problem_no, "state": CLOSED, "progress": "已装"})], 2, known
    )
    assert [(problem.state, problem.is_open) for problem in told] == [(CLOSED, False)]
    assert printed_row(told[0])["progress"] == "已装"


@given(st.dictionaries(st.text("0123456789", min_size=6, max_size=6), st.lists(st.integers(), min_size=1, max_size=9)))
def test_packing_loses_nothing_and_splits_no_county(work):
    made = packs(work, least=5)
    assert {county: ids for pack in made for county, ids in pack.items()} == work
    assert all(sum(map(len, pack.values())) >= 5 for pack in made[:-1])


@given(st.lists(st.integers(1, 400), min_size=200, max_size=600))
def test_a_country_is_no_more_than_150_packs(sizes):
    """Issue 7: a sweep is at most 200 task runs, whatever its counties."""
    made = packs({f"{number:06}": [0] * size for number, size in enumerate(sizes)}, least=5)
    assert 1 <= len(made) <= 150


def test_offices_are_packed_by_the_units_below_them():
    """Issue 7: a city's papers are as much work as those of many counties."""
    below = {"210100": 9, "210102": 2, "210103": 2, "210104": 1}
    made = packs({code: [code] for code in below}, 5, below.__getitem__)
    assert [list(pack) for pack in made] == [["210100"], ["210102", "210103", "210104"]]


def school(code: str, county: str, has_incidents: bool = False) -> CampaignUnit:
    return CampaignUnit(code, code, "school", county, county=county, has_incidents=has_incidents)


def test_a_sample_is_reproducible_covers_a_third_of_the_counties_and_all_with_incidents():
    """001-26, C10, 004-A4."""
    schools = [
        school(f"{county}{n:02d}", county, n == 7)
        for county in ("210102", "210103", "210104", "210202")
        for n in range(9)
    ]
    plan = SamplingPlan(plan="p", seed=5, county_share=0.34, schools_per_county=2)
    drawn = draw(plan, schools)
    assert drawn == draw(plan, reversed(schools))
    by_stratum: dict[str, list[str]] = {}
    for code, stratum in drawn.units:
        by_stratum.setdefault(stratum, []).append(code)
    by_stratum.pop("incidents", None)
    assert sorted(county[:4] for county in by_stratum) == ["2101", "2101", "2102"]  # ceil(3 x 0.34) and ceil(1 x 0.34)
    assert {code for code, _ in drawn.units} >= {each.code for each in schools if each.has_incidents}
    assert draw(replace_seed(plan, 6), schools) != drawn


def replace_seed(plan: SamplingPlan, seed: int) -> SamplingPlan:
    return plan.model_copy(update={"seed": seed})


UNITS = {
    "21": CampaignUnit("21", "省", "province", None),
    "2101": CampaignUnit("2101", "市", "city", "21"),
    "210102": CampaignUnit("210102", "县", "county", "2101"),
    "s1": CampaignUnit("s1", "甲校", "school", "210102"),
    "s2": CampaignUnit("s2", "乙校", "school", "210102"),
    "s3": CampaignUnit("s3", "市直", "school", "2101"),
}


def returned(**figures: int) -> Rollup:
    return Rollup(figures, {"basics": 1}, Coverage(returned=1))


def test_each_figure_counts_exactly_once_at_every_level():
    missing = Rollup(coverage=Coverage(missing=1), missing_units=(("s2", "乙校"),))
    own = {
        "s1": [returned(a=1)],
        "s2": [missing],
        "s3": [returned(a=10)],
        "2101": [returned(a=100)],
        "210102": [returned(a=1000)],
    }
    totals = summed(UNITS, own)
    assert {code: rollup.figures.get("a") for code, rollup in totals.items()} == {
        "21": 1111, "2101": 1111, "210102": 1001, "s1": 1, "s2": None, "s3": 10,
    }  # fmt: skip
    assert totals["21"].coverage == Coverage(returned=4, missing=1)
    assert totals["21"].missing_units == (("s2", "乙校"),)


rollups = st.builds(
    Rollup,
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)),
    st.dictionaries(st.sampled_from("xy"), st.integers(0, 9)),
    st.builds(Coverage, *[st.integers(0, 3)] * 6),
)


@given(st.lists(rollups, max_size=6), st.integers(0, 6))
def test_adding_up_is_free_of_order_and_grouping(parts, cut):
    whole = added(parts)
    assert added([added(parts[:cut]), added(parts[cut:])]) == whole
    assert replace(added(parts[::-1]), missing_units=whole.missing_units) == whole


def test_the_digest_depends_on_figures_not_on_order():
    one, two = {"a": returned(x=1), "b": returned(x=2)}, {"b": returned(x=2), "a": returned(x=1)}
    assert digest(one) == digest(two)
    assert digest(one) != digest({"a": returned(x=1), "b": returned(x=3)})


COMES = {"is_exempt": False, "is_counted": False, "is_zero": False, "is_late": False, "in_correction": False}


@pytest.mark.parametrize(("told", "expected"), [
    ({}, Coverage(missing=1)),
    ({"in_correction": True}, Coverage(missing=1, in_correction=1)),
    ({"is_counted": True, "is_late": True, "in_correction": True}, Coverage(returned=1, late=1)),
    ({"is_counted": True, "is_zero": True}, Coverage(zero=1)),
    ({"is_exempt": True}, Coverage(exempt=1)),
])  # fmt: skip
def test_return_status_is_four_ways_never_two(told, expected):
    assert own_rollup("s1", "甲校", figures={}, forms=(), **{**COMES, **told}).coverage == expected


def test_a_rollup_is_kept_and_digested_as_all_that_it_is():
    """What is frozen stays as it was: a field left out would change no digest when it changes."""
    rollup = Rollup({"a.n": 3}, {"a": 2}, Coverage(returned=2, missing=1, late=1), (("1", "甲"),))
    assert as_data(rollup) == asdict(rollup)


numbers = st.integers() | st.floats(allow_nan=False) | st.booleans()


@given(
    st.dictionaries(st.text(max_size=9), numbers),
    st.dictionaries(st.text(max_size=5), st.integers()),
    st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3),
)
def test_what_is_hashed_and_frozen_is_the_sorted_json_of_all_that_a_rollup_is(figures, answered, missing):
    """What was frozen by any version proves itself by the same text (DESIGN: figures freeze)."""
    rollup = Rollup(figures, answered, Coverage(returned=1, missing=len(missing)), tuple(missing))
    assert text_of(rollup) == json.dumps(asdict(rollup), sort_keys=True, ensure_ascii=False)
