"""The dead man's switch: one note to the operators for each time that collecting falls silent.

Where sending is what fell silent no note can go: the page of artifacts, `status` and `doctor` tell it.
"""

from datetime import datetime, timedelta

from prefect.artifacts import create_markdown_artifact

from oneledger.domain import health
from oneledger.domain.health import Level
from oneledger.domain.notices import Key, Notice, chinese_moment, common_context
from oneledger.store import campaigns, holding, outbox, pulses
from oneledger.store.outbox import OutboxRow
from tasks.office import Office, office, running
from tasks.sending import SendTally

_HOUR = timedelta(hours=1)


def note_sent(tally: SendTally, at: datetime) -> None:
    """The way to the server is open; also where there was nothing to send."""
    if not tally.stopped:
        with office().store.write() as connection:
            pulses.beat(connection, pulses.SEND, at)


def note_silence(at: datetime) -> bool:
    """An outage is named by the last success before it: its note is planned once, however often this is asked."""
    here = office()
    with here.store.read() as connection:
        last, names = pulses.last(connection).get(pulses.COLLECT), campaigns.names(connection)
    is_due = bool(here.mail.operators and names and last)
    if last is None or not is_due or not health.is_silent(last, at, timedelta(hours=here.mail.silent_hours)):
        return False
    letter = _note(names[0], last, at)
    with here.store.write() as connection:
        return bool(outbox.plan(connection, [letter]))


def _note(name: str, last: datetime, at: datetime) -> OutboxRow:
    here = running(name)
    campaign, mail = here.campaign, here.office.mail
    to, phase = here.units[campaign.root], campaign.phases[0]
    context = common_context(campaign, phase, to, None, mail.sender.name)
    context |= {"since_text": chinese_moment(last.astimezone(here.zone), campaign), "hours": round((at - last) / _HOUR)}
    key = Key(name, phase.phase, to.code, "collecting", Notice.SILENCE, f"{last:%Y%m%d%H%M%S}")
    return here.letter(key, context, to, at, address=mail.operators)


def troubles(here: Office, at: datetime) -> list[str]:
    """HOLD and silence, for whoever looks; nothing where all is well."""
    with here.store.read() as connection:
        held = holding.standing(connection)
    told = [] if held is None else [f"暂停发信（HOLD）：{held.reason}。核对后用 oneledger release 解除"]
    return told + silences(here, at)


def silences(here: Office, at: datetime) -> list[str]:
    """In HOLD nobody is expected to send."""
    most = timedelta(hours=here.mail.silent_hours)
    with here.store.read() as connection:
        last, held = pulses.last(connection), holding.standing(connection)
        waits = None if held else pulses.waits_since(connection, at)
    checks = [
        health.collecting(last.get(pulses.COLLECT), at, most),
        health.sending(last.get(pulses.SEND), waits, at, most),
    ]
    return [f"{each.words}。{each.mend}" for each in checks if each.level is Level.FAIL]


def show_troubles(at: datetime) -> None:
    """On the page of artifacts, only while there are any: its newest version says when it was last so."""
    found = troubles(office(), at)
    if found:
        create_markdown_artifact(
            "\n".join(f"* {each}" for each in found), key="health", description=f"需要处理（{at:%Y-%m-%d %H:%M} UTC）"
        )
