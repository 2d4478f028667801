"""Where the answers of each form stand in what came back, and what was understood differently from how we sent it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field as member

from oneledger.domain.cells import is_blank
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, Form
from oneledger.domain.layout_facts import FactPlaces, find_facts
from oneledger.domain.layout_hidden import hidden_answers
from oneledger.domain.layout_merged import Merged, read_merged, touching
from oneledger.domain.layout_table import TablePlaces, find_table
from oneledger.domain.parsed import folded
from oneledger.domain.printed import FINDINGS_SHEET
from oneledger.domain.returns import CellValue, SheetCells, WorkbookCells
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import META_SHEET

LEAST_SHARE = 0.4  # of a form's headings, for a sheet to be that form
_HEADINGS_NAMED = 5
_OURS = (META_SHEET, FINDINGS_SHEET)

Position = tuple[int, int]  # row, column, from 0


@dataclass(frozen=True)
class Placed:
    """One form found in one sheet."""

    form: Form
    sheet: SheetCells
    facts: FactPlaces
    table: TablePlaces
    filled: Mapping[Position, CellValue] = member(default_factory=dict)  # by merged cells above them
    unclear: frozenset[Position] = frozenset()  # merged so that nobody can tell; already told
    findings: Sequence[Finding] = ()

    @property
    def share(self) -> float:
        """Of its titles that are there. Lines known by their number alone say nothing: every list has a number 3."""
        asked = len(self.form.facts) + len(self.form.columns)
        named = len(self.facts.cells) - len(self.facts.adopted) + len(self.table.columns)
        return named / asked if asked else 0.0

    def at(self, position: Position) -> CellValue:
        row, column = position
        try:
            value = self.sheet.rows[row][column]
        except IndexError:  # rows are ragged
            value = None
        return self.filled.get(position, value) if self.filled and is_blank(value) else value

    def answers(self) -> dict[tuple[str, int], CellValue]:
        """Everything the unit wrote, for comparing two sheets of the same form."""
        facts = {(key, 0): self.at(position) for key, position in self.facts.cells.items()}
        rows = {
            (key, number): self.at((row, column))
            for number, row in enumerate(self.table.rows, 1)
            for key, column in self.table.columns.items()
        }
        return {key: value for key, value in (facts | rows).items() if not is_blank(value)}


def place(form: Form, sheet: SheetCells) -> Placed:
    """Never fails: what is not there is told in the findings."""
    table = find_table(sheet, form)
    facts = find_facts(sheet, form, table.span)
    merges = touching(sheet.merged, facts.cells.values(), table.rows, table.columns.values())
    merged = read_merged(sheet, merges, _answers(form, facts, table), form.table) if merges else Merged()
    findings = [*facts.findings, *table.findings, *merged.findings]
    findings += hidden_answers(form, sheet, facts, table)
    if form.table and not table.columns:
        findings.append(_no_heading(form, sheet))
    return Placed(form, sheet, facts, table, merged.filled, merged.unclear, findings)


def _answers(form: Form, facts: FactPlaces, table: TablePlaces) -> dict[Position, Field]:
    of_facts = {facts.cells[fact.key]: fact for fact in form.facts if fact.key in facts.cells}
    columns = [(column, table.columns[column.key]) for column in form.columns if column.key in table.columns]
    return of_facts | {(row, index): column for row in table.rows for column, index in columns}


@dataclass(frozen=True)
class Layout:
    placed: Mapping[str, Placed]  # form name -> where; in the order of the forms asked
    findings: Sequence[Finding]  # about sheets; each Placed has its own


def locate(cells: WorkbookCells, forms: Sequence[Form]) -> Layout:
    """By sheet name where the headings agree, else by the headings themselves."""
    sheets = [sheet for sheet in cells.sheets if sheet.name not in _OURS]
    findings: list[Finding] = []
    placed: dict[str, Placed] = {}
    by_name = {folded(sheet.name): sheet for sheet in reversed(sheets)}
    for form in forms:
        sheet = by_name.get(folded(form.sheet))
        attempt = place(form, sheet) if sheet else None
        if attempt and attempt.share >= LEAST_SHARE:
            placed[form.form] = attempt
    for form in forms:
        if form.form not in placed:
            findings += _recognised(form, sheets, placed)
    findings += [structural("WB-016", each.sheet.name) for each in placed.values() if each.sheet.hidden]
    used = {id(each.sheet) for each in placed.values()}
    told = {finding.sheet for finding in findings if finding.rule == "WB-015"}
    for sheet in sheets:
        if id(sheet) not in used and sheet.name not in told:
            findings += _left_over(sheet, placed)
    return Layout({form.form: placed[form.form] for form in forms if form.form in placed}, findings)


def _recognised(form: Form, sheets: Sequence[SheetCells], placed: dict[str, Placed]) -> list[Finding]:
    """Puts the form into ``placed`` where one unclaimed sheet has its headings."""
    used = {id(each.sheet) for each in placed.values()}
    attempts = [place(form, sheet) for sheet in sheets if id(sheet) not in used]
    best = max(attempts, key=lambda attempt: attempt.share, default=None)
    if best is not None and best.share >= LEAST_SHARE:
        placed[form.form] = best
        return [structural("WB-012", best.sheet.name, form=form.sheet)]
    named = next((sheet for sheet in sheets if folded(sheet.name) == folded(form.sheet)), None)
    if named is not None:
        return [_no_heading(form, named)]
    return [structural("WB-011", form=form.sheet)]


def _no_heading(form: Form, sheet: SheetCells) -> Finding:
    titles = [field.title for field in (form.columns or form.facts)][:_HEADINGS_NAMED]
    return structural("WB-015", sheet.name, headings="、".join(titles))


def _left_over(sheet: SheetCells, placed: Mapping[str, Placed]) -> list[Finding]:
    """A second copy of a form must not be passed over in silence; any other sheet is none of ours."""
    if all(is_blank(value) for row in sheet.rows for value in row):
        return []
    if not placed:
        return [structural("WB-014", sheet.name)]
    attempts = ((place(each.form, sheet), each) for each in placed.values())
    copy, each = max(attempts, key=lambda pair: pair[0].share)
    if copy.share < LEAST_SHARE:
        return [structural("WB-014", sheet.name)]
    differs = copy.answers() != each.answers()
    return [structural("WB-013", sheet.name, other=each.sheet.name)] if differs else []
