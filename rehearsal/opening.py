"""What a unit's other sheets put into its problem ledger by themselves, worked out from what it wrote there."""

from collections.abc import Iterator
from datetime import date

from oneledger.domain.expressions import compiled
from oneledger.domain.forms import Form
from rehearsal.filler import Meant, Values


def opened_rows(form: Form, meant: Meant, day: date) -> Iterator[tuple[str, Values]]:
    """(by what the row is known again, its problem), in the order of the sheet. ``day``: written on the cover."""
    opens, table = form.opens, form.table
    if opens is None or table is None:
        return
    holds, facts = compiled(opens.condition).holds, meant.facts.get(form.form, {})
    for row in meant.rows.get(form.form, ()):
        if holds({**facts, **row}):
            problem = {"found_on": day, **opens.values}
            problem |= {name: facts.get(fact) for name, fact in opens.from_facts.items()}
            problem |= {name: row.get(column) for name, column in opens.from_row.items()}
            problem |= {name: each.words.get(str(row.get(each.column))) for name, each in opens.looked_up.items()}
            yield f"{form.form}/{row.get(table.key)}", problem
