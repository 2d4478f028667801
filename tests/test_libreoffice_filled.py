"""Workbooks opened, filled in and saved by LibreOffice come back with the values meant, in every format it saves."""

import shutil

import pytest

from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.review import review
from tests.bent_compare import differing
from tests.bent_specimens import bend, specimen
from tests.calc_office import FORMATS, run, typed

FORMS = ("basics", "ledger", "rectify", "selfcheck", "inspection", "summary", "incident", "setup")


def orders(folder, title):
    """The blank workbook as it goes out; then every answer, cell by cell."""
    bent = bend(specimen(title))
    answers = [(bent.sheet, *at, key, row) for (key, row), at in bent.answers.items() if not bent.field(key).locked]
    cover = bend(specimen("cover"))
    told = [f"open\t{(folder / f'{title}.xlsx').as_uri()}"]
    for sheet, row, column, key, number in answers:
        value = bent.value(key, number)
        bent.grid.put((row, column), None)
        if value is not None:
            told.append(typed(sheet, row, column, "、".join(value) if isinstance(value, list) else value))
    for (key, _), at in cover.answers.items():
        if not cover.field(key).locked:
            bent.book.sheet(cover.sheet).grid.put(at, None)
            told.append(typed(cover.sheet, *at, cover.value(key)))
    (folder / f"{title}.xlsx").write_bytes(bent.book.saved())
    for ending, (kind, options) in FORMATS.items():
        told.append(f"save\t{(folder / f'{title}-filled.{ending}').as_uri()}\t{kind}\t{options.format(sheet=2)}")
    return [*told, "close"]


@pytest.fixture(scope="module")
def returned(tmp_path_factory):
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed: workbooks filled in by it are not tried")
    folder = tmp_path_factory.mktemp("calc")
    run(folder, [order for title in FORMS for order in orders(folder, title)])
    return folder


@pytest.fixture(scope="module")
def reader():
    with WorkbookReader() as shared:
        yield shared


@pytest.mark.parametrize("title", FORMS)
@pytest.mark.parametrize(("ending", "notes"), [("xlsx", []), ("xls", ["WB-006"]), ("ods", ["WB-006"])])
def test_what_libreoffice_saves_is_read_with_the_values_meant(reader, returned, title, ending, notes):
    found = specimen(title)
    cells = reader.read((returned / f"{title}-filled.{ending}").read_bytes())
    result = review(cells, found.forms, found.context)
    assert [str(each) for each in differing(bend(found), result)] == []
    assert ([finding.rule for finding in result.findings], result.verdict) == (notes, "accepted")


@pytest.mark.parametrize("title", FORMS)
def test_one_sheet_saved_by_libreoffice_as_csv_is_read_with_the_values_meant(reader, returned, title):
    """A csv has no second sheet: the cover is asked for, and is all that is missing."""
    found = specimen(title)
    cells = reader.read((returned / f"{title}-filled-{found.form.sheet}.csv").read_bytes())
    result = review(cells, found.forms, found.context)
    assert [str(each) for each in differing(bend(found), result) if each.sheet != "封面"] == []
    assert [finding.rule for finding in result.findings if finding.level == "error"] == ["WB-011"]
