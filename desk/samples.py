"""Who is inspected, and why: the recorded draw of a sampling plan, or what it would be."""

from typing import Any

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import SamplingPlan
from oneledger.domain.errors import RefusedError
from oneledger.domain.sampling import INCIDENTS, Draw, draw
from oneledger.store import campaigns
from tasks.launching import draft
from tasks.office import Running, office, running

_WHY = {INCIDENTS: "发生过事件，必查"}


def sample(name: str, plan: str = "") -> dict[str, Any]:
    """Of a campaign's only plan where none is named. Raises RefusedError where there is no such plan."""
    with office().store.read() as connection:
        is_armed = name in campaigns.names(connection)
    here = running(name) if is_armed else draft(name)
    chosen = _plan(here, plan)
    with here.office.store.read() as connection:
        recorded = campaigns.draw_of(connection, name, chosen.plan)
    drawn = recorded or draw(chosen, here.units.values())
    return {
        "campaign": name,
        "plan": chosen.plan,
        "seed": drawn.seed,
        "is_recorded": recorded is not None,
        "joint_bodies": list(chosen.joint_bodies),
        "schools": [_told(here, here.units[code], why) for code, why in _in_order(here, drawn)],
    }


def _plan(here: Running, name: str) -> SamplingPlan:
    plans = {each.plan: each for each in here.campaign.samples}
    if name in plans or (not name and len(plans) == 1):
        return plans[name] if name else next(iter(plans.values()))
    raise RefusedError([f"{here.name} has no sampling plan {name!r}: {', '.join(plans) or 'it has none'}"])


def _in_order(here: Running, drawn: Draw) -> list[tuple[str, str]]:
    known = [pair for pair in drawn.units if pair[0] in here.units]
    return sorted(known, key=lambda pair: here.units[pair[0]].order)


def _told(here: Running, unit: CampaignUnit, why: str) -> dict[str, str]:
    place = here.units.get(unit.county)
    is_of_county = why == unit.county
    return {
        "code": unit.code,
        "name": unit.name,
        "stage": unit.stage,
        "kind": unit.kind,
        "county": place.name if place else unit.county,
        "why": "随机抽取" if is_of_county else _WHY.get(why, f"补足“{why}”"),
    }
