"""Answers in rows and columns that do not show: read, and told, for who hid them may think them gone."""

from collections.abc import Iterator

from oneledger.domain.cells import cell_at, cell_name, is_blank
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Form
from oneledger.domain.layout_facts import FactPlaces
from oneledger.domain.layout_table import TablePlaces
from oneledger.domain.returns import SheetCells
from oneledger.domain.rules import structural


def hidden_answers(form: Form, sheet: SheetCells, facts: FactPlaces, table: TablePlaces) -> Iterator[Finding]:
    if sheet.hidden_rows:
        first_column = min(table.columns.values(), default=0)
        answered = [at for at in facts.cells.values() if not is_blank(cell_at(sheet.rows, *at))]
        places = sorted([*answered, *((row, first_column) for row in table.rows)])
        hidden = [at for at in places if at[0] in sheet.hidden_rows]
        if hidden:
            yield structural("WB-036", sheet.name, cell_name(*hidden[0]), count=len({row for row, _ in hidden}))
    if sheet.hidden_columns:
        titles = {column.key: column.title for column in form.columns}
        for key, column in table.columns.items():
            has_answers = any(not is_blank(cell_at(sheet.rows, row, column)) for row in table.rows)
            if column in sheet.hidden_columns and has_answers:
                yield structural("WB-037", sheet.name, cell_name(table.heading, column), title=titles[key])
