"""Bring a phase to where it ought to be at a moment; what is work for many is returned, to be mapped."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from prefect import task

from oneledger.domain.schedule import milestones, report_milestones
from oneledger.domain.shifts import in_force
from oneledger.store import outbox, shifts, snapshots
from tasks.asking import open_phase, units_to_ask
from tasks.escalating import escalate, must_escalate
from tasks.extra_snapshots import draft_due
from tasks.office import Running, office, running
from tasks.publishing import freeze_due, lacks_reports
from tasks.reminding import digest, to_remind
from tasks.retrying import STORE_RETRIES
from tasks.signing import SignRound, sign_due


@dataclass(frozen=True)
class PhaseWork:
    to_ask: dict[str, list[int]]  # county -> assignments without a mail
    to_publish: list[str]  # milestones whose reports are not all made
    to_sign: list[SignRound]
    to_remind: dict[str, list[int]]  # county -> assignments a reminder is due about


def needs_a_look(name: str, phase: str, as_of: datetime) -> bool:
    """False once a phase is over and no list of overdue problems is due."""
    here = running(name)
    if not is_over(here, phase, as_of):
        return True
    with here.office.store.read() as connection:
        return must_escalate(here, connection, phase, as_of)


def is_over(here: Running, phase: str, as_of: datetime) -> bool:
    """Its last rung has passed and every office has its last report.

    Returns that come later are still taken in by ``collect``; of what goes out by itself, only the weekly lists of
    overdue problems go on.
    """
    calendar = here.office.calendar
    with here.office.store.read() as connection:
        shifted = in_force(shifts.of_campaign(connection, here.name))
    every = milestones(here.campaign, calendar, shifted)
    mine = [each for each in every if each.phase == phase and each.kind != "escalate"]
    last = max((each.at for each in mine), default=as_of)
    reports = report_milestones(here.campaign, phase, calendar, shifted)
    if as_of <= last + timedelta(days=1) or not reports:
        return False
    with here.office.store.read() as connection:
        frozen = snapshots.found(connection, here.name, reports[-1].key)
        return frozen is not None and not lacks_reports(here, connection, frozen)


def has_mail_to_send(as_of: datetime) -> bool:
    here = office()
    with here.store.read() as connection:
        return outbox.is_waiting(connection, as_of, here.mail.journal_name)


@task(task_run_name="bring-{phase}", **STORE_RETRIES)
def bring_phase(name: str, phase: str, as_of: datetime) -> PhaseWork:
    """Who owes what is written down; due digests are planned; due figures are frozen."""
    if is_over(running(name), phase, as_of):
        escalate(name, phase, as_of)
        return PhaseWork({}, [], [], {})
    open_phase(name, phase, as_of)
    reminders = to_remind(name, phase, as_of)
    digest(name, phase, as_of)
    escalate(name, phase, as_of)
    draft_due(name, phase, as_of)
    to_sign = sign_due(name, phase, as_of)
    return PhaseWork(units_to_ask(name, phase), freeze_due(name, phase, as_of), to_sign, reminders)
