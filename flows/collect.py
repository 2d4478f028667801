"""Take in the mail, judge every workbook, answer every school."""

from datetime import datetime

from prefect import flow, unmapped

from flows.running import EVERY, AsOf, CampaignId, finished, is_made_good, labels, moment, run_name
from oneledger.store import pulses
from tasks.apart import pack_runner, shared_out
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
    """One bad county never holds up the others. ``*`` collects for every armed campaign: the next run makes good what
    another is at. Whoever names one needs it done before he goes on: a look, before it reminds and freezes."""
    is_every = campaign_id == EVERY
    if is_every and is_made_good(pulses.COLLECT, as_of):
        return ReviewTally()
    at = moment(as_of)
    names = armed_campaigns() if is_every else [campaign_id]
    total = ReviewTally.summed(tally for name in names for tally in _reviewed(name, at, waits=not is_every))
    if total.passed_on and len(names) > 1:  # to a campaign whose turn may have been before
        again = (tally for name in names for tally in _reviewed(name, at, waits=False))
        total = ReviewTally.summed([total, *again])
    return total


def _reviewed(name: str, at: datetime, *, waits: bool) -> list[ReviewTally]:
    with alone(office(), f"collect {name}", waits=waits) as is_mine:
        return _taken_and_reviewed(name, at) if is_mine else []


def _taken_and_reviewed(name: str, at: datetime) -> list[ReviewTally]:
    made, is_many = shared_out(take_in_mail(name, at))
    futures = review_pack.map(unmapped(name), made, unmapped(at), labels(name, made), is_one_of_many=unmapped(is_many))
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
