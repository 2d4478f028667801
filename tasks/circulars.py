"""What goes with an inspection's report: the circular, and the list of where self-checks claimed more or less."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from oneledger.adapters.report_rows import Register
from oneledger.domain.circular import DISAGREEMENT_HEADS, Late, circular_context, disagreements, scored_form
from oneledger.domain.forms import LEVELS, Form
from oneledger.domain.report_figures import SnapshotView, UnitBrief
from oneledger.store import submissions
from tasks.office import Running
from tasks.paper_rendering import rendered


def circular(
    here: Running, connection: Connection, view: SnapshotView, counted: Mapping[int, str], late: Mapping[str, bool]
) -> bytes | None:
    """None where nothing was inspected."""
    return circular_of(here, connection, view, counted, late) if scored_form(view) else None


def circular_of(
    here: Running, connection: Connection, view: SnapshotView, counted: Mapping[int, str], late: Mapping[str, bool]
) -> bytes:
    """Of any phase.

    ``counted``: each return that counts at or below the office -> whose; ``late``: respondent -> nothing came at all.
    """
    form = scored_form(view)
    named = [
        Late(here.units[parent].name if (parent := unit.parent or "") in here.units else "", unit.name, late[code])
        for code, unit in here.units.items()
        if code in late and _is_below(here, code, view.unit.code)
    ]
    context = circular_context(view, named, _excellent(here, connection, view, form, counted) if form else [])
    return rendered(here, "circular", view, context, template="circular")


def registers(view: SnapshotView, rows: Mapping[str, Sequence[tuple[UnitBrief, Mapping[str, Any]]]]) -> list[Register]:
    """A sheet of the consolidated workbook: where self-check and inspection disagree, as far up as rows go."""
    form = next((each for each in view.phase_forms if each.agreement), None)
    if form is None or not rows.get(form.form):
        return []
    return [Register("自查与检查不一致", DISAGREEMENT_HEADS, list(disagreements(form, rows[form.form])))]


def _excellent(
    here: Running, connection: Connection, view: SnapshotView, form: Form, counted: Mapping[int, str]
) -> list[str]:
    """Schools graded best, as far up as their rows go (domain.md 1.2)."""
    if form.scoring is None or form.table is None or view.unit.level not in LEVELS:
        return []
    if LEVELS.index(view.unit.level) < LEVELS.index(form.table.rollup.union_up_to):
        return []
    best = form.scoring.grades[0].title
    graded = {
        counted[number]
        for number, ledgers in submissions.ledgers(connection, list(counted))
        if ledgers.get(form.form, {}).get("facts", {}).get(form.scoring.grade) == best
    }
    return [unit.name for code, unit in here.units.items() if code in graded]


def _is_below(here: Running, code: str, top: str) -> bool:
    return code == top or any(above.code == top for above in here.ancestors(code))
