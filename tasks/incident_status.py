"""How a campaign's incidents stand, from the store alone: chains, clocks, lateness, who was told when."""

from datetime import datetime, timedelta
from typing import Any

from oneledger.domain.incident_clocks import ClockState, clock_states
from oneledger.domain.incident_routes import severity_code
from oneledger.domain.incidents import Entry, Incident, step_title
from oneledger.store import incidents
from tasks.office import Running, running
from tasks.trees import tree_today


def incidents_of(name: str, as_of: datetime, unit: str = "") -> list[dict[str, Any]]:
    """In administrative order, then by number: never by how many a unit has. ``unit``: it and the units below it."""
    here = tree_today(running(name))
    with here.office.store.read() as connection:
        known = incidents.of_campaign(connection, name)
    wanted = [each for each in known if not unit or _is_at_or_below(here, each.about, unit)]
    wanted.sort(key=lambda each: (here.units[each.about].order, each.incident_no))
    return [_told(here, each, as_of) for each in wanted]


def _is_at_or_below(here: Running, code: str, unit: str) -> bool:
    return unit == code or unit in {each.code for each in here.ancestors(code)}


def _told(here: Running, incident: Incident, as_of: datetime) -> dict[str, Any]:
    about = here.units[incident.about]
    states = clock_states(here.campaign, incident, here.office.calendar)
    police, filed = incident.deed("police"), incident.deed("filed")
    found = min(incident.moments("found_at"), default=None)
    return {
        "incident_no": incident.incident_no,
        "unit": about.code,
        "unit_name": about.name,
        "county": here.units[about.county].name if about.county in here.units else "",
        "state": _state(incident),
        "severity": incident.values.get("severity"),
        "severity_code": severity_code(here.campaign, incident.values),
        "judgement": incident.values.get("judgement"),
        "attention": incident.values.get("attention"),
        "found_at": _local(here, found),
        "reported_at": _local(here, incident.reports[0].at),
        "clocks": [_clock(here, each, as_of) for each in states],
        "is_late": any(each.late_by(as_of) for each in states),
        "told": [
            {"unit": code, "unit_name": here.units[code].name, "at": _local(here, at)}
            for code, at in incident.told.items()
        ],
        "police_at": _local(here, police.at if police else None),
        "filed_at": _local(here, filed.at if filed else None),
        "chain": [_step(here, incident, each) for each in incident.entries],
        "is_intact": incident.is_intact,
    }


def _state(incident: Incident) -> str:
    if incident.in_correction:
        return "待更正"
    return "已终报" if incident.is_closed else step_title(incident, incident.reports[-1])


def _clock(here: Running, state: ClockState, as_of: datetime) -> dict[str, Any]:
    late = state.late_by(as_of)
    return {
        "clock": state.clock.clock,
        "title": state.clock.title,
        "started_at": _local(here, state.started_at),
        "due_at": _local(here, state.due_at),
        "stopped_at": _local(here, state.stopped_at),
        "late_minutes": int(late / timedelta(minutes=1)),
    }


def _step(here: Running, incident: Incident, entry: Entry) -> dict[str, Any]:
    title = step_title(incident, entry) if entry in incident.reports else entry.kind
    return {
        "step": entry.step, "kind": entry.kind, "title": title, "unit": entry.unit, "at": _local(here, entry.at),
        "recorded_at": _local(here, entry.recorded_at), "digest": entry.digest,
        "facts": sorted(entry.data.get("values", {})),
        "rules": [each["rule"] for each in entry.data.get("findings", [])],
    }  # fmt: skip


def _local(here: Running, moment: datetime | None) -> str | None:
    return moment.astimezone(here.zone).isoformat(timespec="minutes") if moment else None
