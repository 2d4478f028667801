"""Every deformation, on every form it fits, read the real way, ends as it must (domain.md 5.2)."""

import pytest

from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.review import review
from tests.bent_compare import complaints
from tests.bent_specimens import bend, specimen
from tests.deformed_lists import LIST_DEFORMATIONS
from tests.deformed_sheets import SHEET_DEFORMATIONS
from tests.deformed_tables import TABLE_DEFORMATIONS
from tests.deformed_values import VALUES

DEFORMATIONS = (*SHEET_DEFORMATIONS, *TABLE_DEFORMATIONS, *LIST_DEFORMATIONS, *VALUES)
CASES = [(each, form) for each in DEFORMATIONS for form in each.forms]


@pytest.fixture(scope="module")
def reader():
    with WorkbookReader(renew_after=10_000) as shared:
        yield shared


def ended(reader, deformation, form):
    bent = bend(specimen(form))
    expected = list(deformation.bend(bent))
    result = review(reader.read(bent.book.saved()), bent.specimen.forms, bent.specimen.context)
    return complaints(bent, deformation.outcome, expected, result)


@pytest.mark.parametrize(("deformation", "form"), CASES, ids=[f"{each.name}-{form}" for each, form in CASES])
def test_no_deformation_is_misread_in_silence(reader, deformation, form):
    assert ended(reader, deformation, form) == []
