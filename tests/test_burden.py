"""The plan shows what a campaign asks of one unit (issue 3 H): counted from the definitions, checked on real workbooks."""

import io
import json

import pytest
from openpyxl import load_workbook
from rich.console import Console

from desk.plans import show_plan
from oneledger.adapters.unit_sheet import write_units
from oneledger.adapters.workbook_master import build_master
from oneledger.domain.burden import Burden, burdens
from oneledger.domain.forms import RETURNED, asked_of
from oneledger.domain.launch_plan import LaunchPlan, PhasePlan
from oneledger.domain.workbooks import WorkbookSpec
from oneledger.settings import load_campaign
from tests.conftest import CONFIG
from tests.rehearse_small import small_province
from tests.test_definitions import FORMS
from tests.test_desk import oneledger

COVER = FORMS["cover-v1"]


def of_campaign(name: str) -> dict[tuple[str, str], Burden]:
    return {(each.deliverable, each.level): each for each in burdens(load_campaign(CONFIG, name), FORMS, COVER)}


def unlocked_cells(sheets) -> int:
    """What a person can type into, as openpyxl finds it in the workbook itself."""
    spec = WorkbookSpec("c", "p", "t", "n", "p", "school", sheets[0], tuple(sheets[1:]))
    book = load_workbook(io.BytesIO(build_master(spec)))
    cells = [cell for form in sheets for row in book[form.sheet].iter_rows() for cell in row]
    return sum(cell.has_style and not cell.protection.locked for cell in cells)


@pytest.mark.parametrize("level", ["school", "county", "city", "province"])
def test_what_is_counted_is_what_can_be_typed_into(level):
    """The basic table and the self-check, whose rows are printed: every open cell is counted once."""
    sheets = [asked_of(FORMS[name], level) for name in ("cover-v1", "basics-v1", "selfcheck-v1")]
    asked = of_campaign("liaoning-2021")[f"{level}-deploy", level]
    own = 1 if level == "school" else 0  # a school's ledger asks one fact more; its rows are counted apart
    assert asked.required + asked.if_it_applies == unlocked_cells(sheets) + own


def test_the_first_phase_asks_everything_and_a_later_one_less():
    asked = of_campaign("helan-2024")
    first, second = asked["school-deploy", "school"], asked["school-care", "school"]
    again = [fact for name in ("cover-v1", "care-v1") for fact in FORMS[name].facts if fact.prefill == RETURNED]
    locked = [fact for fact in COVER.facts if fact.locked]
    assert (first.prefilled, second.prefilled) == (len(locked), len(locked) + len(again))
    assert (
        second.required == sum(fact.required is True for fact in FORMS["care-v1"].facts if fact not in again) + 1
    )  # the day


def test_rows_are_counted_apart_since_their_number_is_the_units_own():
    asked = of_campaign("liaoning-2021")["school-rectify", "school"]
    columns = FORMS["rectify-v1"].columns
    assert (asked.row_required, asked.row_if_it_applies, asked.row_prefilled) == (
        sum(column.required is True for column in columns),
        sum(column.required is not True and not column.locked for column in columns),
        sum(column.locked for column in columns),
    )


def test_an_inspector_is_asked_about_the_school_and_nothing_is_known_of_its_record():
    asked = of_campaign("liaoning-2021")["inspection", "city"]
    forms = [asked_of(FORMS[name], "school") for name in ("cover-v1", "inspection-v1")]
    assert asked.prefilled == sum(fact.locked for form in forms for fact in form.facts)


def test_what_only_some_units_answered_is_not_taken_as_known():
    """Only some schools have problems: the look-back cannot count on the rectification sheet."""
    campaign = load_campaign(CONFIG, "liaoning-2021")
    narrowed = campaign.model_copy(
        update={
            "deliverables": tuple(
                each for each in campaign.deliverables if each.deliverable in ("school-rectify", "lookback")
            )
        }
    )
    asked = {each.deliverable: each for each in burdens(narrowed, FORMS, COVER)}
    assert asked["lookback"].prefilled == sum(fact.locked for fact in COVER.facts)


def test_the_plan_shows_it(tmp_path):
    write_units(tmp_path / "units.csv", small_province(120, 11))
    assert oneledger("units", "import", tmp_path / "units.csv", data=tmp_path).returncode == 0
    told = oneledger("plan", "liaoning-2021", "--as-of", "2021-02-20T09:00", "--json", data=tmp_path)
    shown = json.loads(told.stdout)["burdens"]
    assert shown == [vars(each) for each in of_campaign("liaoning-2021").values()]


def test_a_coordinator_sees_it_as_a_table():
    burden = of_campaign("liaoning-2021")["school-rectify", "school"]
    shown = Console(file=io.StringIO(), width=200)
    show_plan(shown, LaunchPlan((PhasePlan("rectify", "集中整治", None, 0, {}, None, None),), 1, (), (burden,)))
    rows = [line.split("│") for line in shown.file.getvalue().splitlines() if burden.title in line]
    counts = [
        burden.required,
        burden.if_it_applies,
        burden.prefilled,
        burden.row_required,
        burden.row_if_it_applies,
        burden.row_prefilled,
    ]
    assert [[cell.strip() for cell in row[1:-1]] for row in rows] == [
        ["集中整治", burden.title, "学校", *map(str, counts)]
    ]
