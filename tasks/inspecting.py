"""What inspectors see of a unit before they go there: its own self-check beside their list."""

from typing import Any

from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Form
from oneledger.domain.scoring import printed_rows
from oneledger.store import submissions
from tasks.office import Running


def selfcheck_beside(here: Running, form: Form, unit: str) -> list[dict[str, Any]]:
    """The rows to print in an inspection form, from the unit's last accepted self-check; none where it has none."""
    agreement = form.agreement
    own = next((each for each in here.forms.values() if agreement and each.form == agreement.form), None)
    if own is None or own.table is None:
        return []
    with here.office.store.read() as connection:
        returned = submissions.accepted_of_unit(connection, here.name, unit)
    told = [kept.ledgers[own.form] for kept in returned if own.form in kept.ledgers]
    rows = [row["values"] for row in told[-1]["rows"]] if told else []
    return printed_rows(form, rows, own.table.key)


def joint_bodies(campaign: Campaign, deliverable: str) -> str:
    """Who is to inspect together, as the deliverable's sampling plan says; empty where it was not sampled."""
    plan = campaign.deliverable(deliverable).respondents.sample
    return "、".join(next((each.joint_bodies for each in campaign.samples if each.plan == plan), ()))
