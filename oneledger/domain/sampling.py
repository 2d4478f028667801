"""Inspection samples: recorded and reproducible from seed, plan and the frozen list of units (001-26, 004-C10)."""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import SamplingPlan


@dataclass(frozen=True)
class Draw:
    """The drawn units, with the stratum each came from: a county code, or ``incidents``."""

    plan: str
    seed: int
    units: tuple[tuple[str, str], ...]  # (unit code, stratum), in order of code


def draw(plan: SamplingPlan, units: Iterable[CampaignUnit]) -> Draw:
    """Strata are cities: of each city's counties the plan's share (rounded up), of each county so many schools.

    Schools without a county above them form a stratum of their collector. Same plan, seed and units: same draw.
    """
    schools = [unit for unit in units if unit.level == "school" and not unit.exempt_reason]
    schools.sort(key=lambda unit: unit.code)
    by_county: dict[str, list[str]] = {}
    for school in schools:
        by_county.setdefault(school.county, []).append(school.code)
    drawn: dict[str, str] = {}
    for counties in _by_city(by_county).values():
        dice = random.Random(f"{plan.seed}:{plan.plan}:{counties[0]}")
        share = math.ceil(len(counties) * plan.county_share)
        for county in sorted(dice.sample(counties, share)):
            codes = by_county[county]
            for code in dice.sample(codes, min(plan.schools_per_county, len(codes))):
                drawn[code] = county
    if plan.always_with_earlier_incidents:
        drawn |= {school.code: drawn.get(school.code, "incidents") for school in schools if school.has_incidents}
    return Draw(plan.plan, plan.seed, tuple(sorted(drawn.items())))


def _by_city(by_county: Mapping[str, list[str]]) -> dict[str, list[str]]:
    cities: dict[str, list[str]] = {}
    for county in sorted(by_county):
        cities.setdefault(county[:4], []).append(county)  # GB/T 2260: the first four digits name the city
    return cities
