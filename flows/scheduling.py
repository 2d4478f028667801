"""Milestones to come as scheduled runs: seen in advance, each under its own key, so twice is once."""

from datetime import UTC, datetime

from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from oneledger.domain.schedule import Milestone
from tasks.office import running
from tasks.shifting import milestones_of

DEPLOYMENT = "oneledger"


def schedule_milestones(name: str) -> int:
    """Says how many were scheduled. 0 where nothing is served: then whoever runs the looks is the clock."""
    here = running(name)
    now = datetime.now(UTC)
    kinds = {phase.phase: phase.kind.value for phase in here.campaign.phases}
    coming = [each for each in milestones_of(here) if each.at > now]
    try:
        for each in coming:
            _schedule(name, kinds[each.phase], each)
    except ObjectNotFound:
        return 0
    return len(coming)


def _schedule(name: str, kind: str, milestone: Milestone) -> None:
    """Figures are frozen by a whole look, which takes in the mail first; the rest is the phase's own flow.

    No ``as_of``: a run that starts late must see the world as it is then.
    """
    run_deployment(
        f"{'look' if milestone.kind == 'report' else kind}/{DEPLOYMENT}",
        parameters={"campaign_id": name},
        scheduled_time=milestone.at,
        idempotency_key=f"{name}-{milestone.key}",
        flow_run_name=f"{milestone.phase}-{milestone.kind}-{milestone.at:%m%d-%H%M} {milestone.title}",
        tags=[name, milestone.phase, milestone.kind],
        timeout=0,
        as_subflow=False,
    )
