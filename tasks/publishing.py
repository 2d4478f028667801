"""Freeze figures at a report-by date; make each office's workbook and report; mail them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from prefect import task

from oneledger.adapters.report_xlsx import consolidated_workbook
from oneledger.domain.mailing import Attachment
from oneledger.domain.notices import Key, Notice, common_context
from oneledger.domain.report import SnapshotView, report_context
from oneledger.store import outbox, snapshots
from oneledger.store.outbox import OutboxRow
from oneledger.store.snapshots import Frozen
from tasks.apart import worked
from tasks.circulars import circular, registers
from tasks.editions import Edition, forms_by_name, reporting_units, rows_of, stored_edition, view_of, with_measures
from tasks.freezing import freeze, reports_of
from tasks.office import Running, running
from tasks.paper_rendering import rendered
from tasks.public_copies import public_copy
from tasks.retrying import STORE_RETRIES
from tasks.volume import volume

MOST_MAILED = 15 * 2**20  # bytes of one file; a larger volume is kept and told of in the window


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
    return any((unit, "docx") not in done for unit in reporting_units(here, snapshots.units_in(connection, frozen.id)))


@task(task_run_name="to-report-{milestone}", **STORE_RETRIES)
def units_to_report(name: str, milestone: str) -> dict[str, list[str]]:
    """Offices of a snapshot that have no report yet, each under its own code."""
    here = running(name)
    with here.office.store.read() as connection:
        frozen = snapshots.found(connection, name, milestone)
        if frozen is None:
            return {}
        done = snapshots.reports(connection, frozen.id)
        units = reporting_units(here, snapshots.units_in(connection, frozen.id))
    return {code: [code] for code in units if (code, "docx") not in done}


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
    this = stored_edition(str(here.office.settings.data), name, milestone, frozen.digest)
    for codes in pack.values():
        for code in codes:
            _report(here, this, code, as_of)
    return sum(map(len, pack.values()))


def _report(here: Running, this: Edition, code: str, as_of: datetime) -> None:
    rows = rows_of(here, this, code)
    view = with_measures(here, this, view_of(here, this, code))
    docx = rendered(here, "phase", view, report_context(view))
    xlsx = consolidated_workbook(view, rows, forms_by_name(here), registers(view, rows))
    frozen = this.frozen
    made = {"docx": (".docx", docx), "xlsx": (".xlsx", xlsx)}
    with here.office.store.read() as connection:
        told = circular(this.here, connection, view, this.counted.get(code, {}), this.late)
    if this.said is not None and view.unit.level in here.campaign.public.levels:
        made["public"] = ("公开版.docx", public_copy(here, view, this.said))
    if told is not None:
        made["circular"] = ("情况通报.docx", told)
    book = volume(this.here, code, frozen.as_of, phase=frozen.phase, direct=True).content or None
    if book is not None:
        made["volume"] = ("汇编.docx", book)
    paths = _save(here, frozen, code, made)
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


def _save(
    here: Running, frozen: Frozen, code: str, made: Mapping[str, tuple[str, bytes]]
) -> dict[str, tuple[str, str]]:
    """Kind: path and hash; of kind: end of the name and content."""
    title = f"{code}_{here.units[code].name}_{here.campaign.phase(frozen.phase).title}"
    folder = f"reports/{here.name}/{frozen.milestone}"
    paths = {kind: f"{folder}/{title}{end}" for kind, (end, _) in made.items()}
    here.office.files.keep({paths[kind]: content for kind, (_, content) in made.items()})
    return {kind: (paths[kind], sha256(content).hexdigest()) for kind, (_, content) in made.items()}


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
