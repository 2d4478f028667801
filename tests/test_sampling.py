"""Inspection samples by stage, kind and place (001-26, 004-A13, 004-C10)."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, strategies as st

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import SamplingPlan, Stratum
from oneledger.domain.sampling import draw
from tests.test_campaign_rules import school

STAGES = ("小学", "小学", "小学", "初中", "特教")


def mixed_schools(counties=("210102", "210103", "210202")) -> list[CampaignUnit]:
    """Ten schools a county: six primary, two middle, two special; every fifth is private; two right under the city."""
    schools = [
        replace(school(f"{county}{n:02d}", county), stage=STAGES[n % 5], kind="民办" if n % 5 == 1 else "")
        for county in counties
        for n in range(10)
    ]
    offices = [CampaignUnit(code, code, "city", None, county=code) for code in ("210100", "210200")]
    offices += [CampaignUnit(county, county, "county", f"{county[:4]}00", county=county) for county in counties]
    direct = [replace(school(f"2101009{n}", "210100"), stage="高中", kind="直属") for n in range(3)]
    return [*offices, *direct, *schools]


def drawn_by(plan: SamplingPlan, units: list[CampaignUnit]) -> list[tuple[CampaignUnit, str]]:
    known = {unit.code: unit for unit in units}
    return [(known[code], why) for code, why in draw(plan, units).units]


def test_strata_are_drawn_in_every_county_before_any_other_school():
    """001-26, C10: by stage and by kind."""
    plan = SamplingPlan(
        plan="p", seed=1, county_share=1, schools_per_county=4, direct_schools=0,
        strata=(Stratum(stratum="初中", stages=("初中",), per_county=1), Stratum(stratum="民办", kinds=("民办",), per_county=1)),
    )  # fmt: skip
    found = drawn_by(plan, mixed_schools())
    counted = Counter((unit.county, word) for unit, _ in found for word in {unit.stage, unit.kind} & {"初中", "民办"})
    for county in ("210102", "210103", "210202"):
        assert sum(unit.county == county for unit, _ in found) == 4
        assert counted[county, "初中"] >= 1
        assert counted[county, "民办"] >= 1


def test_schools_directly_under_a_city_are_drawn_by_a_number_of_their_own():
    """They take no county's place."""
    plan = SamplingPlan(plan="p", seed=1, county_share=0.5, schools_per_county=1, direct_schools=2)
    by_place = Counter(why for _, why in drawn_by(plan, mixed_schools()))
    assert by_place.pop("210100") == 2
    assert sorted(place[:4] for place in by_place) == ["2101", "2102"]


def test_a_city_gives_at_least_so_many_counties_as_far_as_it_has_them():
    plan = SamplingPlan(plan="p", seed=1, county_share=0.1, schools_per_county=1, least_counties=2, direct_schools=0)
    assert sorted(why for _, why in drawn_by(plan, mixed_schools())) == ["210102", "210103", "210202"]


def test_a_stratum_that_is_too_few_in_the_whole_is_made_up_from_visited_counties_first():
    plan = SamplingPlan(
        plan="p", seed=3, county_share=0.34, schools_per_county=1, direct_schools=0,
        strata=(Stratum(stratum="特教", stages=("特教",), least=5),),
    )  # fmt: skip
    found = drawn_by(plan, mixed_schools())
    special = [(unit.county, why) for unit, why in found if unit.stage == "特教"]
    visited = {why for _, why in found if why != "特教"}
    assert len(visited) == 2
    assert len(special) == 5
    assert sum(county in visited for county, _ in special) == 4  # all there are; the fifth from the county not visited
    assert (
        len(
            drawn_by(
                plan.model_copy(update={"strata": (Stratum(stratum="特教", stages=("特教",), least=99),)}),
                mixed_schools(),
            )
        )
        >= 6
    )


@given(st.integers(0, 99), st.integers(0, 4), st.integers(0, 6), st.floats(0.01, 1))
def test_the_same_plan_and_list_draw_the_same_schools_in_whatever_order_they_come(seed, per_county, least, share):
    plan = SamplingPlan(
        plan="p", seed=seed, county_share=share, schools_per_county=2, direct_schools=1,
        strata=(Stratum(stratum="小学", stages=("小学",), per_county=per_county, least=least),),
    )  # fmt: skip
    units = mixed_schools()
    assert draw(plan, units) == draw(plan, units[::-1])
    assert sum(unit.stage == "小学" for unit, _ in drawn_by(plan, units)) >= min(least, 18)
