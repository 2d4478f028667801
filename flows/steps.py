"""What every phase's flow does."""

from datetime import datetime

from prefect import unmapped

from flows.publish import publish
from flows.running import finished, labels
from oneledger.domain.campaigns import PhaseKind
from oneledger.domain.packs import packs
from tasks.apart import is_many
from tasks.asking import ask
from tasks.bringing import bring_phase, needs_a_look
from tasks.office import running
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
        made = packs(work.to_ask, least=100)
        ids = [[number for county in pack.values() for number in county] for pack in made]
        futures = ask.map(
            unmapped(campaign_id), ids, unmapped(as_of), labels(campaign_id, made),
            is_one_of_many=unmapped(is_many(len(made))),
        )  # fmt: skip
        finished(futures)
        for wanted in work.to_sign:
            ask_signatures(campaign_id, wanted, as_of)
        for milestone in work.to_publish:
            publish(campaign_id, milestone, as_of)


def ask_signatures(campaign_id: str, wanted: SignRound, as_of: datetime) -> None:
    made = packs({code: [code] for code in wanted.offices}, least=10)
    futures = sign_pack.map(
        unmapped(campaign_id), unmapped(wanted), made, unmapped(as_of), labels(campaign_id, made),
        is_one_of_many=unmapped(is_many(len(made))),
    )  # fmt: skip
    finished(futures)
