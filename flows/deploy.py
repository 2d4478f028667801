"""部署摸底: every unit returns its statistics, its self-check and its problem ledger (004-A11, C1-C3)."""

from prefect import flow

from flows.running import AsOf, CampaignId, moment, run_name
from flows.steps import bring
from oneledger.domain.campaigns import PhaseKind
from tasks.apart import pack_runner


@flow(name="deploy", flow_run_name=run_name, log_prints=True, task_runner=pack_runner())
def deploy(campaign_id: CampaignId, as_of: AsOf = None) -> None:
    """Ask everyone, remind by the ladder, freeze and publish at each report-by date."""
    bring(campaign_id, PhaseKind.DEPLOY, moment(as_of))
