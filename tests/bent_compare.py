"""What became of a bent workbook, found by comparing with what its unit meant: never by asking the review itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from oneledger.domain.findings import Finding
from oneledger.domain.returns import Review
from tests.bent_book import Span, name, place
from tests.bent_specimens import Bent, Values

Outcome = Literal["equal", "normalised", "returned"]
"""equal: the values meant, and nothing to tell. normalised: the values meant, and a note says what was read otherwise.
returned: an error at the right cell; no value but those meant."""


@dataclass(frozen=True)
class Told:
    rule: str
    cell: str = ""
    sheet: str | None = None  # None: the form's own


@dataclass(frozen=True)
class Deformation:
    """``bend`` changes the workbook, and what it means, and says what must be told and where."""

    name: str
    what: str
    forms: tuple[str, ...]
    outcome: Outcome
    bend: Callable[[Bent], Iterable[Told]]


@dataclass(frozen=True)
class Difference:
    sheet: str
    cell: str  # "" where nobody can say which
    key: str
    meant: Any
    read: Any

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell} {self.key}: meant {self.meant!r}, read {self.read!r}"


def complaints(bent: Bent, outcome: Outcome, expected: Sequence[Told], result: Review) -> list[str]:
    """Why it did not end as it should; nothing where it did."""
    differences = list(differing(bent, result))
    errors = [finding for finding in result.findings if finding.level == "error"]
    wrong = [f"wrong: {each}" for each in differences if each.read is not None]
    silent = [f"silent: {each}" for each in differences if each.read is None and not _covered(bent, each, errors)]
    ended = "returned" if errors else "normalised" if result.findings else "equal"
    verdict = "returned" if errors else "accepted"
    other = (
        []
        if (ended, verdict) == (outcome, result.verdict)
        else [f"ended as {ended}, {result.verdict}, not as {outcome}"]
    )
    wanted = {(each.rule, bent.sheet if each.sheet is None else each.sheet, each.cell) for each in expected}
    told = {(each.rule, each.sheet, each.cell) for each in result.findings}
    more = [f"told besides: {each}" for each in sorted(told - wanted)]
    less = [f"not told: {each}" for each in sorted(wanted - told)]
    lost = [f"lost: {each}" for each in differences] if outcome != "returned" else []
    return [*wrong, *silent, *other, *more, *less, *lost]


def differing(bent: Bent, result: Review) -> Iterator[Difference]:
    for form in bent.specimen.forms:
        ledger = result.ledgers.get(form.form)
        facts = ledger.facts if ledger else {}
        for key, meant in bent.facts[form.form].items():
            if facts.get(key) != meant:
                own = form is bent.form
                at = bent.answers.get((key, 0)) if own else None
                yield Difference(form.sheet, name(*at) if at else "", key, meant, facts.get(key))
    if bent.form.table is not None:
        ledger = result.ledgers.get(bent.form.form)
        yield from _rows(bent, [row.values for row in ledger.rows] if ledger else [])


def _rows(bent: Bent, read: list[Values]) -> Iterator[Difference]:
    """Rows that were printed are known by their key, others by their order."""
    table = bent.form.table
    assert table
    if table.rows == "open":
        pairs = [(number, read[number] if number < len(read) else {}) for number in range(len(bent.rows))]
        strange = read[len(bent.rows) :]
    else:
        by_key = {row[table.key]: row for row in reversed(read)}
        pairs = [(number, by_key.pop(row[table.key], {})) for number, row in enumerate(bent.rows)]
        strange = list(by_key.values()) if len(read) <= len(bent.rows) else [{"row": "given twice"}]
    for number, row in pairs:
        for key, meant in bent.rows[number].items():
            if row.get(key) != meant:
                at = bent.answers.get((key, number))
                yield Difference(bent.sheet, name(*at) if at else "", key, meant, row.get(key))
    for row in strange:
        yield Difference(bent.sheet, "", "a row nobody meant", None, row)


def _covered(bent: Bent, lost: Difference, errors: Sequence[Finding]) -> bool:
    return any(_speaks_of(bent, error, lost) for error in errors)


def _speaks_of(bent: Bent, error: Finding, lost: Difference) -> bool:
    """An error about its cell, its row, its column, its sheet, or a merged cell it belongs to."""
    if error.sheet and error.sheet != lost.sheet:
        return False
    if not error.cell or not lost.cell:
        return error.rule.startswith("WB-")
    at, here = place(lost.cell), place(error.cell)
    grid = next((sheet.grid for sheet in bent.book.sheets if sheet.name == lost.sheet), None)
    spans: list[Span] = [*(grid.merges if grid else []), (*here, *here)]
    span = next(each for each in spans if each[0] <= here[0] <= each[2] and each[1] <= here[1] <= each[3])
    in_rows, in_columns = span[0] <= at[0] <= span[2], span[1] <= at[1] <= span[3]
    agreement = bent.form.agreement
    if in_rows and (in_columns or (agreement and lost.key == agreement.column)):  # reckoned from its row
        return True
    table, key = bent.form.table, bent.form.table.key if bent.form.table else ""
    of_key = bool(table) and key in bent.headings and span[1] <= bent.headings[key][1] <= span[3]
    return (
        (in_rows and of_key)
        or (in_columns and error.rule in ("WB-030", "WB-026"))
        or (in_rows and error.rule == "WB-038")
    )
