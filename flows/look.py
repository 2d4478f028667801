"""One look: whatever is due in a campaign, done. Scheduled looks, late looks and repeated looks end the same."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows.collect import collect
from flows.deploy import deploy
from flows.inspect import inspect
from flows.rectify import rectify
from flows.running import AsOf, CampaignId, StepsFailedError, moment, run_name
from flows.send import send
from flows.steps import phases_open
from oneledger.domain.campaigns import PhaseKind
from tasks.bringing import has_mail_to_send, needs_a_look
from tasks.picturing import show_progress


@flow(name="look", flow_run_name=run_name, log_prints=True)
def look(campaign_id: CampaignId, as_of: AsOf = None) -> None:
    """Answers come in before reminders go out, so nobody is reminded of what has just arrived."""
    at = moment(as_of)
    states: list[State] = [collect(campaign_id, at, return_state=True)]
    for kind, bring_kind in ((PhaseKind.DEPLOY, deploy), (PhaseKind.RECTIFY, rectify), (PhaseKind.INSPECT, inspect)):
        if any(needs_a_look(campaign_id, phase, at) for phase in phases_open(campaign_id, kind, at)):
            states.append(bring_kind(campaign_id, at, return_state=True))
    if has_mail_to_send(at):
        states.append(send(at, return_state=True))
    show_progress(campaign_id, at)
    faults = [f"{state.name}: {state.message}" for state in states if not state.is_completed()]
    if faults:
        raise StepsFailedError("; ".join(faults))
