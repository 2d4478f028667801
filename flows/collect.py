"""Take in the mail, judge every workbook, answer every school."""

from datetime import datetime

from prefect import flow, unmapped

from flows.running import EVERY, AsOf, CampaignId, finished, labels, moment, run_name
from oneledger.domain.packs import packs
from tasks.apart import is_many, pack_runner
from tasks.bounces import bounces_wait, follow_bounces
from tasks.incident_alarms import alarms_due, ring_clocks
from tasks.intake import armed_campaigns, take_in_mail
from tasks.leasing import alone
from tasks.office import office
from tasks.opened import ReviewTally
from tasks.quarantine import delete_originals, originals_overdue
from tasks.retention import erase_campaign, is_retention_over
from tasks.reviewing import review_pack


@flow(name="collect", flow_run_name=run_name, log_prints=True, task_runner=pack_runner())
def collect(campaign_id: CampaignId, as_of: AsOf = None) -> ReviewTally:
    """One bad county never holds up the others. ``*`` collects for every armed campaign."""
    at = moment(as_of)
    names = armed_campaigns() if campaign_id == EVERY else [campaign_id]
    total = ReviewTally.summed(tally for name in names for tally in _reviewed(name, at))
    if total.passed_on and len(names) > 1:  # to a campaign whose turn may have been before
        total = ReviewTally.summed([total, *(tally for name in names for tally in _reviewed(name, at))])
    return total


def _reviewed(name: str, at: datetime) -> list[ReviewTally]:
    with alone(office(), f"collect {name}") as is_mine:
        return _taken_and_reviewed(name, at) if is_mine else []


def _taken_and_reviewed(name: str, at: datetime) -> list[ReviewTally]:
    made = packs(take_in_mail(name, at))
    futures = review_pack.map(
        unmapped(name), made, unmapped(at), labels(name, made), is_one_of_many=unmapped(is_many(len(made)))
    )
    try:
        return finished(futures)
    finally:  # a county that failed holds up no clock
        if alarms_due(name, at):
            ring_clocks(name, at)
        if bounces_wait(name):
            follow_bounces(name, at)
        if originals_overdue(name, at):
            delete_originals(name, at)
        if is_retention_over(name, at):
            erase_campaign(name, at)
