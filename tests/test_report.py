"""Sentences from figures: rules of domain.md 1.3, 2.2, 3.6 and of issue 2, part H."""

import re
from datetime import timedelta, timezone

import pytest

from oneledger.domain.forms import Form
from oneledger.domain.report import UnitBrief, report_context, title_lines
from oneledger.domain.report_figures import Figures, cell_key, own_part
from oneledger.domain.report_returns import NAMED_IN_ANNEX, NAMED_IN_TEXT
from oneledger.domain.rollup import Coverage, Rollup, added
from tests.report_samples import BASICS, COUNTY_UNIT, INSPECTED, LEDGER, RECTIFY, THIRD, column, rectify_view, view


def section(context, words):
    return next(each for each in context["sections"] if words in each["heading"])


def told(context, words):
    return "\n".join(block["lead"] + block["text"] for block in section(context, words)["blocks"])


def whole_text(context):
    return "\n".join(block["lead"] + block["text"] for each in context["sections"] for block in each["blocks"])


def test_returns_are_counted_four_ways_with_both_numbers_of_the_rate():
    """Four ways, never two (issue 2 H); the exempt are in no denominator."""
    assert told(report_context(view()), "报送情况") == (
        "截至2021年3月19日17时，应报材料5份，其中已报2份，零报告1份，免报1份，未报1份（其中已报来、正在改正1份）；"
        "逾期报送1份。报送率75%（3/4），分母不含免报。\n"
        "尚未报送的单位（按行政区划顺序）：第三小学。"
    )


def test_the_moment_is_told_in_the_campaigns_own_time():
    elsewhere = view(as_of=view().as_of.astimezone(timezone(timedelta(hours=-5))))
    assert report_context(elsewhere)["as_of"] == "2021年3月19日17时"


def test_one_missing_return_among_many_is_never_a_hundred_per_cent():
    lacking = view(rollup=Rollup(coverage=Coverage(returned=29_999, missing=1)), children=())
    assert "报送率99.9%（29,999/30,000）" in told(report_context(lacking), "报送情况")


def city_view(counties):
    children = tuple((UnitBrief(code, name, "county"), rollup) for code, name, rollup in counties)
    unit = UnitBrief("210100", "沈阳市教育局", "city")
    return view(unit=unit, children=children, rollup=added(rollup for _, rollup in children))


FULL = Rollup(coverage=Coverage(returned=20))


def test_praise_comes_first_and_names_stand_in_administrative_order():
    """Never by figures, never by alphabet (domain.md 2.2)."""
    owing = Rollup(coverage=Coverage(returned=18, missing=2), missing_units=(("9", "九中"), ("3", "三中")))
    text = told(
        report_context(city_view([("1", "沈河区", FULL), ("2", "和平区", owing), ("3", "皇姑区", FULL)])), "报送情况"
    )
    assert text.splitlines()[1:] == [
        "2个单位（共3个）已报齐：沈河区、皇姑区。",
        "尚未报送的单位（按行政区划顺序）：和平区（九中、三中）。",
    ]


def test_many_missing_units_are_counted_in_the_text_and_all_named_in_the_annex():
    names = tuple((str(n), f"第{n}中学") for n in range(NAMED_IN_TEXT + 1))
    owing = Rollup(coverage=Coverage(returned=4, missing=len(names)), missing_units=names)
    context = report_context(city_view([("210102", "和平区", owing), ("210103", "沈河区", FULL)]))
    assert "尚未报送的涉及16个单位，按行政区划顺序为：和平区16份。单位名单见附件。" in told(context, "报送情况")
    assert [(each["parent"], each["code"]) for each in context["missing"]] == [("和平区", code) for code, _ in names]
    assert context["annex_lines"] == ["附件：1.各单位报送和工作情况表", "　　　2.未报单位名单", "　　　3.报告数字出处"]


@pytest.mark.parametrize(("more", "where"), [(0, "附件"), (1, "汇总表")])
def test_more_missing_units_than_an_annex_can_hold_are_named_in_the_workbook_alone(more, where):
    """An officer must be able to open the report of a country (issue 6 of 6 C)."""
    names = tuple((str(n), f"第{n}中学") for n in range(NAMED_IN_ANNEX + more))
    owing = Rollup(coverage=Coverage(missing=len(names)), missing_units=names)
    context = report_context(city_view([("210102", "和平区", owing), ("210103", "沈河区", FULL)]))
    assert told(context, "报送情况").endswith(f"和平区{len(names):,}份。单位名单见{where}。")
    assert len(context["missing"]) == (0 if more else NAMED_IN_ANNEX)
    assert any("未报单位名单" in line for line in context["annex_lines"]) == (not more)


def test_missing_returns_of_the_unit_itself_are_its_own_line():
    own = Rollup(coverage=Coverage(missing=1), missing_units=(("210100", "沈阳市教育局"),))
    city = city_view([("210102", "和平区", FULL)])
    city = view(unit=city.unit, children=city.children, rollup=added([own, FULL]))
    assert own_part(city) == own
    assert "尚未报送的单位（按行政区划顺序）：本级（沈阳市教育局）。" in told(report_context(city), "报送情况")


def test_problems_are_told_by_the_seven_aspects_and_by_risk():
    """001-3, 004-A2: the seven aspects; a blank counts under its own name, not under the first choice."""
    assert told(report_context(view()), "排查发现的问题") == (
        "2个单位报送了问题排查台账，共排查问题8个，涉及学生数3人。\n"
        "按所属方面分：工作机制5个（62.5%），责任落实3个（37.5%）。\n"
        "按风险等级分：一般6个（75%），重大2个（25%）；较大0个。\n"
        "按整改类型分：限期整改7个（87.5%），未填或不需填1个（12.5%）；长期坚持0个。\n"
        "重大风险问题2个，分布在责任落实2个。"
    )


def test_facts_have_the_denominator_of_those_who_answered_them():
    """A bureau's facts and a school's never share a denominator; facts nobody here is asked are not told as 0."""
    assert told(report_context(view()), "基本情况") == (
        "3个单位报送了基本情况统计表，合计如下。\n"
        "（一）规模。学生数2,000人，其中寄宿生数40人。\n"
        "（二）机构。成立治理委员会的占50%（1/2）；明确工作机构的占100%（1/1）。"
    )


def test_a_fact_nobody_has_answered_yet_is_not_told_as_zero():
    """A snapshot taken before the schools' deadline has only the bureau's own answers."""
    own = Rollup({"basics.office=是": 1}, {"basics": 1}, Coverage(returned=1))
    context = report_context(view(rollup=own, children=()))
    assert told(context, "基本情况").splitlines()[1:] == ["（一）机构。明确工作机构的占100%（1/1）。"]


def test_a_group_of_nothing_but_zeros_is_one_remark():
    facts = [column(n, f"n{n}", f"第{n}类", group="F 事件", type="int", rollup="sum") for n in range(1, 6)]
    form = Form.model_validate({**BASICS.model_dump(), "facts": facts, "rules": []})
    none = Rollup({f"basics.n{n}": 0 for n in range(1, 6)}, {"basics": 1}, Coverage(returned=1))
    context = report_context(view(rollup=none, children=(), forms={"basics": form}))
    assert told(context, "基本情况").splitlines()[1:] == ["（一）事件。第1类、第2类等5项均为0。"]


def test_what_the_unit_itself_answered_with_zero_is_zero_and_not_unanswered():
    form = Form.model_validate(
        {
            **BASICS.model_dump(),
            "facts": [column(1, "calls", "约谈", type="int", rollup="sum", levels=["county", "city"])],
        }
    )
    county = Rollup({"basics.calls": 3}, {"basics": 1}, Coverage(returned=1))
    own = Rollup({"basics.calls": 0}, {"basics": 1}, Coverage(returned=1))
    children = ((UnitBrief("210102", "和平区", "county"), county),)
    unit = UnitBrief("210100", "沈阳市", "city")
    assert own_part(view(unit=unit, children=children, rollup=added([own, county]), forms={"basics": form})) == own


def test_self_check_names_the_measures_least_carried_out():
    """004-B: 不适用 is in no denominator; equal shares stay in the list's order."""
    assert told(report_context(view()), "自查") == (
        "2个单位对照政策清单自查，共6条次（一个单位自查一条措施为一条次）。\n"
        "按自查结论分：已落实3条次（50%），部分落实1条次（16.6%），未落实1条次（16.6%），不适用1条次（16.6%）。\n"
        "落实较弱的措施（未落实和部分落实合计，分母不含不适用）：\n"
        "第17条“值班巡查”，100%（1/1）。\n"
        "第9条“每学期集中教育”，50%（1/2）。"
    )


def test_rectification_rate_shows_both_numbers_and_is_never_rounded_up():
    """1.3: 整改率 = 已销号 ÷ 应整改; 长期坚持 items are not due; 1,898 of 1,899 is not 100%."""
    text = told(report_context(rectify_view()), "问题整改情况")
    assert text.splitlines()[0] == (
        "1,500个单位报送了整改销号台账，列入问题2,000个，其中长期坚持101个，应整改1,899个；"
        "已销号1,898个，整改率99.9%（1,898/1,899）。长期坚持的不销号，其中阶段性完成101个。"
    )
    assert "按所属方面看，已销号数与全部问题数之比为：工作机制1,898/1,999，责任落实0/1。" in text
    assert "按风险等级看，已销号数与全部问题数之比为：一般1,898/1,999，重大0/1。" in text


def test_what_is_still_open_is_listed_and_why_is_left_to_a_person():
    assert told(report_context(rectify_view()), "困难和不足").splitlines() == [
        "从数字看，下列情况需要说明原因：",
        "1.应整改而未销号的问题1个。",
        "2.尚未销号的重大风险问题1个（含长期坚持的）。",
        "〔请补充：困难、差距、薄弱环节及其根源，不写学生姓名和事件细节〕",
    ]


def test_problems_of_units_that_did_not_answer_are_said_not_dropped():
    before = Rollup({"ledger.rows": 2011}, {"ledger": 1510}, Coverage(returned=1510, missing=4))
    context = report_context(rectify_view(previous=before))
    assert "部署摸底阶段共2,011个问题，相差11个，为未报单位的或已撤回的，未计入整改率。" in told(
        context, "问题整改情况"
    )
    assert "上一阶段（部署摸底）报送率为99.7%（1,510/1,514）。" in told(context, "报送情况")


def test_inspection_tells_grades_the_mean_and_where_self_checks_were_too_kind():
    """004-C9, 004-C10; the mean is cut off, not rounded."""
    context = report_context(view("inspect", rollup=INSPECTED, children=()))
    assert told(context, "督导检查情况") == (
        "共收到督导检查记录3份，得分合计263分，平均87.6分。\n"
        "等次：优秀1个、合格2个、不合格0个。\n"
        "按与自查是否一致分：一致4项次（66.6%），自查偏高2项次（33.3%）；自查偏低0项次。\n"
        "自查偏高较多的检查项目：报告制度2项次。"
    )


def test_a_form_nobody_answered_gives_no_section():
    empty = view(rollup=Rollup(coverage=Coverage(missing=3)), children=())
    assert [each["heading"] for each in report_context(empty)["sections"]] == [
        "一、组织部署和主要做法",
        "二、报送情况",
        "三、存在的困难和不足",
        "四、下一步工作打算",
    ]


def test_places_for_a_persons_judgement_are_left_open():
    """000-27: practice, shortfalls and next steps are not invented."""
    places = [
        block["text"]
        for each in report_context(view())["sections"]
        for block in each["blocks"]
        if block["kind"] == "open"
    ]
    assert len(places) == 3
    assert all(each.startswith("〔请补充：") for each in places)
    assert report_context(view())["addressee"] == "〔请补充：主送机关〕"
    assert report_context(view(addressee="沈阳市教育局"))["addressee"] == "沈阳市教育局"


def test_the_next_phase_comes_from_the_campaign():
    assert "自2021年5月24日起进入集中整治阶段，至2021年6月30日。" in told(report_context(view()), "下一步")
    assert "进入" not in told(report_context(view("inspect", rollup=INSPECTED, children=())), "下一步")


def test_figures_nobody_signed_for_are_marked():
    assert report_context(view())["review_mark"] == "未经审核"
    assert "尚未经审核" in report_context(view())["opening"]
    assert report_context(view(is_reviewed=True))["review_mark"] == ""
    assert "未经审核" not in report_context(view(is_reviewed=True))["opening"]


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
NOT_A_FIGURE = re.compile(r"\d+年|\d+月|\d+日|\d+时|第\d+条|[\d.]+%|^\d\.", re.MULTILINE)


@pytest.mark.parametrize(
    "given",
    [
        view(),
        rectify_view(previous=Rollup({"ledger.rows": 2011}, {"ledger": 9}, Coverage(returned=9))),
        view("inspect", rollup=INSPECTED, children=()),
        view(previous=Rollup({"ledger.rows": 5}, {"ledger": 9}, Coverage(returned=9))),
    ],
)
def test_every_number_of_the_text_is_listed_with_its_key(given):
    context = report_context(given)
    numbers = set(NUMBER.findall(NOT_A_FIGURE.sub("", whole_text(context))))
    assert numbers <= {each["value"] for each in context["sources"]}
    assert len({each["key"] for each in context["sources"]}) == len(context["sources"])


def test_a_key_is_one_the_roll_up_holds_or_a_formula_of_such():
    """A roll-up leaves zeros out, so an absent key stands for 0."""
    plain = {
        each["key"]: each["value"] for each in report_context(view())["sources"] if not each["key"].startswith("=")
    }
    known = {*view().rollup.figures, *(f"answered.{form}" for form in view().rollup.answered)}
    absent = {key: value for key, value in plain.items() if key not in known and not key.startswith("coverage.")}
    assert set(absent.values()) == {"0"}


def test_a_childs_line_shows_zero_and_not_applicable_apart():
    """2.3: zero = 0, not applicable = —, owed and not come = blank; the unit's own part stands first, the sum last."""
    table = report_context(view())["children"]
    assert table["heads"] == ["应报", "已报", "零报告", "免报", "未报", "报送率", "问题数", "重大风险", "自查未落实"]
    assert [(row["unit"], *row["cells"]) for row in table["rows"]] == [
        ("本级", "1", "1", "0", "0", "0", "100%", "—", "—", "—"),
        ("第一小学", "1", "1", "0", "0", "0", "100%", "8", "2", "1"),
        ("第二小学", "1", "0", "1", "0", "0", "100%", "0", "0", "0"),
        ("第三小学", "1", "0", "0", "0", "1", "0%", "", "", ""),
        ("第四小学", "1", "0", "0", "1", "0", "—", "—", "—", "—"),
    ]
    assert table["total"]["cells"] == ["5", "2", "1", "1", "1", "75%", "8", "2", "1"]


def test_personal_fields_and_unasked_facts_are_nowhere_in_a_report():
    """3.6: names of people never stand in an aggregate."""
    everything = str(report_context(view()))
    assert "反映人" not in everything
    assert "负责人" not in everything
    assert "上报教育部" not in everything


def test_a_sum_is_taken_from_finer_counts_only_where_nothing_coarser_was_counted():
    figures = Figures(rectify_view().rollup)
    assert figures.rows(RECTIFY, fix_mode="长期坚持") == 101
    assert figures.rows(RECTIFY, state="已销号") == 1898
    assert cell_key(RECTIFY, {"fix_mode": "长期坚持"}) == "rectify.rows[fix_mode=长期坚持,state=*]"
    assert cell_key(LEDGER, {"risk": "重大", "aspect7": "责任落实"}) == "ledger.rows[aspect7=责任落实,risk=重大]"


def test_own_part_and_children_add_up_to_the_whole():
    given = view()
    own = own_part(given)
    assert own is not None
    assert added([own, *(each for _, each in given.children)]) == given.rollup


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("和平区教育局", ["和平区教育局关于2021年虚拟省", "防范中小学生欺凌专项治理行动", "部署摸底情况的报告"]),
        (
            "沈阳市和平区教育体育和文化旅游局",
            ["沈阳市和平区教育体育和文化旅游局关于", "2021年虚拟省防范中小学生欺凌专项治理行动"[:8], "防范中小学生欺凌专项治理行动", "部署摸底情况的报告"],
        ),
    ],
)  # fmt: skip
def test_a_title_breaks_between_words(unit, expected):
    assert report_context(view(unit=UnitBrief("1", unit, "county")))["title_lines"] == expected


def test_a_title_line_is_filled_before_it_is_broken():
    assert title_lines(["甲" * 10, "乙" * 9, "丙" * 3]) == ["甲" * 10 + "乙" * 9, "丙" * 3]


def test_a_school_that_is_its_own_missing_unit_is_named_once():
    context = report_context(view(children=((UnitBrief("2103", "第三小学", "school"), THIRD),), rollup=THIRD))
    assert context["missing"] == [{"no": "1", "parent": "", "name": "第三小学", "code": "2103"}]
    assert context["signature"] == COUNTY_UNIT.name
