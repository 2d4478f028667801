"""What one unit's workbook carries, and the words printed in it by which the reader finds its way back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from oneledger.domain.forms import Form

META_SHEET = "_meta"  # very hidden; column A keys, column B values: campaign phase unit_code token forms
CUSTOM_PROPERTY = "OneLedgerToken"
DEFINED_NAME = "_oneledger_token"  # hidden; a text constant
FACT_HEADINGS = ("编号", "项目", "填写内容", "单位", "填写说明")  # of the list of facts; the first is e.g. A01 or 3


@dataclass(frozen=True)
class WorkbookSpec:
    """One master serves all units of a level in a phase. ``forms`` are already narrowed to the level (asked_of)."""

    campaign: str
    phase: str
    title: str  # campaign title, printed on the cover
    document_no: str
    phase_title: str
    level: str
    cover: Form
    forms: tuple[Form, ...]
    due_text: str = ""  # printed on the cover: 2021年3月15日17:00前

    @property
    def sheets(self) -> tuple[Form, ...]:
        return (self.cover, *self.forms)

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(f"{form.form}-v{form.version}" for form in self.sheets)


@dataclass(frozen=True)
class Fill:
    """What is printed for one unit. Keys: form name, then fact key, or rows of column key -> value."""

    token: str
    unit_code: str
    unit_name: str
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


ADDED = "_added"  # in a printed row: it stood in no earlier printing of the sheet


def printed_again(before: Mapping[str, Any], fill: Fill, key: str = "problem_no") -> dict[str, Any]:
    """What is kept of a sheet that the unit already has in an earlier printing: either may come back."""
    rows = {form: [dict(row) for row in printed] for form, printed in fill.rows.items()}
    for form, printed in rows.items() if before else ():
        known = {row.get(key) for row in before["rows"].get(form, ()) if not row.get(ADDED)}
        for row in printed:
            if row.get(key) not in known:
                row[ADDED] = True
    return {"facts": fill.facts, "rows": rows}
