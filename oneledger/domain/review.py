"""Judges what came back: the values it holds, and every finding at once. It reads no file and no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oneledger.domain.earlier_versions import Earlier, answered, gone_rows
from oneledger.domain.findings import Finding, is_acceptable
from oneledger.domain.forms import Form
from oneledger.domain.layout import locate
from oneledger.domain.pupil_masking import strays
from oneledger.domain.returns import Ledger, Review, WorkbookCells, WorkbookMarks
from oneledger.domain.review_form import judged
from oneledger.domain.rules import structural
from oneledger.domain.waivers import Waiver, waived
from oneledger.domain.workbooks import Fill

OLD_KINDS = {"xls": "其中出错的公式会读成空白，请核对。", "ods": ""}  # with what cannot be seen in them


@dataclass(frozen=True)
class ReviewContext:
    """What is known of the assignment before its workbook is opened. Dates are local; None: not set, not judged."""

    campaign: str
    phase: str
    unit_code: str = ""
    unit_name: str = ""
    level: str = "school"
    stage: str | None = None
    phase_opens_on: date | None = None
    phase_ends_on: date | None = None
    rectify_ends_on: date | None = None
    received_on: date | None = None
    due_on_unit: date | None = None
    expected_forms: tuple[str, ...] = ()  # references: ledger-v1
    printed: Fill | None = None  # None: not known what was printed, so nothing is compared with it
    waivers: tuple[Waiver, ...] = ()
    earlier: tuple[Earlier, ...] = ()  # its versions before this one, the first first
    received_at: datetime | None = None  # local, without a zone, as people write moments; for incident reports

    def values(self) -> dict[str, Any]:
        """What cross rules may read besides the form's own fields (forms.CONTEXT)."""
        return {
            "phase_opens_on": self.phase_opens_on,
            "phase_ends_on": self.phase_ends_on,
            "rectify_ends_on": self.rectify_ends_on,
            "received_on": self.received_on,
            "received_at": self.received_at,
            "due_on_unit": self.due_on_unit,
            "stage": self.stage,
            "level": self.level,
        }


def review(cells: WorkbookCells, forms: Sequence[Form], context: ReviewContext) -> Review:
    """``forms``: narrowed to the unit's level, cover included. Whose workbook it is was settled before, by matching.

    refused: another campaign's, phase's or version's workbook, or none of ours. returned: at least one error.
    A ledger keeps every value that could be read, also of rows and facts that stand beside an error.
    """
    wrong = _wrong_workbook(cells.marks, context)
    if wrong:
        return Review("refused", {}, wrong)
    layout = locate(cells, forms)
    if not layout.placed:
        return Review("refused", {}, [structural("WB-005")])
    is_text = cells.kind == "csv"  # cannot hold marks or sheet names: its own note says so
    findings = [] if cells.marks.campaign or cells.marks.tokens or is_text else [structural("WB-004")]
    findings += cells.notes
    if cells.kind in OLD_KINDS:
        findings.append(structural("WB-006", kind=cells.kind, caution=OLD_KINDS[cells.kind]))
    findings += [each for each in layout.findings if not (is_text and each.rule == "WB-012")]
    ledgers: dict[str, Ledger] = {}
    for name, placed in layout.placed.items():
        ledgers[name], told = judged(placed, context.values(), context.printed)
        findings += told
    findings += strays(cells, ledgers)
    findings += gone_rows(ledgers, forms, context.earlier)
    findings = waived(answered(findings, cells, context.earlier), context.waivers, context.received_on)
    return Review("accepted" if is_acceptable(findings) else "returned", ledgers, findings)


def _wrong_workbook(marks: WorkbookMarks, context: ReviewContext) -> list[Finding]:
    """Nothing more is said of a workbook that must be filled in anew."""
    if marks.campaign and marks.campaign != context.campaign:
        return [structural("WB-001", found=marks.campaign, expected=context.campaign)]
    if marks.phase and marks.phase != context.phase:
        return [structural("WB-002", found=marks.phase, expected=context.phase)]
    wanted = {_name(reference): reference for reference in context.expected_forms}
    old = [mark for mark in marks.forms if _name(mark) in wanted and mark not in context.expected_forms]
    if old:
        newer = "、".join(wanted[_name(mark)] for mark in old)
        return [structural("WB-003", found="、".join(old), expected=newer)]
    return []


def _name(reference: str) -> str:
    return reference.partition("-v")[0]
