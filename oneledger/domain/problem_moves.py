"""Tells a unit of a state that cannot follow the one it last told (domain.md 1.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from oneledger.domain.cells import cell_name
from oneledger.domain.findings import Finding
from oneledger.domain.layout import Placed
from oneledger.domain.problem_states import MOVES, RELAPSE_SEEN, may_follow
from oneledger.domain.returns import LedgerRow
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import Fill

Values = Mapping[str, Any]


def moves_amiss(placed: Placed, rows: Sequence[LedgerRow], printed: Fill | None) -> list[Finding]:
    """Judged from the state that was printed: a second version of a sheet corrects the first."""
    if placed.form.role != "progress" or printed is None:
        return []
    before = {row.get("problem_no"): row.get("state") for row in printed.rows.get(placed.form.form, ())}
    found = [_amiss(placed, row, before.get(row.values.get("problem_no"))) for row in rows]
    return [finding for finding in found if finding]


def _amiss(placed: Placed, row: LedgerRow, before: Any) -> Finding | None:
    after = str(row.values.get("state"))
    relapse_seen = row.values.get("lookback_result") == RELAPSE_SEEN
    if before not in MOVES or after not in MOVES or may_follow(str(before), after, relapse_seen=relapse_seen):
        return None
    place = (row.line - 1, placed.table.columns["state"])
    return structural("PL-001", placed.sheet.name, cell_name(*place), found=after, before=before, after=after)
