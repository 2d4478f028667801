"""Plan and arm: what a launch would do, then the one deed that freezes it."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from prefect import task

from oneledger.domain.assignments import Assignment, CampaignUnit
from oneledger.domain.burden import burdens
from oneledger.domain.campaigns import Campaign, Deliverable
from oneledger.domain.errors import DefinitionError, RefusedError
from oneledger.domain.forms import Form
from oneledger.domain.incident_routes import faults as route_faults
from oneledger.domain.launch_plan import LaunchPlan, frozen_units, launch_plan
from oneledger.domain.schedule import due_at
from oneledger.domain.severity import fitted
from oneledger.domain.unit_tree import UnitTree
from oneledger.settings import COVER, Settings, load_campaign, load_form, load_outline
from oneledger.store import campaigns, snapshots, units
from tasks.office import Running, office


def load_definition(settings: Settings, name: str) -> tuple[Campaign, dict[str, Form]]:
    """The campaign with all its forms. Raises DefinitionError with every fault of every file."""
    campaign = load_campaign(settings.config, name, settings.overrides)
    references = sorted({COVER, *(form for each in campaign.deliverables for form in each.forms), *_incident(campaign)})
    forms, faults = {}, []
    for reference in references:
        try:
            forms[reference] = fitted(load_form(settings.config, reference), campaign)
        except DefinitionError as fault:
            faults += fault.faults
    for outline in sorted({phase.school_draft for phase in campaign.phases if phase.school_draft}):
        try:
            load_outline(settings.templates, outline)
        except DefinitionError as fault:
            faults += fault.faults
    for reference in set(_incident(campaign)) & set(forms):
        faults += [
            f"{settings.config}/campaigns/{name}.yaml: {each}" for each in route_faults(campaign, forms[reference])
        ]
    if faults:
        raise DefinitionError(faults)
    return campaign, forms


def _incident(campaign: Campaign) -> tuple[str, ...]:
    return (campaign.incident_form,) if campaign.incident_form else ()


def units_of(campaign: Campaign, exempt: Mapping[str, str]) -> dict[str, CampaignUnit]:
    """The campaign's tree as the list of units has it now. Raises RefusedError where there is none."""
    with office().store.read() as connection:
        known = units.all_units(connection)
    if not known:
        raise RefusedError(["no units: run `oneledger units import FILE` first"])
    tree = UnitTree(known)
    if campaign.root not in tree:
        raise RefusedError([f"the campaign's root {campaign.root} is not in the list of units"])
    frozen = {unit.code: unit for unit in frozen_units(tree, exempt)}
    wanted = {campaign.root, *(unit.code for unit in tree.descendants(campaign.root))}
    return {code: unit for code, unit in frozen.items() if code in wanted}


def draft(name: str) -> Running:
    """A campaign not launched yet, with a throw-away key: for samples that can answer nothing."""
    here = office()
    campaign, forms = load_definition(here.settings, name)
    return Running(here, campaign, forms, secrets.token_bytes(32), units_of(campaign, {}))


def sample_assignment(here: Running, deliverable: Deliverable, code: str) -> Assignment:
    due = due_at(here.campaign, deliverable, here.units[code].level, here.office.calendar)
    return Assignment(0, here.name, deliverable.phase, deliverable.deliverable, code, code, due, due)


@task(task_run_name="plan-{name}")
def make_plan(name: str, as_of: datetime, exempt: Mapping[str, str] | None = None) -> LaunchPlan:
    here = office()
    campaign, forms = load_definition(here.settings, name)
    today = as_of.astimezone(ZoneInfo(campaign.timezone)).date()
    plan = launch_plan(campaign, units_of(campaign, exempt or {}), here.calendar, here.mail.limits, today)
    return replace(plan, burdens=burdens(campaign, forms, forms[COVER]))


@task(task_run_name="arm-{name}")
def arm_campaign(
    name: str, as_of: datetime, *,
    typed_name: str, typed_mails: int, by: str, exempt: Mapping[str, str] | None = None,
) -> LaunchPlan:  # fmt: skip
    """Freeze definition, forms and units. Raises RefusedError with every reason; arming twice changes nothing."""
    here = office()
    campaign, forms = load_definition(here.settings, name)
    plan = make_plan.fn(name, as_of, exempt)
    reasons = list(plan.refusals)
    if typed_name not in (name, campaign.title):
        reasons.append(f"要启动请输入专项行动的名称 {name}；输入的是 {typed_name!r}")
    if typed_mails != plan.mails:
        reasons.append(f"要启动请输入将要发出的邮件数 {plan.mails}；输入的是 {typed_mails}")
    if reasons:
        raise RefusedError(reasons)
    definition = json.dumps(
        [campaign.model_dump(mode="json"), [form.model_dump(mode="json") for form in forms.values()]]
    )
    with here.store.write() as connection:
        fresh = campaigns.launch(
            connection, campaign, forms,
            units=units_of(campaign, exempt or {}).values(),
            digest=hashlib.sha256(definition.encode()).hexdigest(),
            at=as_of, by=by, mails=plan.mails, token_key=secrets.token_bytes(32),
        )  # fmt: skip
        if fresh:
            snapshots.record_event(connection, as_of, by, "armed", campaign=name, mails=plan.mails, units=plan.units)
    return plan


def plan_as_markdown(plan: LaunchPlan) -> str:
    """For the operators' window."""
    rows = [
        f"| {each.title} | {_day(each.opens_on)} | {each.mails} | {_day(each.last_day)} | {_day(each.first_due)} |"
        for each in plan.phases
    ]
    head = ["| 阶段 | 发出日 | 邮件数 | 发完日 | 最早截止 |", "|---|---|---|---|---|"]
    refusals = [f"- {reason}" for reason in plan.refusals] or ["无，可以启动。"]
    refusals += ["", "**请留意**", "", *(f"- {doubt}" for doubt in plan.doubts)] if plan.doubts else []
    cells = [
        f"| {each.title} | {each.level} | {each.required} | {each.if_it_applies} | {each.prefilled} |"
        for each in plan.burdens
    ]
    heads = ["| 报送材料 | 填报方 | 必填 | 视情况填 | 已预填 |", "|---|---|---|---|---|"]
    asked = ["", "**一个单位一份表格要填多少格**", "", *heads, *cells]
    count = f"共 {plan.units} 个单位；启动时请输入邮件数 **{plan.mails}**。"
    return "\n".join([count, "", *head, *rows, *asked, "", "**不能启动的原因**", "", *refusals])


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else "未定"
