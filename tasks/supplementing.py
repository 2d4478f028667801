"""Returns that come after the figures were frozen: a numbered supplement (补报) to the offices above, and whoever
had signed is asked to sign anew; what is frozen stands."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.notices import Key, Notice, common_context
from oneledger.domain.rollup import Rollup
from oneledger.domain.schedule import Milestone, local_moment
from oneledger.domain.signoff import Deed, moved_figures
from oneledger.store import outbox, reopenings, signatures, snapshots, submissions
from oneledger.store.database import slices
from oneledger.store.outbox import OutboxRow
from oneledger.store.snapshots import Frozen
from tasks.freezing import freeze_in, reports_of
from tasks.office import Running, running
from tasks.recounting import Kept, Reference, kept_at
from tasks.sign_letters import figure_words, sign_token
from tasks.signing import record_request
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
    reviewed = submissions.last_reviewed(connection, here.name, phase)
    sent_back = reopenings.last_recorded(connection, here.name, phase, as_of)
    return any(each is not None and each > base.latest.frozen_at for each in (reviewed, sent_back))


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
        if base is None or not _is_due(here, connection, phase, as_of):  # another has made it meanwhile
            return ""
        here = tree_of(here, connection, base.report.as_of)
    at = Reference(phase, base.report.owed_by or base.report.as_of, as_of, as_of)
    with kept_at(here, at) as now:
        return _supplemented(here, base, at, now) if now.digest != base.latest.digest else ""


def _supplemented(here: Running, base: Base, at: Reference, now: Kept) -> str:
    report, as_of, number = base.report, at.as_of, len(base.supplements) + 1
    with here.office.store.read() as connection:
        touched = _touched(connection, base.latest, now)
        told_of = [code for code in touched if here.units[code].level != "school" and here.units[code].contacts]
        was = snapshots.rollups_of(connection, report.id, told_of)
        signed = _who_signed(here, connection, report)
    key = f"{report.milestone}-s{number}"
    label = f"{here.campaign.phase(at.phase).title}补报第{number}号（截至{as_of.astimezone(here.zone):%Y-%m-%d %H:%M}）"
    told = Told(report, key, number, as_of, was, now.figures.of(told_of), signed)
    with here.office.store.write() as connection:  # figures and letters together: who freezes also tells
        if snapshots.found(connection, here.name, key) is not None:  # another has made it meanwhile
            return ""
        freeze_in(connection, here, at, key, label, "supplement", now)
        outbox.plan(connection, list(_letters(here, connection, told, touched)))
    return key


def _touched(connection: Connection, latest: Frozen, now: Kept) -> list[str]:
    """Whose figures are others than in the latest, in administrative order."""
    found: list[str] = []
    for some in slices(now.figures.codes):
        texts = snapshots.texts_of(connection, latest.id, some)
        others = [code for code, text in now.texts(some) if text != texts.get(code)]
        before = snapshots.rollups_of(connection, latest.id, others)  # the same figures may be written otherwise
        found += [code for code, each in now.figures.of(others).items() if each != before.get(code)]
    return found


def _who_signed(here: Running, connection: Connection, report: Frozen) -> set[str]:
    """Under the report, or under a supplement to it: whose figures move is to sign anew."""
    levels = {step.level for step in here.campaign.sign_off if step.days is not None}
    return {
        each.unit
        for each in signatures.of_campaign(connection, here.name)
        if each.deed is Deed.AGREE
        and (each.milestone == report.milestone or each.milestone.startswith(f"{report.milestone}-s"))
        and here.units[each.unit].level in levels
    }


@dataclass(frozen=True)
class Told:
    """What a supplement's letters are made of, of the offices that get one. ``signed``: offices."""

    report: Frozen
    key: str
    number: int
    as_of: datetime
    was: Mapping[str, Rollup]
    now: Mapping[str, Rollup]
    signed: Collection[str]


def _letters(here: Running, connection: Connection, told: Told, touched: list[str]) -> Iterator[OutboxRow]:
    """To every office above what changed, and to no other."""
    parents = {here.units[code].parent for code in touched}
    changed = [code for code in touched if code not in parents]
    for code in told.now:
        below = [here.units[each] for each in changed if each == code or _is_under(here, each, code)]
        yield _letter(here, connection, told, code, below)


def _is_under(here: Running, code: str, office: str) -> bool:
    return any(above.code == office for above in here.ancestors(code))


def _letter(here: Running, connection: Connection, told: Told, code: str, below: list[CampaignUnit]) -> OutboxRow:
    """Who has signed is asked for a new signature by the same letter, until the end of the next working day."""
    to, report, as_of = here.units[code], told.report, told.as_of
    day = here.office.calendar.add_working_days(as_of.astimezone(here.zone).date(), 1)
    due = local_moment(here.campaign, day, here.campaign.due_time)
    request = None
    if code in told.signed:
        about = Milestone(as_of, report.phase, "supplement", told.key, report.label)
        request = record_request(here, connection, about, code, told.now[code], 1, due=due, as_of=as_of)
    phase = here.campaign.phase(report.phase)
    context = common_context(here.campaign, phase, to, due, here.office.mail.sender.name) | {
        "number": told.number,
        "label": report.label,
        "units": [{"code": each.code, "name": each.name} for each in below],
        "moved": [figure_words(here, *each) for each in moved_figures(told.was.get(code, Rollup()), told.now[code])],
        "is_asked": request is not None,
    }
    key = Key(here.name, report.phase, code, told.key, Notice.SUPPLEMENT, str(told.number))
    return here.letter(key, context, to, as_of, answer_token=sign_token(here, request) if request else None)
