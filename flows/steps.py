"""What every phase's flow does."""

from collections.abc import Mapping
from datetime import datetime

from prefect import Task, unmapped
from prefect.futures import PrefectFuture

from flows.publish import publish
from flows.running import finished, labels
from oneledger.domain.campaigns import PhaseKind
from tasks.apart import shared_out
from tasks.asking import ask
from tasks.bringing import bring_phase, needs_a_look
from tasks.office import running
from tasks.reminding import remind_pack
from tasks.sign_asking import sign_pack
from tasks.signing import SignRound


def phases_to_bring(campaign_id: str, kind: PhaseKind, as_of: datetime) -> list[str]:
    """Those that have opened and are not over: with several of a kind, one that is over is left as it ended."""
    here = running(campaign_id)
    today = as_of.astimezone(here.zone).date()
    return [
        phase.phase
        for phase in here.campaign.phases
        if phase.kind is kind
        and phase.opens_on is not None
        and phase.opens_on <= today
        and needs_a_look(campaign_id, phase.phase, as_of)
    ]


def bring(campaign_id: str, kind: PhaseKind, as_of: datetime) -> None:
    """Bring every open phase of a kind to where it ought to be: asked, reminded, its collectors told, its figures
    published. Twice is the same as once."""
    for phase in phases_to_bring(campaign_id, kind, as_of):
        work = bring_phase(campaign_id, phase, as_of)
        reminders = _mapped(remind_pack, campaign_id, work.to_remind, as_of, least=300)
        finished([*reminders, *_mapped(ask, campaign_id, work.to_ask, as_of, least=100)])
        for wanted in work.to_sign:
            ask_signatures(campaign_id, wanted, as_of)
        for milestone in work.to_publish:
            publish.fn(campaign_id, milestone, as_of)  # within this run: see ``look``


def _mapped(
    step: Task[..., int], campaign_id: str, work: Mapping[str, list[int]], as_of: datetime, *, least: int
) -> list[PrefectFuture[int]]:
    made, is_many = shared_out(work, least)
    ids = [[number for county in pack.values() for number in county] for pack in made]
    return list(
        step.map(
            unmapped(campaign_id), ids, unmapped(as_of), labels(campaign_id, made),
            is_one_of_many=unmapped(is_many),
        )
    )  # fmt: skip


AN_OFFICE, A_PACK = 40, 600
"""In units of a list: what any office's papers cost, and what is worth a task run."""


def ask_signatures(campaign_id: str, wanted: SignRound, as_of: datetime) -> None:
    """A city's papers hold the rows of all below it: few cities are as much work as many counties."""
    below = running(campaign_id).below
    made, is_many = shared_out(
        {code: [code] for code in wanted.offices}, A_PACK, lambda code: AN_OFFICE + sum(1 for _ in below(code))
    )
    futures = sign_pack.map(
        unmapped(campaign_id), unmapped(wanted), made, unmapped(as_of), labels(campaign_id, made),
        is_one_of_many=unmapped(is_many),
    )  # fmt: skip
    finished(futures)
