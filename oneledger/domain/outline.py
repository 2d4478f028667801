"""The outline (提纲) of a report drafted for a unit: what may be said of which answers, and what only people know.

It is data (templates/reports/*.yaml). A text names what the unit answered: ``{basics.pupils}`` a fact,
``{ledger.rows}`` how many rows, ``{ledger.rows[risk=重大]}`` how many of these, ``{ledger.rows by risk}`` all of them
told apart; told row by row, ``{description}`` is a column and ``{new_due_on|due_on}`` the first of two filled in.
"""

import re

from pydantic import Field as Key, field_validator

from oneledger.domain.expressions import compiled
from oneledger.domain.forms import Definition

PLACE = re.compile(r"\{([^{}]+)\}")
ITEMS = "items"  # the place of those items that were answered as ``say``, or of those counts that are not 0


class Told(Definition):
    """One sentence. What it needs and nobody answered becomes a gap: ``gap`` in place of the titles of the fields."""

    text: str = ""  # empty: nothing but the gap
    when: str | None = None  # over facts, named form_key; and form_rows
    items: dict[str, str] = Key(default={})  # yes/no fact -> its word in a list
    say: str = "是"
    counts: dict[str, str] = Key(default={})  # fact -> its words in a list; the number takes the place of #
    rows: str = ""  # the form whose rows are told, one by one
    otherwise: str = ""  # the form that serves where nobody answered that one
    where: str | None = None  # over the row's columns; a row is left out where this is false
    as_items: bool = False  # each row is a numbered paragraph
    none: str = ""  # what is said where no row is left, or every count is 0
    if_known: bool = False  # no gap where it was not answered
    gap: str = ""

    @field_validator("when", "where")
    @classmethod
    def _compiles(cls, text: str | None) -> str | None:
        if text is not None:
            compiled(text)
        return text

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(place for place in PLACE.findall(self.text) if place != ITEMS)


class Paragraph(Definition):
    lead: str = ""
    told: tuple[Told, ...]


class Part(Definition):
    heading: str
    paragraphs: tuple[Paragraph, ...]


class Outline(Definition):
    title: str  # what it is: 工作情况报告
    opening: str  # {campaign}, {document_no} and {phase} are filled in
    parts: tuple[Part, ...]
