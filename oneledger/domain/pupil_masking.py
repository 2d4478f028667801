"""A judged return without what names a pupil: what is kept, quoted and passed on is masked; where it stood is told.

The file as it came keeps everything, and is sealed (tasks/quarantine.py).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from oneledger.domain.cells import cell_name
from oneledger.domain.documents import Paper, ReceivedFile
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, Form
from oneledger.domain.parsed import shown
from oneledger.domain.pupil_data import MASKED, masked, source_of, traces
from oneledger.domain.remembered import once_a_form
from oneledger.domain.returned_facts import lasting
from oneledger.domain.returns import Ledger, LedgerRow, Review, WorkbookCells
from oneledger.domain.rules import structural

EXPOSING = MASKED | {"IC-003"}


def exposed(findings: Iterable[Finding]) -> Counter[str]:
    """How often each kind of what must not be readable was found."""
    return Counter(each.rule for each in findings if each.rule in EXPOSING)


def is_withheld(findings: Iterable[Finding]) -> bool:
    """No marked copy goes back: what a workbook holds besides its cells (shared strings, comments, caches) cannot be
    proved clean, and the school has its own."""
    return bool(exposed(findings))


def strays(cells: WorkbookCells, ledgers: Mapping[str, Ledger]) -> Iterator[Finding]:
    """What stands where nothing is read: further columns and sheets, under a table. Each cell once."""
    read: set[tuple[str, str]] | None = None
    for sheet in cells.sheets:
        telling = _telling(sheet.texts)
        for row, values in enumerate(sheet.rows if telling else ()):
            for column, value in enumerate(values):
                if not isinstance(value, str) or value not in telling:
                    continue
                if read is None:
                    read = {place for ledger in ledgers.values() for place in _places(ledger)}
                if (sheet.name, cell_name(row, column)) not in read:
                    rule = next(each.rule for each in traces(value, "prose") if each.rule in MASKED)
                    found = shown(masked(value, "prose"))
                    yield structural(rule, sheet.name, cell_name(row, column), found=found)


@lru_cache(maxsize=16)  # each sheet is asked about twice: what the mail exposes, and what the return says
def _telling(texts: frozenset[str]) -> frozenset[str]:
    return frozenset(
        text for text in texts if (told := traces(text, "prose")) and any(each.rule in MASKED for each in told)
    )


def _places(ledger: Ledger) -> Iterator[tuple[str, str]]:
    yield from ((ledger.sheet, cell) for cell in ledger.fact_cells.values())
    yield from ((ledger.sheet, f"{column}{row.line}") for row in ledger.rows for column in ledger.columns.values())


def in_letter(subject: str, text: str, file_names: Iterable[str]) -> list[Finding]:
    """What the mail itself says. Asked about, not refused: the workbook in it may be faultless."""
    parts = [("邮件主题", subject), ("邮件正文", text), *(("附件名称", name) for name in file_names)]
    return [
        replace(structural(rule, where), level="query")
        for where, words in parts
        for rule in dict.fromkeys(each.rule for each in traces(words, "prose") if each.rule in MASKED)
    ]


def guarded(verdict: Review, forms: Iterable[Form]) -> Review:
    """Ledgers and findings with masks; the same object where nothing was found."""
    if not exposed(verdict.findings):
        return verdict
    by_name = {form.form: form for form in forms}
    ledgers = {name: masked_ledger(ledger, by_name[name]) for name, ledger in verdict.ledgers.items()}
    return Review(verdict.verdict, ledgers, masked_findings(verdict.findings))


def masked_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Another finding of the same cell may have quoted it cut, where no name can be seen any more."""
    quotes = {(each.sheet, each.cell): each.found for each in findings if each.rule in MASKED and each.cell}
    return [
        replace(
            each,
            sheet=masked(each.sheet, "prose"),
            found=quotes.get((each.sheet, each.cell), masked(each.found)),
            remedy=masked(each.remedy),
            reason=masked(each.reason),
        )
        for each in findings
    ]


def masked_ledger(ledger: Ledger, form: Form) -> Ledger:
    facts = {each.key: each for each in form.facts}
    columns = {each.key: each for each in form.columns}
    rows = [LedgerRow(row.line, _masked_values(row.values, columns)) for row in ledger.rows]
    return replace(ledger, facts=_masked_values(ledger.facts, facts), rows=rows)


def _masked_values(values: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    return {key: _masked_value(value, fields.get(key)) for key, value in values.items()}


def _masked_value(value: Any, field: Field | None) -> Any:
    source = source_of(field) if field is not None else None
    return masked(value, source) if source and isinstance(value, str) else value


def kept(verdict: Review, forms: Mapping[str, Form], sealed: Callable[[Any], str]) -> Review:
    """What the store needs. Personal fields serve nothing that it feeds and stay in the original alone; those that the
    unit itself gets printed again (prefill: returned) are kept ``sealed``."""
    ledgers = {name: _without_personal(ledger, forms[name], sealed) for name, ledger in verdict.ledgers.items()}
    hidden = {place for name, ledger in verdict.ledgers.items() for place in _personal_places(ledger, forms[name])}
    findings = [replace(each, found="") if (each.sheet, each.cell) in hidden else each for each in verdict.findings]
    return replace(verdict, ledgers=ledgers, findings=findings)


def impersonal(facts: Mapping[str, Mapping[str, Any]], forms: Iterable[Form]) -> dict[str, dict[str, Any]]:
    """Form -> facts without the personal ones."""
    hidden = {form.form: _personal(form) for form in forms}
    return {
        name: {key: value for key, value in told.items() if key not in hidden[name]} for name, told in facts.items()
    }


@once_a_form
def _personal(form: Form) -> frozenset[str]:
    return frozenset(each.key for each in (*form.facts, *form.columns) if each.personal)


def _without_personal(ledger: Ledger, form: Form, sealed: Callable[[Any], str]) -> Ledger:
    hidden = _personal(form)
    if not hidden:
        return ledger
    lasts = lasting(form)
    facts = {key: value for key, value in ledger.facts.items() if key not in hidden}
    facts |= {key: sealed(ledger.facts[key]) for key in hidden & set(lasts) if ledger.facts.get(key) is not None}
    rows = [
        LedgerRow(row.line, {key: value for key, value in row.values.items() if key not in hidden})
        for row in ledger.rows
    ]
    return replace(ledger, facts=facts, rows=rows)


def _personal_places(ledger: Ledger, form: Form) -> Iterator[tuple[str, str]]:
    hidden = _personal(form)
    if not hidden:
        return
    yield from ((ledger.sheet, cell) for key, cell in ledger.fact_cells.items() if key in hidden)
    columns = [column for key, column in ledger.columns.items() if key in hidden]
    yield from ((ledger.sheet, f"{column}{row.line}") for row in ledger.rows for column in columns)


def masked_file(file: ReceivedFile) -> ReceivedFile:
    """As it is kept and compiled; the pictures are cleaned elsewhere."""
    return replace(file, name=masked(file.name, "prose"), paper=_masked_paper(file.paper) if file.paper else None)


def _masked_paper(paper: Paper) -> Paper:
    return replace(paper, paragraphs=tuple(replace(each, text=masked(each.text, "prose")) for each in paper.paragraphs))
