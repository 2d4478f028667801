"""One form: its facts, its rows, its cross rules, its zero report."""

from collections.abc import Mapping
from typing import Any

from oneledger.domain.cells import cell_name, column_name
from oneledger.domain.cross_rules import RulePlan, plan_of
from oneledger.domain.findings import Finding
from oneledger.domain.layout import Placed
from oneledger.domain.problem_moves import moves_amiss
from oneledger.domain.returns import Ledger
from oneledger.domain.review_cells import CellReader, Reading, asked_in
from oneledger.domain.review_rows import RowsReading, read_rows
from oneledger.domain.review_scores import reckon
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import Fill

Values = Mapping[str, Any]


def judged(placed: Placed, context: Values, printed: Fill | None) -> tuple[Ledger, list[Finding]]:
    form = placed.form
    plan = plan_of(form)
    ours = printed.facts.get(form.form, {}) if printed else None
    facts = CellReader(placed).read(asked_in(form).facts, placed.facts.cells, context, ours)
    scope = {**context, **facts.values, "table_rows": len(placed.table.rows)}
    no_table = {"table_rows"} if form.table and not placed.table.columns else set()
    broken = frozenset(facts.broken | no_table)
    rows = read_rows(placed, form.table, plan, scope, broken, printed) if form.table else RowsReading()
    reckoned = reckon(placed, facts, rows)
    findings = [
        *placed.findings,
        *facts.findings(),
        *plan.broken_by_facts(scope, broken, placed),
        *_zero(placed, plan, facts, broken),
        *rows.findings,
        *moves_amiss(placed, rows.rows, printed),
        *reckoned,
    ]
    return _ledger(placed, facts, rows), findings


def _zero(placed: Placed, plan: RulePlan, facts: Reading, broken: frozenset[str]) -> list[Finding]:
    """A zero report has no rows, any other at least one; unless the form's own rules say so already."""
    zero_fact = placed.form.zero_fact
    if zero_fact is None or plan.judges_zero(zero_fact) or {zero_fact, "table_rows"} & broken:
        return []
    place = placed.facts.cells.get(zero_fact)
    cell = cell_name(*place) if place else ""
    count = len(placed.table.rows)
    if facts.values[zero_fact] == "是" and count:
        return [structural("WB-055", placed.sheet.name, cell, found="是", count=count)]
    if facts.values[zero_fact] == "否" and not count:
        return [structural("WB-056", placed.sheet.name, cell, found="否")]
    return []


def _ledger(placed: Placed, facts: Reading, rows: RowsReading) -> Ledger:
    form = placed.form
    is_zero = facts.values[form.zero_fact] == "是" and not rows.rows if form.zero_fact else None
    return Ledger(
        form.form,
        form.version,
        placed.sheet.name,
        dict(facts.values),
        rows.rows,
        {key: cell_name(*place) for key, place in placed.facts.cells.items()},
        {key: column_name(column) for key, column in placed.table.columns.items()},
        is_zero,
    )
