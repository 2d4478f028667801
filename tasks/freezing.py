"""Freeze figures: at a report-by date, a day before it, and on demand; and work the same figures out again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from oneledger.domain.rollup import Rollup
from oneledger.domain.schedule import Milestone, draft_at, report_milestones
from oneledger.domain.shifts import in_force
from oneledger.store import shifts, snapshots
from oneledger.store.snapshots import Frozen
from tasks.auditing import FROZEN
from tasks.office import Running
from tasks.recounting import Figures, Kept, Reference, kept_at, reference_of


def reports_of(here: Running, connection: Connection, phase: str) -> list[Milestone]:
    shifted = in_force(shifts.of_campaign(connection, here.name))
    return report_milestones(here.campaign, phase, here.office.calendar, shifted)


def freeze(here: Running, milestone: Milestone, as_of: datetime) -> None:
    """The first to freeze a milestone decides; what came until the milestone counts, however late that is."""
    label = f"{milestone.title}（{milestone.at:%Y-%m-%d %H:%M}）"
    at = Reference(milestone.phase, milestone.at, milestone.at, as_of)
    freeze_as(here, at, milestone.key, label, "report")


def freeze_draft(here: Running, milestone: Milestone, as_of: datetime) -> Frozen | None:
    """The figures of a day before, for checking: what is owed by the report-by date, of what is there."""
    at = draft_at(here.campaign, milestone, here.office.calendar)
    if not here.campaign.asks_signatures or not at <= as_of < milestone.at:
        return None
    label = f"{milestone.title}前核对稿（{at:%Y-%m-%d %H:%M}）"
    return freeze_as(
        here, Reference(milestone.phase, milestone.at, at, as_of), f"{milestone.key}-draft", label, "draft"
    )


def freeze_as(here: Running, at: Reference, key: str, label: str, kind: str) -> Frozen | None:
    """None where nothing is owed. A snapshot that stands is returned as it is."""
    with here.office.store.read() as connection:
        if known := snapshots.found(connection, here.name, key):
            return known
    with kept_at(here, at) as kept:
        if not kept.figures.codes:
            return None
        with here.office.store.write() as connection:
            return freeze_in(connection, here, at, key, label, kind, kept)


def freeze_in(
    connection: Connection, here: Running, at: Reference, key: str, label: str, kind: str, kept: Kept
) -> Frozen | None:
    """In the caller's transaction, for who must write more together with it. A snapshot that stands, stands."""
    if known := snapshots.found(connection, here.name, key):
        return known
    root = here.campaign.root
    snapshots.freeze(
        connection, here.name, at.phase, key, label=label, as_of=at.as_of, digest=kept.digest,
        texts=kept.texts(sorted(kept.figures.codes)), coverage=kept.figures.of([root])[root].coverage, kind=kind,
        owed_by=at.owed_by, frozen_at=at.known_at,
    )  # fmt: skip
    snapshots.record_event(
        connection, at.as_of, "system", FROZEN, campaign=here.name, milestone=key, digest=kept.digest, kind=kind
    )
    return snapshots.found(connection, here.name, key)


def frozen_figures(here: Running, connection: Connection, frozen: Frozen) -> Figures:
    """``here``: in the tree of then."""
    codes = set(snapshots.units_in(connection, frozen.id))
    offices = snapshots.rollups_of(connection, frozen.id, [code for code in here.children if code in codes])

    def read(wanted: Sequence[str]) -> Mapping[str, Rollup]:
        with here.office.store.read() as again:
            return snapshots.rollups_of(again, frozen.id, wanted)

    return Figures({code: None for code in here.units if code in codes}, offices, read)


def recomputed(here: Running, frozen: Frozen) -> str:
    """The digest of the same figures worked out again from the submissions alone."""
    with kept_at(here, reference_of(frozen)) as kept:
        return kept.digest
