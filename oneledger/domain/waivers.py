"""A waiver (豁免): an error that a named person lets pass for one unit until a date. It becomes a note."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from oneledger.domain.findings import Finding
from oneledger.domain.forms import Form
from oneledger.domain.rules import STRUCTURAL

_NEVER = re.compile(r"WB-00\d|WB-1\d\d|WB-05[389]|PD-\d{3}|IC-\d{3}|DC-\d{3}")
"""What cannot be read, rows nobody asked for, pupils' data, incidents, documents: nobody may let these pass."""


@dataclass(frozen=True)
class Waiver:
    unit: str
    rule: str
    until: date  # holds for what is received until then, that day included
    reason: str
    by: str
    at: datetime
    sheet: str = ""  # empty: any
    cell: str = ""
    row: int | None = None
    id: int = 0
    revoked_by: str = ""
    revoked_at: datetime | None = None

    def covers(self, finding: Finding) -> bool:
        line = re.search(r"\d+$", finding.cell)
        return (
            finding.rule == self.rule
            and self.sheet in ("", finding.sheet)
            and self.cell in ("", finding.cell)
            and (self.row is None or (line is not None and int(line.group()) == self.row))
        )

    def holds_on(self, received_on: date | None) -> bool:
        return self.revoked_at is None and (received_on is None or received_on <= self.until)


def waived(findings: Iterable[Finding], waivers: Sequence[Waiver], received_on: date | None) -> list[Finding]:
    """Judged by the day the return came, never by today's: reviewed again, a return gets the same verdict."""
    held = [each for each in waivers if each.holds_on(received_on)]
    return [_let_pass(finding, held) if held and finding.level == "error" else finding for finding in findings]


def _let_pass(finding: Finding, held: Sequence[Waiver]) -> Finding:
    found = next((each for each in held if may_be_waived(each.rule) and each.covers(finding)), None)
    if found is None:
        return finding
    given = f"豁免第{found.id}号：经{found.by}同意，至{found.until:%Y-%m-%d}不作差错（{found.reason}）"
    told = f"{given}。原提示：{finding.remedy}"
    return replace(finding, level="note", remedy=told)


def may_be_waived(rule: str) -> bool:
    return not _NEVER.fullmatch(rule)


def waiver_faults(wanted: Waiver, units: Iterable[str], forms: Mapping[str, Form], today: date) -> list[str]:
    """Every reason why it cannot be given, for the person at the command line."""
    faults = []
    if not wanted.by.strip() or not wanted.reason.strip():
        faults.append("--by and --reason: write who lets it pass and why; both are recorded for ever")
    if wanted.unit not in set(units):
        faults.append(f"no unit {wanted.unit} in the campaign")
    if not may_be_waived(wanted.rule):
        faults.append(f"{wanted.rule} cannot be waived: what cannot be read, and pupils' data, must be mended")
    elif wanted.rule not in errors_of(forms.values()):
        faults.append(f"no rule {wanted.rule} that makes an error in the forms of this campaign")
    if wanted.until < today:
        faults.append(f"--until {wanted.until} is over")
    return faults


def errors_of(forms: Iterable[Form]) -> set[str]:
    told = {rule for rule, each in STRUCTURAL.items() if each.level == "error"}
    for form in forms:
        told |= {form.rule_of(field) for field in (*form.facts, *form.columns)}
        told |= {rule.id for rule in form.rules if rule.level == "error"}
    return told
