"""Pictures and outlook in reports and workbooks (issue 5, E, F and G): named measures, map by day, forecast, charts."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from oneledger.adapters.report_xlsx import consolidated_workbook
from oneledger.domain.day_map import DayMap, map_table
from oneledger.domain.forecast import Outlook
from oneledger.domain.measures import NamedMeasure, clauses, measures_in, most_named
from oneledger.domain.problem_states import CLOSED, WITHDRAWN
from oneledger.domain.rectifying import Change, Point, change_of, curve
from oneledger.domain.report import UnitBrief, report_context
from oneledger.domain.report_figures import Figures
from oneledger.domain.report_outlook import outlook_blocks
from oneledger.domain.rollup import Rollup
from tests.report_samples import FORMS, LEDGER, rectify_view, view

CITY = UnitBrief("210100", "沈阳市教育局", "city")
DAYS = tuple(date(2021, 3, day) for day in range(8, 20))
AHEAD = Outlook("和平区教育局", 30, 30, 5, 5, 2, ())
BEHIND = Outlook("沈河区教育局", 10, 12, 2, 5, 2, ("望湖路小学", "柳林小学"))
MAP = DayMap(DAYS, ((AHEAD, (1.0,) * 12), (BEHIND, (None, *(0.5,) * 10, 0.999))), is_over=False)


def test_a_text_is_cut_into_what_stands_between_marks():
    told = clauses("增加巡查次数，安排专人值守；3号楼装监控、张某某谈话")
    assert told == {"增加巡查次数", "安排专人值守"}


def test_only_columns_that_name_measures_are_looked_through():
    """3.6: no other words of a return go up."""
    columns = tuple(
        each.model_copy(update={"names_measures": each.key == "description"}) for each in LEDGER.table.columns
    )
    form = LEDGER.model_copy(update={"table": LEDGER.table.model_copy(update={"columns": columns})})
    kept = {"facts": {}, "rows": [{"values": {"description": "安排专人值守", "informant": "家住城东小区"}}]}
    assert measures_in([form], {"ledger": kept}) == {"安排专人值守"}
    assert measures_in([LEDGER], {"ledger": kept}) == frozenset()


def test_words_of_one_or_two_units_are_never_told_and_the_most_named_comes_first():
    """3.6: nothing points at one unit; a unit that writes the same words twice counts once."""
    few, some, many = "只有两校这样写", "安排专人值守", "增加巡查次数"
    named = {str(n): frozenset({many, *([some] if n < 3 else []), *([few] if n < 2 else [])}) for n in range(5)}
    assert most_named(named) == (NamedMeasure(many, 5), NamedMeasure(some, 3))


def test_words_that_seem_to_name_somebody_are_never_told():
    named = {str(n): frozenset({"与学生张小明谈话"}) for n in range(9)}
    assert most_named(named) == ()


def test_the_report_tells_named_measures_with_a_key_before_the_place_for_people():
    context = report_context(view(measures=(NamedMeasure("增加巡查次数", 12),)))
    told, people = context["sections"][0]["blocks"]
    assert told["text"].endswith("前几项是：增加巡查次数（12个单位）。")
    assert people["kind"] == "open"
    assert [each["value"] for each in context["sources"] if each["key"] == "=units[增加巡查次数]"] == ["12"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "未启动", Change(1, 0)),
        ("整改中", CLOSED, Change(0, 1)),
        (CLOSED, "反弹", Change(0, -1)),  # it stands open again
        ("未启动", WITHDRAWN, Change(-1, 0)),
        (WITHDRAWN, "未启动", Change(1, 0)),
        ("", CLOSED, Change(1, 1)),
    ],
)
def test_what_a_move_of_a_problem_adds_to_the_curve(before, after, expected):
    assert change_of(before, after) == expected


def test_the_curve_adds_up_day_by_day_and_keeps_the_last_day():
    changes = {date(2021, 5, day): Change(2, 1) for day in range(31, 0, -1)}
    points = curve(changes)
    assert points[-1] == Point(date(2021, 5, 31), 62, 31)
    assert len(points) <= 20
    assert [point.found for point in points] == [2 * point.day.day for point in points]


def test_the_report_says_where_the_phase_will_stand_and_who_decides_it():
    """Issue 5, G: at this pace county X ends at 91 %, these units decide it."""
    head, line = outlook_blocks(MAP, Figures(Rollup()))
    assert head.text == "按近几个工作日的速度推算（只供催报参考），到期报不齐的有1个单位："
    assert "沈河区教育局到期可报83.3%（10/12；" in line.text
    assert line.text.endswith("尚未报的2个单位是：望湖路小学、柳林小学。")


def test_what_a_forecast_is_reckoned_from_carries_keys():
    """Issue 5, D: every figure of a report. A city's own schools beside its counties are in no roll-up alone."""
    figures, codes = Figures(Rollup()), ("210102", "210103")
    outlook_blocks(DayMap(DAYS, MAP.lines, is_over=False, codes=codes, whole=frozenset(codes)), figures)
    assert [(each.key, each.value) for each in figures.sources.values()] == [
        ("=(coverage.returned+coverage.zero)@210103", "10"), ("=(coverage.expected-coverage.exempt)@210103", "12"),
        ("missing_units@210103", "2"),
    ]  # fmt: skip
    outlook_blocks(DayMap(DAYS, MAP.lines, is_over=False, codes=codes), beside := Figures(Rollup()))
    assert beside.sources == {}


def test_after_the_deadline_nothing_is_forecast():
    over = DayMap(DAYS, MAP.lines, is_over=True)
    assert outlook_blocks(over, Figures(Rollup())) == []
    assert {row["expected"] for row in map_table(over)["rows"]} == {"—"}


def test_the_map_of_the_report_shows_the_last_days_and_never_rounds_up_to_100():
    table = map_table(MAP)
    assert table["heads"] == [f"3.{day}" for day in range(12, 20)]
    assert [cell["text"] for cell in table["rows"][1]["cells"]] == [*["50"] * 7, "99"]


def test_only_offices_above_counties_have_the_map_as_an_annex():
    assert report_context(view())["annex_numbers"]["progress"] == 0
    assert report_context(view(unit=CITY, day_map=MAP))["annex_numbers"]["progress"] == 2


def book(given):
    return load_workbook(io.BytesIO(consolidated_workbook(given, {}, FORMS, ())))


def test_the_workbook_of_a_city_maps_counties_by_day_in_colours_the_program_draws():
    sheet = book(view(unit=CITY, day_map=MAP))["报送进度"]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows() if row[1].value in (AHEAD.name, BEHIND.name)]
    assert lines == [[1, AHEAD.name, *[1] * 12, 1, 0], [2, BEHIND.name, "—", *[0.5] * 10, 0.999, 0.833, 2]]
    (coloured,) = sheet.conditional_formatting
    assert (str(coloured.sqref), coloured.rules[0].type) == ("C7:N8", "colorScale")


def test_problems_by_aspect_are_a_native_chart_of_all_aspects():
    """Issue 5, F: 0 is a bar of 0, not a gap."""
    chart = book(view())["问题排查台账图"]._charts[0]
    assert [point.v for point in chart.ser[0].val.numRef.numCache.pt] == [5, 0, 0, 3, 0, 0, 0]


def test_rectification_over_time_is_a_native_chart_of_two_lines():
    points = (Point(date(2021, 5, 24), 8, 0), Point(date(2021, 6, 1), 8, 5))
    chart = book(rectify_view(rectified=points))["整改进度"]._charts[0]
    assert [[point.v for point in line.val.numRef.numCache.pt] for line in chart.ser] == [[8, 8], [0, 5]]
