"""The circular that goes with an inspection's report: who was late, who did well, what was found."""

from collections.abc import Mapping

from sqlalchemy import Connection

from oneledger.adapters.report_docx import render_report
from oneledger.domain.circular import Late, circular_context, scored_form
from oneledger.domain.forms import LEVELS, Form
from oneledger.domain.report_figures import SnapshotView
from oneledger.store import submissions
from tasks.office import Running


def circular(
    here: Running, connection: Connection, view: SnapshotView, counted: Mapping[str, list[int]], late: Mapping[str, bool]
) -> bytes | None:
    """None where nothing was inspected. ``counted``: unit -> its returns that count; ``late``: respondent -> missing."""
    form = scored_form(view)
    if form is None:
        return None
    named = [
        Late(here.units[parent].name if (parent := unit.parent or "") in here.units else "", unit.name, late[code])
        for code, unit in here.units.items()
        if code in late and _is_below(here, code, view.unit.code)
    ]
    context = circular_context(view, named, _excellent(here, connection, view, form, counted))
    return render_report(here.office.settings.templates / "reports" / "circular.docx", context)


def _excellent(
    here: Running, connection: Connection, view: SnapshotView, form: Form, counted: Mapping[str, list[int]]
) -> list[str]:
    """Schools graded best, as far up as their rows go (domain.md 1.2)."""
    if form.scoring is None or form.table is None or view.unit.level not in LEVELS:
        return []
    if LEVELS.index(view.unit.level) < LEVELS.index(form.table.rollup.union_up_to):
        return []
    below = [code for code in here.units if code in counted and _is_below(here, code, view.unit.code)]
    owner = {submission: code for code in below for submission in counted[code]}
    best = form.scoring.grades[0].title
    graded = {
        owner[number]
        for number, ledgers in submissions.ledgers(connection, list(owner))
        if ledgers.get(form.form, {}).get("facts", {}).get(form.scoring.grade) == best
    }
    return [here.units[code].name for code in below if code in graded]


def _is_below(here: Running, code: str, top: str) -> bool:
    return code == top or any(above.code == top for above in here.ancestors(code))
