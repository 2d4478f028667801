"""Freeze figures at a report-by date; make each office's workbook and report; mail them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from prefect import task

from oneledger.adapters.report_xlsx import consolidated_workbook
from oneledger.domain.assignments import Assignment, CampaignUnit
from oneledger.domain.day_map import DayMap
from oneledger.domain.forms import LEVELS, Form
from oneledger.domain.mailing import Attachment
from oneledger.domain.measures import measures_in, most_named, naming_forms
from oneledger.domain.moves import Moved
from oneledger.domain.notices import Key, Notice, common_context
from oneledger.domain.public_report import Published
from oneledger.domain.rectifying import Change
from oneledger.domain.report import SnapshotView, UnitBrief, report_context
from oneledger.domain.rollup import Rollup
from oneledger.store import outbox, snapshots, submissions
from oneledger.store.outbox import OutboxRow
from oneledger.store.snapshots import Frozen
from oneledger.store.submissions import Counted
from tasks.apart import worked
from tasks.circulars import circular, registers
from tasks.freezing import freeze, reports_of
from tasks.office import Running, running, safe_path
from tasks.paper_rendering import rendered
from tasks.progressing import changes_by_office, map_of, map_of_all, rectified
from tasks.public_copies import public_copy, said_of
from tasks.recounting import basis_of, reference_of, roll_up
from tasks.retrying import STORE_RETRIES
from tasks.reviewed import Review, reviewed, signoff_facts
from tasks.trees import moves_until, tree_of
from tasks.volume import volume

MOST_MAILED = 15 * 2**20  # bytes of one file; a larger volume is kept and told of in the window
UnitRows = Mapping[str, list[tuple[UnitBrief, dict[str, Any]]]]  # form -> rows with the unit that wrote them


def freeze_due(name: str, phase: str, as_of: datetime) -> list[str]:
    """Freeze every report milestone of a phase that has come; returns those that still lack reports, oldest first."""
    here = running(name)
    with here.office.store.read() as connection:
        due = [each for each in reports_of(here, connection, phase) if each.at <= as_of]
    for milestone in due:
        freeze(here, milestone, as_of)
    with here.office.store.read() as connection:
        frozen = {each.milestone: each for each in snapshots.of_campaign(connection, name)}
        known = [each.key for each in due if each.key in frozen]
        return [key for key in known if lacks_reports(here, connection, frozen[key])]


def lacks_reports(here: Running, connection: Any, frozen: Frozen) -> bool:
    done = snapshots.reports(connection, frozen.id)
    return any((unit, "docx") not in done for unit in _reporting_units(here, snapshots.units_in(connection, frozen.id)))


def _reporting_units(here: Running, units: Iterable[str]) -> list[str]:
    return [code for code in units if here.units[code].level != "school"]


@task(task_run_name="to-report-{milestone}", **STORE_RETRIES)
def units_to_report(name: str, milestone: str) -> dict[str, list[str]]:
    """Offices of a snapshot that have no report yet, each under its own code."""
    here = running(name)
    with here.office.store.read() as connection:
        frozen = snapshots.found(connection, name, milestone)
        if frozen is None:
            return {}
        done = snapshots.reports(connection, frozen.id)
        units = _reporting_units(here, snapshots.units_in(connection, frozen.id))
    return {code: [code] for code in units if (code, "docx") not in done}


@dataclass(frozen=True)
class Edition:
    """A snapshot with all that its reports are made of, read once for many offices."""

    here: Running  # in the tree of then
    frozen: Frozen
    rollups: Mapping[str, Rollup]
    previous: Mapping[str, Rollup]  # the last snapshot of the phase before
    counted: Mapping[str, Mapping[int, str]]  # office -> the submissions that count at and below it, and whose they are
    children: Mapping[str, list[str]]
    late: Mapping[str, bool]  # respondents that answered late or not at all -> not at all
    reviews: Mapping[str, Review]  # office -> whether it signed these figures
    moves: Sequence[Moved]  # until then
    day_map: DayMap  # of every county
    changes: Mapping[str, Mapping[date, Change]]  # office -> what its problems came to, day by day
    named: dict[int, frozenset[str]]  # submission -> measures it names, of those that were read
    said: Published | None = None  # what public copies may say, where the campaign has such copies


@lru_cache(maxsize=1)
def _edition(place: str, name: str, milestone: str, digest: str) -> Edition:  # noqa: ARG001  what was frozen never changes
    """All packs of a snapshot are made from one reading of it."""
    here = running(name)
    with here.office.store.read() as connection:
        frozen = snapshots.found(connection, name, milestone)
    assert frozen is not None
    return edition(here, frozen)


def edition(here: Running, frozen: Frozen, *, is_stored: bool = True) -> Edition:
    """What is not stored is rolled up here."""
    with here.office.store.read() as connection:
        moment = min(frozen.as_of, frozen.owed_by or frozen.as_of)
        moves = moves_until(here, connection, moment)
        here = tree_of(here, connection, moment)
        basis = basis_of(here, connection, reference_of(frozen))
        counted: dict[str, dict[int, str]] = {}
        for each in basis.own:
            if each.counted is None:
                continue
            unit = each.assignment.unit
            for code in (unit, *(above.code for above in here.ancestors(unit))):
                counted.setdefault(code, {})[each.counted.submission] = unit
        rollups = snapshots.rollups(connection, frozen.id) if is_stored else roll_up(here, basis.own)
        children: dict[str, list[str]] = {}
        for code in rollups:
            children.setdefault(here.units[code].parent or "", []).append(code)
        late = _late(basis.everyone, basis.counted, frozen.as_of)
        reviews = reviewed(here, connection, frozen, rollups)
        owners = {each.assignment.id: each.assignment.unit for each in basis.own if each.counted}
        this = Edition(
            here, frozen, rollups, _previous(connection, here, frozen), counted, children, late, reviews, moves,
            map_of_all(here, connection, frozen, rollups, owners), changes_by_office(here, connection, frozen), {},
        )  # fmt: skip
    if not here.campaign.public.levels:
        return this
    forms = view_of(here, this, next(iter(rollups))).phase_forms
    return replace(this, said=said_of(here, frozen, rollups, forms))


def _late(everyone: Iterable[Assignment], found: Mapping[int, Counted], as_of: datetime) -> dict[str, bool]:
    late: dict[str, bool] = {}
    for each in everyone:
        counted = found.get(each.id)
        if each.status != "exempt" and each.due_at <= as_of and (counted is None or counted.is_late):
            late[each.respondent] = late.get(each.respondent, False) or counted is None
    return late


@task(task_run_name="report {label}", **STORE_RETRIES)
def report_pack(
    name: str,
    milestone: str,
    pack: Mapping[str, list[str]],
    as_of: datetime,
    label: str,  # noqa: ARG001  the run's name
    *,
    is_one_of_many: bool,
) -> int:
    """Make and mail the reports of some offices. Says how many offices got theirs."""
    return worked(reported, name, milestone, pack, as_of, is_one_of_many=is_one_of_many)


def reported(name: str, milestone: str, pack: Mapping[str, list[str]], as_of: datetime) -> int:
    here = running(name)
    with here.office.store.read() as connection:
        frozen = snapshots.found(connection, name, milestone)
    assert frozen is not None
    this = _edition(str(here.office.settings.data), name, milestone, frozen.digest)
    for codes in pack.values():
        for code in codes:
            _report(here, this, code, as_of)
    return sum(map(len, pack.values()))


def _previous(connection: Any, here: Running, frozen: Frozen) -> Mapping[str, Rollup]:
    """Of offices: the last snapshot of the phase before; empty where there was none."""
    order = [phase.phase for phase in here.campaign.phases]
    before = order[: order.index(frozen.phase)]
    earlier = [each for each in snapshots.of_campaign(connection, here.name) if each.phase in before]
    offices = _reporting_units(here, here.units)
    return snapshots.rollups_of(connection, earlier[-1].id, offices) if earlier else {}


def _report(here: Running, this: Edition, code: str, as_of: datetime) -> None:
    rows = rows_of(here, this, code)
    view = with_measures(here, this, view_of(here, this, code))
    docx = rendered(here, "phase", view, report_context(view))
    xlsx = consolidated_workbook(view, rows, forms_by_name(here), registers(view, rows))
    frozen = this.frozen
    paths = {"docx": _save(here, frozen, code, ".docx", docx), "xlsx": _save(here, frozen, code, ".xlsx", xlsx)}
    with here.office.store.read() as connection:
        told = circular(this.here, connection, view, this.counted.get(code, {}), this.late)
    if this.said is not None and view.unit.level in here.campaign.public.levels:
        paths["public"] = _save(here, frozen, code, "公开版.docx", public_copy(here, view, this.said))
    if told is not None:
        paths["circular"] = _save(here, frozen, code, "情况通报.docx", told)
    book = volume(this.here, code, frozen.as_of, phase=frozen.phase, direct=True).content or None
    if book is not None:
        paths["volume"] = _save(here, frozen, code, "汇编.docx", book)
    with here.office.store.write() as connection:
        for kind, (path, content_hash) in paths.items():
            snapshots.record_report(connection, frozen.id, code, kind=kind, path=path, sha256=content_hash)
        hashes = {kind: content_hash for kind, (_, content_hash) in paths.items()}
        snapshots.record_event(
            connection, as_of, "oneledger", "reports made", campaign=here.name, unit=code,
            milestone=frozen.milestone, files=hashes,
        )  # fmt: skip
        if here.units[code].contacts:
            outbox.plan(connection, [_letter(here, frozen, view, (docx, xlsx, told, book), as_of)])


def forms_by_name(here: Running) -> dict[str, Form]:
    return {form.form: form for form in here.forms.values()}


def brief(unit: CampaignUnit) -> UnitBrief:
    return UnitBrief(unit.code, unit.name, unit.level)


def view_of(here: Running, this: Edition, code: str) -> SnapshotView:
    here = this.here
    children = [(here.units[each], this.rollups[each]) for each in this.children.get(code, ())]
    parent = here.units.get(here.units[code].parent or "")
    return SnapshotView(
        campaign=here.campaign,
        phase=here.campaign.phase(this.frozen.phase),
        label=this.frozen.label,
        as_of=this.frozen.as_of,
        unit=brief(here.units[code]),
        rollup=this.rollups[code],
        children=tuple((brief(unit), rollup) for unit, rollup in children),
        previous=this.previous.get(code),
        forms=forms_by_name(here),
        snapshot_id=f"{here.name}/{this.frozen.milestone}",
        digest=this.frozen.digest,
        addressee=parent.name if parent else "",
        is_reviewed=code in this.reviews and this.reviews[code].is_signed,
        signoff=signoff_facts(here, this.reviews, code, this.children.get(code, ()), this.moves),
        rectified=rectified(this.changes, code),
        day_map=map_of(here, this.day_map, code),
    )


def with_measures(here: Running, this: Edition, view: SnapshotView) -> SnapshotView:
    """What most units at and below the office name; what rows_of has read is not read again."""
    forms, owners = naming_forms(view.phase_forms), this.counted.get(view.unit.code, {})
    if not forms:
        return view
    with here.office.store.read() as connection:
        unread = [number for number in owners if number not in this.named]
        for number, ledgers in submissions.ledgers(connection, unread, this.frozen.frozen_at):
            this.named[number] = measures_in(forms, ledgers)
    by_unit: dict[str, frozenset[str]] = {}
    for number, unit in owners.items():
        by_unit[unit] = by_unit.get(unit, frozenset()) | this.named[number]
    return replace(view, measures=most_named(by_unit))


def rows_of(here: Running, this: Edition, code: str) -> UnitRows:
    """Rows of the units below, form by form; they go no higher than the form allows (domain.md 1.2)."""
    level = here.units[code].level
    shown = {form.form for form in here.forms.values() if form.table and _may_see(level, form.table.rollup.union_up_to)}
    owners = this.counted.get(code, {}) if shown else {}
    with here.office.store.read() as connection:
        found = dict(submissions.ledgers(connection, list(owners), this.frozen.frozen_at))
    naming = naming_forms(here.forms.values())
    this.named.update((number, measures_in(naming, ledgers)) for number, ledgers in found.items())
    rows: dict[str, list[tuple[UnitBrief, dict[str, Any]]]] = {}
    for submission, unit in sorted(owners.items(), key=lambda pair: here.units[pair[1]].order):
        for name in found[submission].keys() & shown:
            written = [(brief(here.units[unit]), row["values"]) for row in found[submission][name]["rows"]]
            rows.setdefault(name, []).extend(written)
    return rows


def _may_see(level: str, union_up_to: str) -> bool:
    return LEVELS.index(level) >= LEVELS.index(union_up_to)


def _save(here: Running, frozen: Frozen, code: str, end: str, content: bytes) -> tuple[str, str]:
    """Path under the data folder and hash. Written whole or not at all."""
    unit = here.units[code]
    title = here.campaign.phase(frozen.phase).title
    relative = f"reports/{here.name}/{frozen.milestone}/{code}_{unit.name}_{title}{end}"
    path = safe_path(here.office.settings.data, relative)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return relative, sha256(content).hexdigest()


def _letter(
    here: Running, frozen: Frozen, view: SnapshotView, contents: Iterable[bytes | None], as_of: datetime
) -> OutboxRow:
    """``contents``: report, consolidated workbook, circular and volume; the last two only where there are."""
    to = here.units[view.unit.code]
    context = common_context(here.campaign, view.phase, to, frozen.as_of, here.office.mail.sender.name)
    ends = zip(("报告.docx", "汇总表.xlsx", "情况通报.docx", "汇编.docx"), contents, strict=True)
    files = [
        Attachment(f"{to.code}_{view.phase.title}{end}", content)
        for end, content in ends
        if content and len(content) <= MOST_MAILED
    ]
    context |= {
        "label": frozen.label,
        "coverage": view.rollup.coverage,
        "files": [each.filename for each in files],
        "missing": [{"code": code, "name": name} for code, name in view.rollup.missing_units],
        "signoff": view.signoff,
    }
    key = Key(here.name, frozen.phase, to.code, frozen.milestone, Notice.REPORT, "1")
    return here.letter(key, context, to, as_of, files=files)
