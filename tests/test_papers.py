"""Papers besides the phase report: public copy, overall and special report, circular, supervision order (issue 5 E)."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document

from oneledger.adapters.report_docx import render_report
from oneledger.domain.circular import Late, circular_context
from oneledger.domain.errors import RefusedError
from oneledger.domain.gaps import gaps_in
from oneledger.domain.overall_report import overall_context
from oneledger.domain.public_report import UNSAID, public_context, published
from oneledger.domain.report_figures import UnitBrief
from oneledger.domain.rollup import Coverage, Rollup
from oneledger.domain.supervision_order import order_context
from tests.report_samples import COUNTY_UNIT, FORMS, LEDGER, SCHOOLS, rectify_view, view

TEMPLATES = Path(__file__).parent.parent / "templates" / "reports"
CITY, NORTH, SOUTH = "210100", "210102", "210103"


def words_of(context, template="phase_report"):
    document = Document(io.BytesIO(render_report(TEMPLATES / f"{template}.docx", context)))
    tables = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *tables])


def ledger_of(mechanism, duty, answered=9):
    return Rollup(
        {
            "ledger.rows": mechanism + duty,
            "ledger.rows[aspect7=工作机制]": mechanism,
            "ledger.rows[aspect7=责任落实]": duty,
        },
        {"ledger": answered},
        Coverage(returned=answered),
    )


def said_of(north, south, own=(0, 0)):
    rollups = {CITY: ledger_of(*map(sum, zip(north, south, own, strict=True))), NORTH: ledger_of(*north)}
    rollups[SOUTH] = ledger_of(*south)
    return rollups, published(rollups, {CITY: [NORTH, SOUTH]}, [LEDGER], 3)


def test_a_small_count_and_all_that_would_give_it_away_are_unsaid_at_every_level():
    """3.6: 2 of 工作机制 in one county is hidden there, its complement beside it, and the other county's too."""
    _, said = said_of((2, 8), (5, 20))
    told = {code: said.text(code, "ledger.rows[aspect7=工作机制]") for code in (CITY, NORTH, SOUTH)}
    assert told == {CITY: "7", NORTH: UNSAID, SOUTH: UNSAID}
    assert said.text(NORTH, "ledger.rows[aspect7=责任落实]") == UNSAID
    assert said.text(SOUTH, "ledger.rows[aspect7=责任落实]") == UNSAID
    assert [said.text(code, "ledger.rows") for code in (CITY, NORTH, SOUTH)] == ["35", "10", "25"]


def test_what_nobody_below_published_adds_is_taken_as_known():
    """A city's own school could be known to who asks: the counties still hide each other."""
    _, said = said_of((2, 8), (5, 20), own=(4, 4))
    assert [said.text(code, "ledger.rows[aspect7=工作机制]") for code in (NORTH, SOUTH)] == [UNSAID, UNSAID]


def test_zeros_and_large_counts_are_said():
    _, said = said_of((0, 8), (5, 20))
    assert said.hidden == frozenset()


def test_counts_of_an_office_where_hardly_anybody_answered_are_that_units_own():
    rollups = {CITY: ledger_of(40, 40), NORTH: ledger_of(20, 20, answered=2), SOUTH: ledger_of(20, 20)}
    said = published(rollups, {CITY: [NORTH, SOUTH]}, [LEDGER], 3)
    assert {said.text(NORTH, key) for key in rollups[NORTH].figures} == {UNSAID}


def public_words(rollup, said=None):
    given = view(unit=UnitBrief(NORTH, "和平区教育局", "county"), rollup=rollup, children=SCHOOLS)
    forms = given.phase_forms
    return words_of(public_context(given, said or published({NORTH: rollup}, {}, forms, 3), 3))


def test_a_public_copy_names_no_unit_below_and_says_that_it_is_one():
    """001-2, 004-A14: public copies carry no figures of a school, no list of units, no keys."""
    told = public_words(ledger_of(2, 8))
    assert "公开版" in told
    assert "内部资料" not in told
    assert f"问题排查台账共列10条。\n按所属方面分：工作机制{UNSAID}，制度措施0" in told
    assert f"责任落实{UNSAID}" in told
    assert not re.search(r"第.小学|附件|ledger\.", told)


def test_a_public_copy_of_two_returns_tells_no_count_at_all():
    told = public_words(ledger_of(20, 30, answered=2))
    assert "报送的单位少于3个，不公开数字。" in told
    assert "工作机制" not in told


def test_the_overall_report_tells_every_phase_and_keys_of_earlier_ones_say_which():
    context = overall_context([view(), rectify_view()])
    headings = [section["heading"] for section in context["sections"]]
    assert headings == [
        "一、主要做法和经验",
        "二、部署摸底阶段情况（截至2021年3月19日17时）",
        "三、集中整治阶段情况（截至2021年3月19日17时）",
        "四、存在的困难和不足",
        "五、长效机制和下一步打算",
    ]
    keys = {source["key"] for source in context["sources"]}
    assert {"ledger.rows#deploy", "coverage.returned#deploy", "rectify.rows", "coverage.returned"} <= keys
    leads = [block["lead"] for block in context["sections"][1]["blocks"] if block["lead"]]
    assert leads[:2] == ["（一）报送情况。", "（二）排查发现的问题。"]
    assert "总体情况的报告" in words_of(context)


def test_a_special_report_leaves_judgement_to_people():
    context = overall_context([view()], "special")
    assert context["title"].endswith("情况的专题汇报")
    assert gaps_in(context["addressee"]) == ["主送机关，如省人民政府"]
    open_ones = [
        block["text"] for section in context["sections"] for block in section["blocks"] if block["kind"] == "open"
    ]
    assert len(open_ones) == 4
    assert all(gaps_in(each) for each in open_ones)


def test_a_circular_of_any_phase_names_late_units_after_the_praise():
    """004-A10: late units by name, in the order given; the four ways first, no case counts of anybody."""
    late = [Late("沈河区教育局", "柳林小学", is_missing=True), Late("和平区教育局", "望湖路小学", is_missing=False)]
    context = circular_context(view(), late, ())
    assert [section["heading"] for section in context["sections"]] == [
        "一、报送情况", "二、做得好的单位", "三、存在的问题", "四、下一步要求",
    ]  # fmt: skip
    told = words_of(context, "circular")
    assert "没有按要求报送材料的有：柳林小学；逾期报送的有：望湖路小学。" in told
    assert "被查单位" not in told
    assert "问题8" not in told


def test_a_supervision_order_names_what_is_owed_and_leaves_the_date_to_people():
    context = order_context(view(), "沈阳市教育局")
    told = words_of(context)
    assert context["title"] == "2021年虚拟省防范中小学生欺凌专项治理行动部署摸底工作督办单"
    assert [context["addressee"], context["signature"]] == [COUNTY_UNIT.name, "沈阳市教育局"]
    assert "1.未报材料1份。" in told
    assert "未报单位：第三小学。" in told
    assert gaps_in(told) == ["办结时限"]


def test_nobody_is_supervised_for_nothing():
    done = replace(view(), rollup=Rollup(coverage=Coverage(returned=3)), children=())
    with pytest.raises(RefusedError):
        order_context(done, "沈阳市教育局")


def test_every_form_of_the_samples_can_be_published():
    assert {form.form for form in FORMS.values() if form.table} >= {"ledger", "rectify"}
    assert "整改销号台账共列2,000条。" in words_of(
        public_context(
            rectify_view(), published({COUNTY_UNIT.code: rectify_view().rollup}, {}, [FORMS["rectify"]], 3), 3
        )
    )
