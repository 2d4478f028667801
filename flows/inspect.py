"""督导检查: a recorded sample is inspected, units with earlier incidents are looked back at (004-A13, C9, C10)."""

from prefect import flow

from flows.running import AsOf, CampaignId, moment, run_name
from flows.steps import bring
from oneledger.domain.campaigns import PhaseKind
from tasks.apart import pack_runner


@flow(name="inspect", flow_run_name=run_name, log_prints=True, task_runner=pack_runner())
def inspect(campaign_id: CampaignId, as_of: AsOf = None) -> None:
    """The sample is drawn once, at the first look; inspectors answer about the schools they visited."""
    bring(campaign_id, PhaseKind.INSPECT, moment(as_of))
