"""Take in the mail, judge every workbook, answer every school."""

from prefect import flow, unmapped

from flows.running import AsOf, CampaignId, finished, labels, moment, run_name
from oneledger.domain.packs import packs
from tasks.intake import take_in_mail
from tasks.reviewing import ReviewTally, review_pack


@flow(name="collect", flow_run_name=run_name, log_prints=True)
def collect(campaign_id: CampaignId, as_of: AsOf = None) -> ReviewTally:
    """One bad county never holds up the others; what has no token is looked at last, for whom it may concern."""
    at = moment(as_of)
    made = packs(take_in_mail(campaign_id, at))
    futures = review_pack.map(unmapped(campaign_id), made, unmapped(at), labels(campaign_id, made))
    return ReviewTally.summed(finished(futures))
