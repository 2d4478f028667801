"""Units that no mail reaches any more: the office above them is asked for the right address, once for each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from oneledger.domain import tokens
from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.bouncing import dead_mark, diagnosis, list_mark
from oneledger.domain.notices import Key, Notice, common_context
from oneledger.store import contacts, outbox
from oneledger.store.contacts import ContactEvent
from oneledger.store.outbox import OutboxRow
from tasks.office import Running
from tasks.trees import tree_of

Told = dict[tuple[str, str], str]  # (unit, address): what the mail system said last


def reachable_office(here: Running, unit: CampaignUnit) -> CampaignUnit | None:
    return next((above for above in here.ancestors(unit.code) if above.living), None)


def ask_offices(here: Running, connection: Connection, as_of: datetime) -> None:
    """One request to each office for all units of which it was not asked yet."""
    here = tree_of(here, connection, as_of)
    asked = contacts.wanted(connection, here.name)
    lost = [unit for unit in here.units.values() if unit.is_unreachable and (unit.code, dead_mark(unit)) not in asked]
    by_office: dict[str, list[CampaignUnit]] = {}
    for unit in lost:
        above = reachable_office(here, unit)
        if above is not None:
            by_office.setdefault(above.code, []).append(unit)
    events = contacts.of_campaign(connection, here.name) if by_office else []
    told = {(event.unit, event.address): event.reason for event in events if event.deed == "bounced"}
    for code, units in by_office.items():
        outbox.plan(connection, [_request(here, here.units[code], units, told, as_of)])
        contacts.record(connection, [_wanted(here.name, unit, code, as_of) for unit in units])


def _wanted(name: str, unit: CampaignUnit, office_code: str, as_of: datetime) -> ContactEvent:
    return ContactEvent(
        name, unit.code, unit.address, "wanted", as_of, "oneledger", "没有可以送达的邮箱", dead_mark(unit),
        detail={"asked": office_code},
    )  # fmt: skip


def _request(here: Running, to: CampaignUnit, units: Sequence[CampaignUnit], told: Told, as_of: datetime) -> OutboxRow:
    phase = phase_at(here, as_of)
    context = common_context(here.campaign, here.campaign.phase(phase), to, None, here.office.mail.sender.name)
    context["lost"] = [
        {"code": unit.code, "name": unit.name, "addresses": list(_diagnosed(unit, told))}
        for unit in sorted(units, key=lambda each: each.order)
    ]
    key = Key(here.name, phase, to.code, "contacts", Notice.ADDRESS_WANTED, list_mark(units))
    token = here.token(tokens.unit_number(to.code), tokens.TokenKind.CONTACT)
    return here.letter(key, context, to, as_of, answer_token=token)


def _diagnosed(unit: CampaignUnit, told: Told) -> Iterable[dict[str, str]]:
    for contact in unit.contacts:
        words = told.get((unit.code, contact.email.lower()), "")
        yield {"email": contact.email, "name": contact.name, "why": diagnosis(words)}


def phase_at(here: Running, as_of: datetime) -> str:
    """The phase that opened last, else the first."""
    today = as_of.astimezone(here.zone).date()
    begun = [phase for phase in here.campaign.phases if phase.opens_on and phase.opens_on <= today]
    return (begun or here.campaign.phases[:1])[-1].phase
