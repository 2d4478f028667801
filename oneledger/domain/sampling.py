"""Inspection samples: recorded and reproducible from seed, plan and the frozen list of units (001-26, 004-C10)."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import SamplingPlan, Stratum

INCIDENTS = "incidents"
_ABOVE_COUNTIES = ("ministry", "province", "city")


@dataclass(frozen=True)
class Draw:
    """The drawn units, each with why it was drawn: a county's code, a stratum's title, or ``incidents``."""

    plan: str
    seed: int
    units: tuple[tuple[str, str], ...]  # (unit code, stratum), in order of code


def draw(plan: SamplingPlan, units: Iterable[CampaignUnit]) -> Draw:
    """Of each city's counties the plan's share (rounded up), of each county so many schools, its strata first.

    Schools without a county above them form a stratum of their collector. Same plan, seed and units: same draw.
    """
    everyone = {unit.code: unit for unit in units}
    schools = [unit for unit in everyone.values() if unit.level == "school" and not unit.exempt_reason]
    schools.sort(key=lambda unit: unit.code)
    by_county: dict[str, list[CampaignUnit]] = {}
    for school in schools:
        by_county.setdefault(school.county, []).append(school)
    direct = [] if plan.direct_schools is None else [code for code in sorted(by_county) if _is_above(everyone, code)]
    counties = [code for code in sorted(by_county) if code not in direct]
    drawn: dict[str, str] = {}
    for city in _by_city(counties, everyone):
        dice = random.Random(f"{plan.seed}:{plan.plan}:{city[0]}")
        share = max(math.ceil(len(city) * plan.county_share), plan.least_counties)
        for county in sorted(dice.sample(city, min(share, len(city)))):
            drawn |= dict.fromkeys(_of_county(plan, by_county[county], dice), county)
    for office in direct:
        dice = random.Random(f"{plan.seed}:{plan.plan}:direct:{office}")
        drawn |= dict.fromkeys(_some(by_county[office], plan.direct_schools or 0, dice), office)
    drawn |= _lacking(plan, schools, drawn)
    if plan.always_with_earlier_incidents:
        drawn |= {school.code: drawn.get(school.code, INCIDENTS) for school in schools if school.has_incidents}
    return Draw(plan.plan, plan.seed, tuple(sorted(drawn.items())))


def _of_county(plan: SamplingPlan, schools: Sequence[CampaignUnit], dice: random.Random) -> list[str]:
    """Each stratum's number, then any schools until the county has as many as it must."""
    chosen: list[str] = []
    for stratum in plan.strata:
        theirs = [school for school in schools if is_of(stratum, school) and school.code not in chosen]
        chosen += _some(theirs, stratum.per_county, dice)
    rest = [school for school in schools if school.code not in chosen]
    return [*chosen, *_some(rest, plan.schools_per_county - len(chosen), dice)]


def _some(schools: Sequence[CampaignUnit], number: int, dice: random.Random) -> list[str]:
    codes = [school.code for school in schools]
    return dice.sample(codes, max(0, min(number, len(codes))))


def is_of(stratum: Stratum, school: CampaignUnit) -> bool:
    return (not stratum.stages or school.stage in stratum.stages) and (
        not stratum.kinds or school.kind in stratum.kinds
    )


def _lacking(plan: SamplingPlan, schools: Sequence[CampaignUnit], drawn: Mapping[str, str]) -> dict[str, str]:
    """Where a stratum has fewer in the whole sample than it must: more, from the counties drawn before any other."""
    more: dict[str, str] = {}
    visited = set(drawn.values())
    for stratum in plan.strata:
        dice = random.Random(f"{plan.seed}:{plan.plan}:least:{stratum.stratum}")
        theirs = [school for school in schools if is_of(stratum, school)]
        free = [school for school in theirs if school.code not in drawn and school.code not in more]
        lacking = stratum.least - (len(theirs) - len(free))
        near = [school for school in free if school.county in visited]
        far = [school for school in free if school.county not in visited]
        chosen = _some(near, lacking, dice)
        chosen += _some(far, lacking - len(chosen), dice)
        more |= dict.fromkeys(chosen, stratum.stratum)
    return more


def _is_above(units: Mapping[str, CampaignUnit], code: str) -> bool:
    """Whether schools grouped under this code are directly under a city or higher."""
    return code in units and units[code].level in _ABOVE_COUNTIES


def _by_city(counties: Iterable[str], units: Mapping[str, CampaignUnit]) -> list[list[str]]:
    cities: dict[str, list[str]] = {}
    for county in counties:
        cities.setdefault(_city_of(county, units), []).append(county)
    return list(cities.values())


def _city_of(county: str, units: Mapping[str, CampaignUnit]) -> str:
    if _is_above(units, county):
        return county
    parent = units[county].parent if county in units else None
    return parent or county[:4]  # GB/T 2260: the first four digits name the city
