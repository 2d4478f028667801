"""Send what is due: urgent answers first, bulk last, within the account's limits."""

from datetime import datetime

from prefect import flow

from flows.running import AsOf, is_made_good, moment, run_name
from oneledger.store import pulses
from tasks.auditing import seal_trail
from tasks.sending import SendTally, send_due
from tasks.watching import note_sent, note_silence, show_troubles


@flow(name="send", flow_run_name=run_name, log_prints=True)
def send(as_of: AsOf = None) -> SendTally:
    """A schedule's late run has nothing to do where a later one has sent."""
    if is_made_good(pulses.SEND, as_of):
        return SendTally()
    at = moment(as_of)
    note_silence(at)
    tally = send_due(at)
    tell_sent(tally, at)
    return tally


def tell_sent(tally: SendTally, at: datetime) -> None:
    """Whoever has sent: to the pulses, the pages, the trail and the run's log."""
    note_sent(tally, at)
    show_troubles(at)
    seal_trail(at)
    print(f"sent {tally.sent}, put off {tally.deferred}, refused {tally.failed}, unknown {tally.unknown}")  # noqa: T201
