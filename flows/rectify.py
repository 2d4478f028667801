"""集中整治: every school gets its own open problems back and tells how each was put right (004-A12, C4-C8)."""

from prefect import flow

from flows.running import AsOf, CampaignId, moment, run_name
from flows.steps import bring
from oneledger.domain.campaigns import PhaseKind
from tasks.apart import pack_runner


@flow(name="rectify", flow_run_name=run_name, log_prints=True, task_runner=pack_runner())
def rectify(campaign_id: CampaignId, as_of: AsOf = None) -> None:
    """Only units with open problems are asked for progress; a row can never vanish between two returns."""
    bring(campaign_id, PhaseKind.RECTIFY, moment(as_of))
