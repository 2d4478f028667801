"""At a report-by date: every office's workbook and report, made of the frozen figures and mailed."""

from typing import Annotated

from prefect import flow, unmapped
from pydantic import Field

from flows.running import AsOf, CampaignId, finished, labels, moment, run_name
from tasks.apart import pack_runner, shared_out
from tasks.picturing import show_reports
from tasks.publishing import report_pack, units_to_report

MilestoneKey = Annotated[str, Field(description="定稿节点，如 deploy-0319")]


@flow(name="publish", flow_run_name=run_name, log_prints=True, task_runner=pack_runner())
def publish(campaign_id: CampaignId, milestone: MilestoneKey, as_of: AsOf = None) -> int:
    """Says how many offices got a report. Offices that have theirs are not touched again."""
    at = moment(as_of)
    work, is_many = shared_out(units_to_report(campaign_id, milestone), least=10)
    names = labels(campaign_id, work)
    futures = report_pack.map(
        unmapped(campaign_id), unmapped(milestone), work, unmapped(at), names,
        is_one_of_many=unmapped(is_many),
    )  # fmt: skip
    made: int = sum(finished(futures))
    if made:
        show_reports(campaign_id, milestone)
    return made
