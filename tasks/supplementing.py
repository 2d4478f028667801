"""Returns that come after the figures were frozen: a numbered supplement (补报) to the offices above; what is frozen
stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneledger.domain.notices import Key, Notice, common_context
from oneledger.domain.rolling import digest
from oneledger.domain.rollup import Rollup
from oneledger.domain.signoff import moved_figures, unit_digest
from oneledger.store import outbox, reopenings, snapshots, submissions
from oneledger.store.outbox import OutboxRow
from oneledger.store.snapshots import Frozen
from tasks.freezing import freeze_as, reports_of
from tasks.office import Running, running
from tasks.recounting import Reference, figures_at
from tasks.reviewed import Review, reviewed
from tasks.sign_letters import figure_words
from tasks.trees import tree_of


@dataclass(frozen=True)
class Base:
    """The last report of a phase and the supplements to it."""

    report: Frozen
    supplements: tuple[Frozen, ...]

    @property
    def latest(self) -> Frozen:
        return self.supplements[-1] if self.supplements else self.report


def phases_to_supplement(name: str, as_of: datetime) -> list[str]:
    """Something was accepted or sent back since; at most one supplement a day."""
    here = running(name)
    if not here.campaign.asks_signatures:
        return []
    with here.office.store.read() as connection:
        return [each.phase for each in here.campaign.phases if _is_due(here, connection, each.phase, as_of)]


def _is_due(here: Running, connection: Connection, phase: str, as_of: datetime) -> bool:
    base = _base(here, connection, phase)
    if base is None or base.latest.frozen_at is None:
        return False
    today = as_of.astimezone(here.zone).date()
    if base.supplements and base.latest.as_of.astimezone(here.zone).date() == today:
        return False
    last = submissions.last_reviewed(connection, here.name, phase)
    back = reopenings.until(connection, here.name, as_of)
    moments = [*([last] if last else []), *(each.recorded_at for each in back)]
    return any(each > base.latest.frozen_at for each in moments)


def _base(here: Running, connection: Connection, phase: str) -> Base | None:
    reports = reports_of(here, connection, phase)
    every = snapshots.every_kind(connection, here.name)
    report = next((each for each in every if reports and each.milestone == reports[-1].key), None)
    if report is None:
        return None
    later = [each for each in every if each.kind == "supplement" and each.milestone.startswith(f"{report.milestone}-s")]
    return Base(report, tuple(later))


def supplement(name: str, phase: str, as_of: datetime) -> str:
    """The key of the new supplement; empty where no figure moved."""
    here = running(name)
    with here.office.store.read() as connection:
        base = _base(here, connection, phase)
        assert base is not None
        report = base.report
        here = tree_of(here, connection, report.as_of)
        at = Reference(phase, report.owed_by or report.as_of, as_of, as_of)
        now = figures_at(here, connection, at)
        if digest(now) == base.latest.digest:
            return ""
        was = snapshots.rollups(connection, report.id)
        before = was if base.latest is report else snapshots.rollups(connection, base.latest.id)
        reviews = reviewed(here, connection, report, was)
    number = len(base.supplements) + 1
    key = f"{report.milestone}-s{number}"
    label = f"{here.campaign.phase(phase).title}补报第{number}号（截至{as_of.astimezone(here.zone):%Y-%m-%d %H:%M}）"
    freeze_as(here, at, key, label, "supplement")
    touched = [code for code, each in now.items() if unit_digest(code, each) != _digest_of(code, before)]
    with here.office.store.write() as connection:
        outbox.plan(connection, list(_letters(here, report, key, number, touched, was, now, reviews, as_of)))
    return key


def _digest_of(code: str, rollups: Mapping[str, Rollup]) -> str:
    return unit_digest(code, rollups[code]) if code in rollups else ""


def _letters(
    here: Running, report: Frozen, key: str, number: int, touched: list[str], was: Mapping[str, Rollup],
    now: Mapping[str, Rollup], reviews: Mapping[str, Review], as_of: datetime,
) -> Any:  # fmt: skip
    """To every office above what changed, and to no other."""
    parents = {here.units[code].parent for code in touched}
    changed = [code for code in touched if code not in parents]
    for code in touched:
        unit = here.units[code]
        if unit.level == "school" or not unit.contacts:
            continue
        below = [here.units[each] for each in changed if each == code or _is_under(here, each, code)]
        yield _letter(here, report, key, number, code, below, was, now, reviews, as_of)


def _is_under(here: Running, code: str, office: str) -> bool:
    return any(above.code == office for above in here.ancestors(code))


def _letter(
    here: Running, report: Frozen, key: str, number: int, code: str, below: list[Any], was: Mapping[str, Rollup],
    now: Mapping[str, Rollup], reviews: Mapping[str, Review], as_of: datetime,
) -> OutboxRow:  # fmt: skip
    to, phase = here.units[code], here.campaign.phase(report.phase)
    context = common_context(here.campaign, phase, to, report.as_of, here.office.mail.sender.name) | {
        "number": number,
        "label": report.label,
        "units": [{"code": each.code, "name": each.name} for each in below],
        "moved": [figure_words(here, *each) for each in moved_figures(was.get(code, Rollup()), now[code])],
        "was_signed": code in reviews and reviews[code].is_signed,
    }
    return here.letter(Key(here.name, report.phase, code, key, Notice.SUPPLEMENT, str(number)), context, to, as_of)
