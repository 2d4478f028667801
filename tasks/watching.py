"""The dead man's switch: whether collecting and sending still do their work."""

from datetime import datetime

from oneledger.store import pulses
from tasks.office import office
from tasks.sending import SendTally


def note_sent(tally: SendTally, at: datetime) -> None:
    """The way to the server is open; also where there was nothing to send."""
    if not tally.stopped:
        with office().store.write() as connection:
            pulses.beat(connection, pulses.SEND, at)
