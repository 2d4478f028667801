"""Who must be told of an incident, as the campaign's own text says (001-10, 001-11, 004-A6, 004-B32, 004-B46)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign, ReportingLine
from oneledger.domain.expressions import compiled
from oneledger.domain.forms import Form

RANK = {"school": 0, "county": 1, "city": 2, "province": 3, "ministry": 4}
LEVEL_NAMES = {"county": "县级", "city": "市级", "province": "省级", "ministry": "教育部"}
MOMENTS = ("reported_at", "filed_at")  # that no report tells: our receipt of the first, our mail for the record


@dataclass(frozen=True)
class Route:
    """One office to tell. ``pass_on``: whom it must tell in turn, since they get no mail from us."""

    unit: str
    cases: tuple[str, ...]
    pass_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Routing:
    routes: Sequence[Route] = ()
    acts: frozenset[str] = frozenset()  # police, filing
    filed_with: str | None = None


def severity_code(campaign: Campaign, values: Mapping[str, Any]) -> int | None:
    """The national code of the campaign's own tier: 0 not bullying … 4 suspected crime (domain.md 3.3)."""
    return next((tier.code for tier in campaign.severity if tier.title == values.get("severity")), None)


def lines_that_apply(campaign: Campaign, values: Mapping[str, Any]) -> list[ReportingLine]:
    """A line about a fact that nobody told does not apply."""
    scope = {**values, "severity_code": severity_code(campaign, values)}
    return [line for line in campaign.reporting_lines if line.when and compiled(line.when).holds(scope)]


def office_for(level: str, about: str, ancestors: Sequence[CampaignUnit]) -> str | None:
    """The office of that level above a unit, or the next one above where the tree skips it; None: beyond the tree.

    ``ancestors``: nearest first. ``school`` is the unit itself.
    """
    if level == "school":
        return about
    return next((each.code for each in ancestors if RANK[each.level] >= RANK[level]), None)


def routing(campaign: Campaign, values: Mapping[str, Any], about: str, ancestors: Sequence[CampaignUnit]) -> Routing:
    """An office beyond the tree is told by the tree's top, which is asked to pass it on."""
    top = ancestors[-1].code if ancestors else about
    cases: dict[str, list[str]] = {}
    passed_on: dict[str, list[str]] = {}
    acts: set[str] = set()
    filed_with = None
    for line in lines_that_apply(campaign, values):
        acts |= set(line.acts)
        for level in line.notify:
            found = office_for(level, about, ancestors)
            if found is None:
                passed_on.setdefault(top, []).append("、".join(line.to))
            cases.setdefault(found or top, []).append(line.case)
            if "filing" in line.acts:
                filed_with = found or top
    order = [each.code for each in ancestors]
    routes = [
        Route(code, tuple(dict.fromkeys(cases[code])), tuple(dict.fromkeys(passed_on.get(code, ()))))
        for code in order
        if code in cases
    ]
    return Routing(routes, frozenset(acts), filed_with)


def faults(campaign: Campaign, form: Form) -> list[str]:
    """What the campaign's lines and clocks name that its incident form does not ask."""
    facts = {fact.key: fact.type for fact in form.facts}
    moments = {key for key, kind in facts.items() if kind == "datetime"} | set(MOMENTS)
    found = []
    for line in campaign.reporting_lines:
        strays = compiled(line.when).names - set(facts) - {"severity_code"} if line.when else set()
        found += [f"reporting_lines {line.case}: when names no fact {name!r}" for name in sorted(strays)]
    for clock in campaign.incident_clocks:
        strays = {*clock.starts, clock.stops} - moments
        found += [f"incident_clocks {clock.clock}: no moment {name!r}" for name in sorted(strays)]
    return found
