"""补报: what came after the figures were frozen is told once a day to the offices above it, under a number."""

from prefect import flow

from flows.running import AsOf, CampaignId, moment, run_name
from tasks.supplementing import phases_to_supplement, supplement


@flow(name="supplement", flow_run_name=run_name, log_prints=True)
def add_supplements(campaign_id: CampaignId, as_of: AsOf = None) -> list[str]:
    """Says their keys. What was frozen stays as it was."""
    at = moment(as_of)
    return [key for phase in phases_to_supplement(campaign_id, at) if (key := supplement(campaign_id, phase, at))]
