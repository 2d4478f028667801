"""At each report-by date: freeze the figures, make every office's workbook and report, and mail them."""

from prefect import flow, unmapped
from tasks.publishing import freeze_due, report_pack, units_to_report

from flows.steps import AsOf, CampaignId, finished, labels, moment, run_name
from oneledger.domain.packs import packs


@flow(name="publish", flow_run_name=run_name, log_prints=True)
def publish(campaign_id: CampaignId, kind: str, as_of: AsOf = None) -> int:
    """Says how many offices got a report. A snapshot is frozen once; a late run freezes what was there in time."""
    at = moment(as_of)
    made = 0
    for milestone in freeze_due(campaign_id, kind, at):
        work = packs(units_to_report(campaign_id, milestone), least=10)
        names = labels(campaign_id, work)
        futures = report_pack.map(unmapped(campaign_id), unmapped(milestone), work, unmapped(at), names)
        made += sum(finished(futures))
    return made
