"""Read one returned file as the intake would, without any mail: for `oneledger read` and for people's questions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.campaigns import INCIDENT, Campaign, Deliverable
from oneledger.domain.errors import DefinitionError, RefusedError
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Form, asked_of
from oneledger.domain.returns import PackedFiles, Review, Unreadable, WorkbookCells, WorkbookMarks
from oneledger.domain.review import ReviewContext, review
from oneledger.domain.rules import structural
from oneledger.settings import COVER, current_settings
from oneledger.store import campaigns
from tasks.launching import load_definition
from tasks.office import office

_UNMARKED = Finding(
    "WB-001",
    expected="本次专项行动下发的表格",
    remedy="文件里没有本系统的编号，请用邮件所附的表格填写后再报。",
)


def read_file(content: bytes, as_of: datetime) -> dict[str, Any]:
    """{campaign, phase, unit, status, forms, findings}; status accepted, returned or refused, never an exception."""
    with WorkbookReader() as reader:
        cells = _workbook_in(reader, content)
    if isinstance(cells, Unreadable):
        return _told(WorkbookMarks(), Review("refused", {}, [cells.finding]))
    place = _place(cells.marks)
    if place is None:
        return _told(cells.marks, Review("refused", {}, [_UNMARKED]))
    campaign, forms, level, name = place
    phase = next((each for each in campaign.phases if each.phase == cells.marks.phase), None)  # incidents have none
    day = as_of.date()
    context = ReviewContext(
        campaign=campaign.campaign, phase=cells.marks.phase, unit_code=cells.marks.unit_code, unit_name=name,
        level=level, stage="", phase_opens_on=phase.opens_on if phase else None,
        phase_ends_on=phase.ends_on if phase else None, received_on=day, due_on_unit=day, printed=None,
        received_at=as_of.astimezone(ZoneInfo(campaign.timezone)).replace(tzinfo=None),
    )  # fmt: skip
    return _told(cells.marks, review(cells, forms, context))


def _workbook_in(reader: WorkbookReader, content: bytes) -> WorkbookCells | Unreadable:
    """The workbook, or the only one that a zip holds."""
    told = reader.read(content)
    if not isinstance(told, PackedFiles):
        return told
    inside = [reader.read(each) for _, each in told.files]
    found: list[WorkbookCells | Unreadable] = [each for each in inside if isinstance(each, WorkbookCells)]
    if len(found) > 1:
        return Unreadable(structural("WB-142", count=len(found)))
    found += [each for each in inside if isinstance(each, Unreadable)]
    return found[0] if found else Unreadable(structural("WB-139"))


def has_store() -> bool:
    """Looking at a file makes no database where there is none."""
    settings = current_settings()
    return bool(settings.database_url) or (settings.data / "oneledger.db").is_file()


def _place(marks: WorkbookMarks) -> tuple[Campaign, tuple[Form, ...], str, str] | None:
    """The campaign, the forms narrowed to the level, the level, the unit's name; None for a stranger's workbook."""
    try:
        campaign, forms = _definition(marks.campaign)
    except (RefusedError, DefinitionError):
        return None
    deliverable = _deliverable(campaign, marks)
    is_incident = marks.phase == INCIDENT and campaign.incident_form is not None
    if deliverable is None and not is_incident:
        return None
    asked = deliverable.forms if deliverable else (campaign.incident_form or "",)
    levels = deliverable.respondents.levels if deliverable else ()
    level, name = _unit(campaign.campaign, marks.unit_code, levels)
    return campaign, tuple(asked_of(forms[each], level) for each in (COVER, *asked)), level, name


def _definition(name: str) -> tuple[Campaign, dict[str, Form]]:
    here = office()
    with here.store.read() as connection:
        if name in campaigns.names(connection):
            launched = campaigns.launched(connection, name)
            return launched.campaign, launched.forms
    return load_definition(here.settings, name)


def _deliverable(campaign: Campaign, marks: WorkbookMarks) -> Deliverable | None:
    if marks.phase not in {phase.phase for phase in campaign.phases}:
        return None
    named = {reference.partition("-")[0] for reference in marks.forms} - {"cover"}
    workbooks = [each for each in campaign.deliverables_of(marks.phase) if each.kind == "workbook"]
    return next((each for each in workbooks if named == {form.partition("-")[0] for form in each.forms}), None)


def _unit(campaign: str, code: str, levels: Sequence[str]) -> tuple[str, str]:
    here = office()
    with here.store.read() as connection:
        known = campaigns.units(connection, campaign).get(code)
    if known is not None:
        return known.level, known.name
    return (tuple(levels) or ("school",))[0], ""


def _told(marks: WorkbookMarks, verdict: Review) -> dict[str, Any]:
    return {
        "campaign": marks.campaign,
        "phase": marks.phase,
        "unit": marks.unit_code,
        "status": verdict.verdict,
        "forms": {
            name: {
                "version": ledger.version,
                "facts": ledger.facts,
                "rows": [{"line": row.line, **row.values} for row in ledger.rows],
            }
            for name, ledger in verdict.ledgers.items()
        },
        "findings": [
            {
                "rule": each.rule, "level": each.level, "sheet": each.sheet, "cell": each.cell, "found": each.found,
                "expected": each.expected, "remedy": each.remedy,
            }
            for each in verdict.findings
        ],
    }  # fmt: skip
