"""Bring a phase to where it ought to be at a moment; what is work for many is returned, to be mapped."""

from dataclasses import dataclass
from datetime import datetime

from prefect import task

from tasks.asking import open_phase, units_to_ask
from tasks.publishing import freeze_due
from tasks.reminding import digest, remind
from tasks.retrying import STORE_RETRIES


@dataclass(frozen=True)
class PhaseWork:
    to_ask: dict[str, list[int]]  # county -> assignments without a mail
    to_publish: list[str]  # milestones whose reports are not all made


@task(task_run_name="bring-{phase}", **STORE_RETRIES)
def bring_phase(name: str, phase: str, as_of: datetime) -> PhaseWork:
    """Who owes what is written down; due reminders and digests are planned; due figures are frozen."""
    open_phase(name, phase, as_of)
    remind(name, phase, as_of)
    digest(name, phase, as_of)
    return PhaseWork(units_to_ask(name, phase), freeze_due(name, phase, as_of))
