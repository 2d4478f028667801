"""An inspection record is judged: total and grade against its rows, problems against their date, and the self-check."""

from oneledger.domain.cells import cell_name
from oneledger.domain.findings import Finding
from oneledger.domain.layout import Placed
from oneledger.domain.parsed import shown
from oneledger.domain.returns import LedgerRow
from oneledger.domain.review_cells import Reading
from oneledger.domain.review_rows import RowsReading
from oneledger.domain.rules import structural
from oneledger.domain.scoring import TOO_HIGH, TOO_LOW, agreement_of, grade_of, grades_text, plain, total_of


def reckon(placed: Placed, facts: Reading, rows: RowsReading) -> list[Finding]:
    """Writes total and agreement into what was read, and says where the unit's own words differ."""
    return [
        *_judge_total(placed, facts, rows),
        *_judge_openings(placed, facts, rows),
        *_compare(placed, rows),
    ]


def _judge_total(placed: Placed, facts: Reading, rows: RowsReading) -> list[Finding]:
    """A total left blank is the system's to add; one that was written must be right."""
    scoring = placed.form.scoring
    is_whole = placed.form.table is None or len(rows.rows) == len(placed.form.table.items)  # else told already
    total = total_of(scoring, [row.values for row in rows.rows]) if scoring and is_whole else None
    if scoring is None or total is None:
        return []
    findings = []
    found, grade, right = facts.values.get(scoring.total), facts.values.get(scoring.grade), grade_of(scoring, total)
    if found is None and scoring.total not in facts.broken:
        facts.values[scoring.total] = int(total) if total == int(total) else float(total)
    if found is not None and plain(found) != plain(total):
        findings.append(_of_fact(placed, scoring.total, "SR-001", plain(found), plain(total)))
    if grade is not None and grade != right:
        words = {"total": plain(total), "grades": grades_text(scoring)}
        findings.append(_of_fact(placed, scoring.grade, "SR-002", grade, right, **words))
    return findings


def _of_fact(placed: Placed, key: str, rule: str, found: str, expected: str, **words: str) -> Finding:
    place = placed.facts.cells.get(key)
    cell = cell_name(*place) if place else ""
    return structural(rule, placed.sheet.name, cell, found=found, expected=expected, **words)


def _judge_openings(placed: Placed, facts: Reading, rows: RowsReading) -> list[Finding]:
    """A problem without a date would never be overdue (000-25)."""
    opens = placed.form.opens
    if opens is None or not opens.due or opens.due in facts.broken or facts.values.get(opens.due) is not None:
        return []
    title = next(fact.title for fact in placed.form.facts if fact.key == opens.due)
    told = [(row, row.values[opens.row]) for row in rows.rows if row.values.get(opens.row)]
    return [_of_row(placed, row, opens.row, "SR-003", found=shown(words), title=title) for row, words in told]


def _compare(placed: Placed, rows: RowsReading) -> list[Finding]:
    agreement, scoring = placed.form.agreement, placed.form.scoring
    if agreement is None or scoring is None:
        return []
    findings: list[Finding] = []
    for row in rows.rows:
        values = row.values
        values[agreement.column] = found = agreement_of(placed.form, values)
        if found in (TOO_HIGH, TOO_LOW):
            score, points = plain(values[scoring.score]), plain(values[scoring.points])
            words = {"agreement": found, "told": values[agreement.told], "score": score, "points": points}
            findings.append(_of_row(placed, row, scoring.score, "SR-004", **words))
    return findings


def _of_row(placed: Placed, row: LedgerRow, key: str, rule: str, found: str = "", **words: str) -> Finding:
    column = placed.table.columns.get(key)
    cell = "" if column is None else cell_name(row.line - 1, column)
    return structural(rule, placed.sheet.name, cell, found=found, **words)
