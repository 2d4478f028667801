"""集中整治: every school gets its own open problems back and tells how each was put right (004-A12, C4-C8)."""

from prefect import flow

from flows.publish import publish
from flows.steps import AsOf, CampaignId, bring, moment, phases_open, run_name
from oneledger.domain.campaigns import PhaseKind


@flow(name="rectify", flow_run_name=run_name, log_prints=True)
def rectify(campaign_id: CampaignId, as_of: AsOf = None) -> None:
    """Only units with open problems are asked for progress; a row can never vanish between two returns."""
    at = moment(as_of)
    for phase in phases_open(campaign_id, PhaseKind.RECTIFY, at):
        bring(campaign_id, phase, at)
    publish(campaign_id, PhaseKind.RECTIFY.value, at)
