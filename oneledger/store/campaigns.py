"""Campaigns as launched: the definition, its forms and its units are frozen."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from sys import intern
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, update

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign
from oneledger.domain.errors import RefusedError
from oneledger.domain.forms import Form
from oneledger.domain.sampling import Draw
from oneledger.domain.units import Contact
from oneledger.store import schema as t
from oneledger.store.database import insert_new


class Launched(NamedTuple):
    campaign: Campaign
    forms: dict[str, Form]  # by reference, "ledger-v1"; the cover among them
    token_key: bytes
    armed_at: datetime
    is_paused: bool


def launch(
    connection: Connection, campaign: Campaign, forms: dict[str, Form], *,
    units: Iterable[CampaignUnit], digest: str, at: datetime, by: str, mails: int, token_key: bytes,
) -> bool:  # fmt: skip
    """False where it was launched before: then nothing is changed."""
    row = {
        "id": campaign.campaign,
        "definition": campaign.model_dump(mode="json"),
        "forms": {name: form.model_dump(mode="json") for name, form in forms.items()},
        "digest": digest,
        "armed_at": at,
        "armed_by": by,
        "mails_planned": mails,
        "token_key": token_key,
        "is_paused": False,
    }
    if not insert_new(connection, t.campaign, [row]):
        return False
    insert_new(connection, t.campaign_unit, [_unit_row(campaign.campaign, unit) for unit in units])
    return True


def _unit_row(campaign: str, unit: CampaignUnit) -> dict[str, Any]:
    row = asdict(unit)
    row["position"] = row.pop("order")
    return row | {"campaign": campaign, "contacts": list(row["contacts"])}


def launched(connection: Connection, name: str) -> Launched:
    """Raises RefusedError where the campaign was never armed."""
    found = connection.execute(select(t.campaign).where(t.campaign.c.id == name)).one_or_none()
    if found is None:
        raise RefusedError([f"campaign {name} is not armed: run `oneledger plan {name}`, then `oneledger arm {name}`"])
    forms = {reference: Form.model_validate(data) for reference, data in found.forms.items()}
    return Launched(
        Campaign.model_validate(found.definition), forms, found.token_key, found.armed_at, bool(found.is_paused)
    )


def names(connection: Connection) -> list[str]:
    return list(connection.execute(select(t.campaign.c.id).order_by(t.campaign.c.id)).scalars())


def first_armed(connection: Connection) -> datetime | None:
    at: datetime | None = connection.execute(
        select(func.min(t.campaign.c.armed_at, type_=t.campaign.c.armed_at.type))
    ).scalar_one()
    return at


def workbooks(connection: Connection) -> dict[str, list[str]]:
    """The deliverables of each campaign that are workbooks; campaigns in the order in which they were armed."""
    rows = connection.execute(select(t.campaign.c.id, t.campaign.c.definition).order_by(t.campaign.c.armed_at))
    return {
        name: [each["deliverable"] for each in definition["deliverables"] if each["kind"] == "workbook"]
        for name, definition in rows
    }


def pause(connection: Connection, name: str, *, is_paused: bool) -> None:
    connection.execute(update(t.campaign).where(t.campaign.c.id == name).values(is_paused=is_paused))


def is_paused(connection: Connection, name: str) -> bool:
    return bool(connection.execute(select(t.campaign.c.is_paused).where(t.campaign.c.id == name)).scalar_one())


def units(connection: Connection, name: str) -> dict[str, CampaignUnit]:
    """By code, in administrative order."""
    c = t.campaign_unit.c
    rows = connection.execute(select(t.campaign_unit).where(c.campaign == name).order_by(c.position))
    return {each.code: each for each in map(_as_unit, rows)}


def _as_unit(row: Any) -> CampaignUnit:
    """Words that many units share are kept once: a country has 210,000 units, in every process."""
    parent = intern(row.parent) if row.parent else row.parent
    return CampaignUnit(
        intern(row.code), row.name, intern(row.level), parent, intern(row.stage), row.position, intern(row.county),
        tuple(_as_contact(each) for each in row.contacts), bool(row.has_incidents), row.exempt_reason,
        intern(row.kind),
    )  # fmt: skip


def _as_contact(told: dict[str, Any]) -> Contact:
    return Contact(**{**told, "role": intern(told.get("role", ""))})


def record_draw(connection: Connection, campaign: str, drawn: Draw, at: datetime) -> Draw:
    """The first draw of a plan stands; a later one is not looked at."""
    row = {
        "campaign": campaign,
        "plan": drawn.plan,
        "seed": drawn.seed,
        "drawn_at": at,
        "units": [list(pair) for pair in drawn.units],
    }
    insert_new(connection, t.draw, [row])
    return draw_of(connection, campaign, drawn.plan) or drawn


def draw_of(connection: Connection, campaign: str, plan: str) -> Draw | None:
    """As recorded; None before it was drawn."""
    c = t.draw.c
    kept = connection.execute(select(t.draw).where(c.campaign == campaign, c.plan == plan)).one_or_none()
    return Draw(kept.plan, kept.seed, tuple((code, stratum) for code, stratum in kept.units)) if kept else None


def digest(connection: Connection, name: str) -> str:
    """Of the definition it runs by. Raises RefusedError where the campaign was never armed."""
    found = connection.execute(select(t.campaign.c.digest).where(t.campaign.c.id == name)).scalar_one_or_none()
    if found is None:
        raise RefusedError([f"campaign {name} is not armed: run `oneledger plan {name}`, then `oneledger arm {name}`"])
    return str(found)


def mark_incidents(connection: Connection, name: str, codes: Iterable[str]) -> list[str]:
    """Units are looked back at from now on; those that were not before are returned.

    The digest changes, so that every process reads the campaign's units anew.
    """
    c = t.campaign_unit.c
    unmarked = select(c.code).where(c.campaign == name, c.has_incidents.is_(False)).order_by(c.position)
    wanted = set(codes)
    fresh = [code for code in connection.execute(unmarked).scalars() if code in wanted]
    for code in fresh:
        mine = (c.campaign == name, c.code == code)
        connection.execute(update(t.campaign_unit).where(*mine).values(has_incidents=True))
    if fresh:
        again = sha256(f"{digest(connection, name)} {' '.join(fresh)}".encode()).hexdigest()
        connection.execute(update(t.campaign).where(t.campaign.c.id == name).values(digest=again))
    return fresh
