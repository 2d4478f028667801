"""The circular on an inspection: praise first, nobody ranked, late units by name (000-19, 000-25; domain.md 2.2)."""

from dataclasses import replace

from oneledger.adapters.report_docx import render_report
from oneledger.domain.circular import NAMED, Late, circular_context, disagreements, scored_form
from oneledger.domain.report_figures import UnitBrief
from oneledger.domain.rollup import Coverage, Rollup
from oneledger.settings import Settings
from tests import report_samples as samples
from tests.test_definitions import FORMS
from tests.test_inspection_way import words_of

NORTH, SOUTH = UnitBrief("210102", "和平区教育局", "county"), UnitBrief("210103", "沈河区教育局", "county")
CITY = UnitBrief("210100", "虚拟市教育局", "city")
CHILDREN = (
    (NORTH, Rollup({}, {}, Coverage(returned=3, late=1))),
    (SOUTH, Rollup({}, {}, Coverage(returned=4))),
)
LATE = (Late("虚拟市教育局", "和平区教育局", is_missing=False), Late("沈河区教育局", "柳林小学", is_missing=True))
EXCELLENT = ("望湖路小学", "柳林小学")


def city_view(**changed):
    inspection = FORMS["inspection-v1"]
    rollup = changed.pop("rollup", replace(samples.INSPECTED, coverage=Coverage(returned=7, late=1)))
    return samples.view(
        "inspect", unit=CITY, children=CHILDREN, rollup=rollup, forms={"inspection": inspection}, **changed
    )


def text_of(context) -> list[str]:
    return [block["text"] for section in context["sections"] for block in section["blocks"]]


def test_praise_comes_before_blame_and_units_stand_in_administrative_order():
    context = circular_context(city_view(), LATE, EXCELLENT)
    assert [section["heading"] for section in context["sections"]] == [
        "一、检查情况", "二、做得好的单位", "三、存在的问题", "四、下一步要求",
    ]  # fmt: skip
    told = text_of(context)
    assert "沈河区教育局按时报齐材料，予以肯定。" in told  # 和平区 was late
    assert "望湖路小学、柳林小学检查等次为“优秀”。以上按行政区划顺序排列。" in told
    assert "没有按要求报送材料的有：柳林小学；逾期报送的有：和平区教育局。" in told


def test_what_is_said_of_the_whole_names_no_school():
    """domain.md 3.6: never a school by its number of cases; scores and grades are told as sums only."""
    told = "".join(text_of(circular_context(city_view(), (), ())))
    assert "督导检查记录3份" in told
    assert "等次：优秀1个、合格2个、不合格0个" in told
    assert "检查低于自查的有2项次" in told
    assert "小学" not in told


def test_many_late_units_go_to_an_annex():
    many = [Late("和平区教育局", f"第{no}小学", is_missing=no % 2 == 0) for no in range(NAMED + 1)]
    context = circular_context(city_view(), many, ())
    assert context["annex_lines"] == ["附件：未报和逾期报送单位名单"]
    assert "未报单位8个，逾期报送单位8个，名单见附件。" in text_of(context)
    assert [row["name"] for row in context["late"]] == [each.name for each in many]


def test_there_is_none_where_nothing_was_inspected():
    assert scored_form(city_view(rollup=Rollup(coverage=Coverage(missing=2)))) is None
    assert scored_form(samples.view()) is None


def test_the_template_renders_every_word():
    many = [Late("和平区教育局", f"第{no}小学", is_missing=True) for no in range(NAMED + 1)]
    template = Settings().templates / "reports" / "circular.docx"
    words = words_of(render_report(template, circular_context(city_view(), many, EXCELLENT)))
    for wanted in (
        "未经审核",
        "所属各单位：",
        "望湖路小学、柳林小学",
        "第15小学",
        "虚拟市教育局",
        "2021年3月19日",
        "未报",
    ):
        assert wanted in words


def test_the_list_of_disagreements_holds_no_row_that_agrees():
    """004-B: one list, two views."""
    told = {"topic": "责任到岗", "measure_no": "21、48", "selfcheck": "21已落实、48已落实", "points": 5, "score": 2}
    rows = [
        (NORTH, {**told, "agrees_with_selfcheck": "一致"}),
        (SOUTH, {**told, "agrees_with_selfcheck": "自查偏高"}),
        (SOUTH, {**told, "agrees_with_selfcheck": "无自查可比"}),
        (NORTH, {**told, "agrees_with_selfcheck": "自查偏低"}),
    ]
    assert list(disagreements(FORMS["inspection-v1"], rows)) == [
        [1, "沈河区教育局", "210103", "责任到岗", "21、48", "21已落实、48已落实", 5, 2, "自查偏高"],
        [2, "和平区教育局", "210102", "责任到岗", "21、48", "21已落实、48已落实", 5, 2, "自查偏低"],
    ]
