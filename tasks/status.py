"""How a campaign stands, from the store alone, and without its units: loading 210,000 of them takes six seconds."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from oneledger.domain.mailing import SendState
from oneledger.domain.notices import CASCADE, Notice
from oneledger.store import assignments, campaigns, holding, inbox, outbox, snapshots
from tasks.bounces import standing
from tasks.flood import free_mb
from tasks.office import office
from tasks.watching import silences

_STATUSES = ("returned", "zero", "exempt", "missing")


def campaign_status(name: str, at: datetime | None = None) -> dict[str, Any]:
    """{campaign, phases: {phase: {assigned, mailed, …}}, mail, hold, inbox, person, snapshots}; counts.

    ``at``: the moment by which collecting and sending are asked whether they fell silent; None: they are not.
    """
    here = office()
    with here.store.read() as connection:
        campaign = campaigns.launched(connection, name).campaign
        tallies = assignments.how_they_stand(connection, name)
        seals = assignments.unsealed(connection, name)
        mails = outbox.counts(connection, name)
        bounced = outbox.bounced(connection, name)
        waiting = inbox.for_a_person(connection, name)
        taken = inbox.counts(connection)
        frozen = snapshots.of_campaign(connection, name)
        came_back = standing(connection, name)
        held = holding.standing(connection)
    return {
        "campaign": name,
        "title": campaign.title,
        "phases": {
            phase.phase: _phase(phase.phase, tallies, mails, bounced.get(phase.phase, 0))
            | _seals(seals.get(phase.phase))
            for phase in campaign.phases
        },
        "mail": _by_state(mails),
        "bounces": came_back,
        "silences": silences(here, at) if at else [],
        "hold": None if held is None else {"since": str(held.since), "by": held.by, "reason": held.reason},
        "inbox": taken,
        "disk": {"free_mb": free_mb(here), "low_water_mb": here.mail.low_water_mb},
        "person": [{**row, "received_at": str(row["received_at"])} for row in waiting],
        "snapshots": [
            {"milestone": each.milestone, "as_of": str(each.as_of), "digest": each.digest} for each in frozen
        ],
    }


def _phase(
    phase: str,
    tallies: Iterable[tuple[str, str, bool, bool, int]],
    mails: Iterable[tuple[str, str, str, int]],
    bounced: int,
) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for name, status, late, back, count in tallies:
        if name == phase:
            counts[status] += count
            counts["late"] += count * late
            counts["in_correction"] += count * back
    sent: Counter[str] = Counter()
    for name, kind, state, count in mails:
        if name == phase and state == SendState.SENT.value:
            sent[kind] += count
    mailed = sum(sent[notice.value] for notice in CASCADE)
    return {
        "assigned": sum(counts[status] for status in _STATUSES),
        "mailed": mailed,
        "delivered": mailed - bounced,
        **{status: counts[status] for status in _STATUSES},
        "late": counts["late"],
        "in_correction": counts["in_correction"],
        "corrections": sent[Notice.CORRECTION.value] + sent[Notice.REFUSAL.value],
        "reminders": sent[Notice.REMIND.value],
        "digests": sent[Notice.DIGEST.value],
        "reports": sent[Notice.REPORT.value],
    }


def _seals(counts: dict[str, int] | None) -> dict[str, int]:
    """copy_only: 电子版已收，盖章件未收. Nothing where the phase wants no seal."""
    if counts is None:
        return {}
    return {"seal_received": counts["received"], "seal_missing": counts["missing"], "copy_only": counts["copy_only"]}


def _by_state(mails: Iterable[tuple[str, str, str, int]]) -> dict[str, int]:
    states: Counter[str] = Counter()
    for _, _, state, count in mails:
        states[state] += count
    return dict(states)
