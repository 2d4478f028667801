"""The clocks of incidents, looked at in every collection run: due alarms are planned once each, the latest only."""

from datetime import datetime

from prefect import task

from oneledger.domain.campaigns import INCIDENT, Alarm
from oneledger.domain.incident_clocks import ClockState, alarm_reached, clock_states
from oneledger.domain.incident_routes import office_for
from oneledger.domain.incident_words import due_text, length_text
from oneledger.domain.incidents import Incident
from oneledger.domain.notices import Key, Notice, chinese_moment
from oneledger.store import incidents, outbox
from oneledger.store.outbox import OutboxRow
from tasks.incident_letters import incident_context, offices_above
from tasks.office import Running, running
from tasks.retrying import STORE_RETRIES
from tasks.trees import tree_of


def alarms_due(name: str, as_of: datetime) -> bool:
    """Whether an alarm has come that nobody was told of yet: most runs end here."""
    here = running(name)
    if not here.campaign.incident_clocks:
        return False
    return bool(_unplanned(here, as_of))


@task(task_run_name="ring-incident-clocks", **STORE_RETRIES)
def ring_clocks(name: str, as_of: datetime) -> int:
    """Says how many mails are new."""
    here = running(name)
    letters = [_letter(here, *each, as_of) for each in _unplanned(here, as_of)]
    with here.office.store.write() as connection:
        return outbox.plan(connection, letters)


Ringing = tuple[Incident, ClockState, Alarm, str]  # the last: whom to tell


def _unplanned(here: Running, as_of: datetime) -> list[Ringing]:
    with here.office.store.read() as connection:
        here = tree_of(here, connection, as_of)
        known = incidents.of_campaign(connection, here.name)
        if not known:
            return []
        planned = outbox.known(connection, here.name, INCIDENT, [Notice.INCIDENT_CLOCK.value])
    return [
        each
        for each in _ringing(here, known, as_of)
        if (each[3], each[0].incident_no, _round(each[1], each[2]), Notice.INCIDENT_CLOCK.value) not in planned
    ]


def _ringing(here: Running, known: list[Incident], as_of: datetime) -> list[Ringing]:
    found = []
    for incident in known:
        if incident.is_closed:
            continue
        ancestors = offices_above(here, incident.about)
        for state in clock_states(here.campaign, incident, here.office.calendar):
            alarm = alarm_reached(here.campaign, state, here.office.calendar, as_of)
            if alarm is not None:
                offices = dict.fromkeys(office_for(level, incident.about, ancestors) for level in alarm.to)
                found += [(incident, state, alarm, office) for office in offices if office is not None]
    return found


def _round(state: ClockState, alarm: Alarm) -> str:
    """A clock that was told to start earlier is another clock: its alarms ring anew."""
    return f"{state.clock.clock}/{state.due_at:%Y%m%d%H%M}/{alarm.at:+d}"


def _letter(
    here: Running, incident: Incident, state: ClockState, alarm: Alarm, unit: str, as_of: datetime
) -> OutboxRow:
    to, about = here.units[unit], here.units[incident.about]
    context = incident_context(here, to, about) | {
        "incident": {"no": incident.incident_no},
        "clock": {
            "title": state.clock.title,
            "start_text": chinese_moment(state.started_at, here.campaign),
            "due_text": due_text(state, here.campaign),
            "left_text": length_text(state.due_at - as_of),
        },
        "is_overdue": as_of >= state.due_at,
    }
    key = Key(here.name, INCIDENT, unit, incident.incident_no, Notice.INCIDENT_CLOCK, _round(state, alarm))
    return here.letter(key, context, to, as_of, incident_of=about)
