"""A unit's workbook once more, as it was printed for it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from oneledger.adapters.workbook_stamp import stamp
from oneledger.domain import tokens
from oneledger.domain.assignments import Assignment
from oneledger.domain.forms import Field, FieldType
from oneledger.domain.notices import workbook_name
from oneledger.domain.workbooks import Fill
from tasks.office import Running


def printed_workbook(here: Running, assignment: Assignment) -> tuple[str, bytes]:
    """Its file name and its bytes. The assignment must come with what was printed."""
    deliverable, unit = here.campaign.deliverable(assignment.deliverable), here.units[assignment.unit]
    spec, plan = here.master(deliverable, unit.level)
    kept, forms = assignment.printed, {form.form: form for form in spec.sheets}
    facts = {name: _dated(forms[name].facts, values) for name, values in kept["facts"].items() if name in forms}
    rows = {
        name: [_dated(forms[name].columns, row) for row in printed]
        for name, printed in kept["rows"].items()
        if name in forms
    }
    fill = Fill(here.token(assignment.id, tokens.TokenKind.WORKBOOK), unit.code, unit.name, facts, rows)
    name = workbook_name(spec.forms[0].code.replace("-", ""), unit, here.campaign.phase(assignment.phase).title)
    return name, stamp(plan, fill)


def _dated(fields: tuple[Field, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Kept as text, dates are printed as dates again."""
    dates = {field.key for field in fields if field.type is FieldType.DATE}
    return {key: _date(value) if key in dates else value for key, value in values.items()}


def _date(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
