"""The table of deformations in docs/intake.md, made of the same data as the tests: ``python -m tests.deformation_table``."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.bent_compare import Deformation
from tests.bent_specimens import bend, specimen
from tests.deformed_lists import LIST_DEFORMATIONS
from tests.deformed_sheets import SHEET_DEFORMATIONS
from tests.deformed_tables import TABLE_DEFORMATIONS
from tests.deformed_values import VALUES

DEFORMATIONS = (*SHEET_DEFORMATIONS, *TABLE_DEFORMATIONS, *LIST_DEFORMATIONS, *VALUES)
PAGE = Path(__file__).parents[1] / "docs" / "intake.md"
TITLE = "## Layout and values\n"
_OURS = ("WB-", "SR-", "PD-")
_UNSEEN = re.compile(r"[\x00-\x1f\xa0\u200b-\u200f\u3000\ufeff]")


def rules_of(deformation: Deformation) -> list[str]:
    told = {told.rule for form in deformation.forms for told in deformation.bend(bend(specimen(form)))}
    own = ["the field's own"] if any(not rule.startswith(_OURS) for rule in told) else []
    return [*sorted(rule for rule in told if rule.startswith(_OURS)), *own]


def _row(deformation: Deformation) -> str:
    what = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", deformation.what)
    what = what.replace("<", "&lt;").replace("|", "\\|")
    cells = (
        deformation.name,
        what,
        ", ".join(deformation.forms),
        deformation.outcome,
        ", ".join(rules_of(deformation)),
    )
    return f"| {' | '.join(cells)} |"


def section(deformations: Iterable[Deformation] = DEFORMATIONS) -> str:
    listed = list(deformations)
    cases = sum(len(each.forms) for each in listed)
    return f"""{TITLE}
What offices do to a workbook they filled in rightly, and what becomes of it: {len(listed)} named deformations, each on at least three
forms, {cases} whole files (`tests/test_deformations.py`; this table is written by `python -m tests.deformation_table`).
*equal*: the values meant, nothing to tell. *normalised*: the values meant (without what was deleted), and a note at the cell says
what was read otherwise. *returned*: an error at the cell, no value read but those meant. Nothing ends otherwise.

| deformation | what is done | forms | outcome | told by |
|---|---|---|---|---|
{chr(10).join(map(_row, listed))}

LibreOffice fills in the blank workbooks of eight forms and saves them as xlsx, xls, ods and csv (`tests/test_libreoffice_filled.py`):
all come back with the values meant; xls and ods with the note WB-006, csv without its cover.
"""


def on_the_page(text: str) -> str:
    """The section as it stands there; empty where it does not."""
    _, found, rest = text.partition(TITLE)
    return f"{found}{rest.partition(chr(10) + '## ')[0]}".rstrip("\n") + "\n" if found else ""


def renew() -> None:
    text, new = PAGE.read_text(encoding="utf-8"), section()
    old = on_the_page(text)
    PAGE.write_text(text.replace(old, new) if old else f"{text.rstrip()}\n\n{new}", encoding="utf-8")


if __name__ == "__main__":
    renew()
