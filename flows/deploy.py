"""部署摸底: every unit returns its statistics, its self-check and its problem ledger (004-A11, C1-C3)."""

from prefect import flow

from flows.publish import publish
from flows.steps import AsOf, CampaignId, bring, moment, phases_open, run_name
from oneledger.domain.campaigns import PhaseKind


@flow(name="deploy", flow_run_name=run_name, log_prints=True)
def deploy(campaign_id: CampaignId, as_of: AsOf = None) -> None:
    """Ask everyone, remind by the ladder, freeze and publish at each report-by date."""
    at = moment(as_of)
    for phase in phases_open(campaign_id, PhaseKind.DEPLOY, at):
        bring(campaign_id, phase, at)
    publish(campaign_id, PhaseKind.DEPLOY.value, at)
