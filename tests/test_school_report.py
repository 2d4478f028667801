"""A school's own report as a draft (003-3 to 003-7): its own figures, nothing made up, every gap named."""

import io
import re
import time
from datetime import date
from pathlib import Path

import pytest
from docx import Document

from oneledger.adapters.report_docx import render_report
from oneledger.domain.campaigns import Campaign
from oneledger.domain.document_text import TextContext, review_text
from oneledger.domain.documents import Paragraph as DocumentParagraph
from oneledger.domain.errors import DefinitionError
from oneledger.domain.expressions import compiled
from oneledger.domain.forms import Form, asked_of
from oneledger.domain.gaps import gap, gaps_in
from oneledger.domain.known_answers import Answer, ledger_of
from oneledger.domain.outline import Outline, Paragraph, Told
from oneledger.domain.report_figures import UnitBrief
from oneledger.domain.school_report import SchoolView, school_report_context
from oneledger.settings import load_outline
from tests.test_definitions import FORMS

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
PAGE = TEMPLATES / "reports" / "school_report.docx"
OUTLINE = load_outline(TEMPLATES, "school_report")
SCHOOL = {name.rpartition("-v")[0]: asked_of(form, "school") for name, form in FORMS.items()}

BASICS = {
    "classes": 12, "pupils": 1204, "boarders": 0, "staff": 61, "school_office": "是", "committee": "是",
    "committee_parents": "是", "committee_experts": "否", "committee_students": "否", "law_head": "否", "law_visits": 0,
    "school_phone_open": "是", "school_box_open": "是", "psych_full": 1, "psych_part": 2, "has_plan": "是", "has_rules": "是",
    "has_emergency": "是", "has_flow": "否", "has_duties": "是", "has_discipline": "否", "has_pact": "是",
    "has_report_rule": "是", "pupils_checked": 1200, "parent_contacts": 800, "talks": 90, "questionnaires": 1100,
    "cases": 3, "cases_light": 1, "cases_medium": 0, "cases_serious": 0, "cases_crime": 0, "cases_not": 2, "cases_pending": 0,
    "cases_over10": 0, "talked_to": 2, "apologies": 1, "punished": 0, "admonished": 0, "counselled": 3, "reported_up": 0,
    "lessons": 12, "staff_trained": 61, "parents_trained": 400, "drills": 0,
}  # fmt: skip


def problem(no: int, **changes) -> dict:
    row = {
        "problem_no": f"S-{no}", "description": f"第{no}处灯光昏暗", "aspect7": "条件保障", "risk": "一般", "place": "走廊楼梯",
        "measures": f"第{no}处换灯", "resp_person": "总务主任", "due_on": date(2021, 4, no),
    }  # fmt: skip
    return row | changes


def answered(form: str, facts: dict | None = None, rows: list[dict] | None = None) -> Answer:
    kept = {
        "form": form, "version": 1, "sheet": SCHOOL[form].sheet, "facts": facts or {}, "columns": {}, "is_zero": False,
        "rows": [{"line": line, "values": row} for line, row in enumerate(rows or [], 9)],
        "fact_cells": {key: f"C{number}" for number, key in enumerate(facts or {}, 5)},
    }  # fmt: skip
    return Answer(SCHOOL[form], ledger_of(SCHOOL[form], kept), "部署摸底第1次")


def context(
    campaign: Campaign, *answers: Answer, outline: Outline = OUTLINE, forms: dict[str, Form] | None = None
) -> dict:
    unit = UnitBrief("2121000001", "望湖路小学", "school")
    known = {answer.form.form: answer for answer in answers}
    view = SchoolView(
        campaign, campaign.phase("deploy"), unit, "虚拟区教育局", SCHOOL if forms is None else forms, known
    )
    return school_report_context(outline, view)


def paragraphs(made: dict) -> list[str]:
    return [
        block["lead"] + "".join(run["text"] for run in block["runs"])
        for section in made["sections"]
        for block in section["blocks"]
    ]


def one(told: Told, campaign: Campaign, *answers: Answer) -> list[str]:
    paragraph = Paragraph(told=(told,))
    outline = OUTLINE.model_copy(update={"parts": (OUTLINE.parts[0].model_copy(update={"paragraphs": (paragraph,)}),)})
    return paragraphs(context(campaign, *answers, outline=outline))


def all_told() -> list[Told]:
    return [told for part in OUTLINE.parts for paragraph in part.paragraphs for told in paragraph.told]


# --- what is known is told ----------------------------------------------------------------------------------------------


def test_the_three_parts_follow_one_another(liaoning):
    """003-5, 003-6, 003-7."""
    headings = [section["heading"] for section in context(liaoning)["sections"]]
    assert headings == ["一、基本情况和主要做法", "二、存在的问题", "三、下一步工作打算"]


def test_its_own_figures_are_filled_in(liaoning):
    lines = paragraphs(context(liaoning, answered("basics", BASICS)))
    assert lines[0].startswith(
        "（一）组织领导。我校现有12个班，学生1,204人，其中寄宿生0人，教职工61人。已明确工作机构和负责人。"
        "已成立学生欺凌治理委员会。委员会成员中有家长代表。"
    )
    assert lines[1] == "（二）制度和预案。已制定实施方案、工作制度、应急处置预案、责任清单、反欺凌公约、报告制度。"


def test_fights_are_not_bullying(liaoning):
    """003-3: two counters; and zeros of a long list are not told."""
    summary = answered("summary", {"fights": 5, "bullying_handled": 1})
    line = next(
        each for each in paragraphs(context(liaoning, answered("basics", BASICS), summary)) if "事件处置" in each
    )
    assert line == (
        "（九）事件处置。本学年以来接报疑似欺凌3起，其中认定情节轻微1起、经查不属欺凌2起。"
        "已批评教育和警示谈话2人次、道歉1人次、心理辅导3人次。另处理打架等违纪5起，经认定不属欺凌。"
    )


def test_what_was_answered_with_no_is_a_shortfall(liaoning):
    """003-6: a weakness the school itself has told, never praise."""
    line = next(each for each in paragraphs(context(liaoning, answered("basics", BASICS))) if "尚未制定" in each)
    assert line.startswith(
        "尚未制定预警处理干预流程、惩戒细则。尚未配备法治副校长（辅导员）。"
        "排查还没有覆盖全部学生（在籍1,204人，已排查1,200人）。还没有开展预案演练。〔请补充：家庭教育"
    )


def test_problems_and_next_steps_are_those_still_open(liaoning):
    """003-7: what is closed is not planned again; an extension's new day counts."""
    open_, closed, later = (
        problem(1, state="整改中"), problem(2, state="已销号"), problem(3, state="延期", new_due_on=date(2021, 9, 1)),
    )  # fmt: skip
    ledger = answered("ledger", {"zero_flag": "否"}, [problem(1), problem(2), problem(3)])
    lines = paragraphs(context(liaoning, ledger, answered("rectify", rows=[open_, closed, later])))
    assert [line for line in lines if re.match(r"\d．", line)] == [
        "1．第1处灯光昏暗（条件保障，一般风险）。",
        "2．第3处灯光昏暗（条件保障，一般风险）。",
        "1．第1处换灯（总务主任负责，2021年4月1日前完成）。",
        "2．第3处换灯（总务主任负责，2021年9月1日前完成）。",
    ]
    assert "（四）问题整改。列入整改台账的问题3个：整改中1个、已销号1个、延期1个。" in lines


def test_before_rectification_the_ledger_itself_is_told(liaoning):
    ledger = answered("ledger", {"zero_flag": "否"}, [problem(1, risk="重大"), problem(2)])
    lines = paragraphs(context(liaoning, ledger))
    assert "排查出问题2个：条件保障2个；按风险等级分，一般1个、重大1个。涉及的重点部位：走廊楼梯2个。" in lines[2]
    assert next(line for line in lines if re.match(r"\d．", line)) == "1．第1处灯光昏暗（条件保障，重大风险）。"


def test_a_zero_report_says_so(liaoning):
    lines = paragraphs(context(liaoning, answered("ledger", {"zero_flag": "是"})))
    assert "经排查没有发现问题，已作零报告。" in lines[2]
    assert "台账中没有尚未解决的问题。" in lines


def test_measures_not_carried_out_are_told_with_their_plan(liaoning):
    """003-9: the self-check leads to a plan of mending."""
    row = {
        "no": 15, "title": "有工作制度和应急预案", "conclusion": "部分落实", "problem": "预案没有演练过。", "measures": "四月演练一次",
        "resp_person": "校长", "due_on": date(2021, 4, 30),
    }  # fmt: skip
    lines = paragraphs(
        context(liaoning, answered("selfcheck", rows=[row, row | {"conclusion": "已落实", "brief": "已印发"}]))
    )
    assert "1．自查第15条“有工作制度和应急预案”部分落实：预案没有演练过。" in lines
    assert "1．四月演练一次（校长负责，2021年4月30日前完成）。" in lines
    assert lines[1].startswith("（二）制度和预案。已印发。")


def test_beyond_thirty_rows_the_rest_is_counted(liaoning):
    rows = [problem(1) for _ in range(32)]
    told = Told(rows="ledger", as_items=True, text="{description}。")
    lines = one(told, liaoning, answered("ledger", {"zero_flag": "否"}, rows))
    assert lines[29:] == ["30．第1处灯光昏暗。", "31．其余2条见问题排查台账。"]


# --- what is not known is a gap ----------------------------------------------------------------------------------------


def test_nothing_is_made_up(liaoning):
    """003-3: of a school that answered nothing no figure and no deed is told, only what it should add."""
    made = context(liaoning)
    runs = [run for section in made["sections"] for block in section["blocks"] for run in block["runs"]]
    assert [run for run in runs if not run["is_gap"]] == []
    assert made["sources"] == []


def test_an_unanswered_sentence_is_a_gap_with_the_names_of_its_fields(liaoning):
    told = Told(text="现有{basics.classes}个班，学生{basics.pupils}人。")
    assert one(told, liaoning) == ["〔请补充：班级数；学生数〕"]
    assert one(told, liaoning, answered("basics", {"classes": 12})) == ["现有12个班，学生〔请补充：学生数〕人。"]


def test_a_form_the_campaign_never_asks_leaves_no_gap_of_its_own(liaoning):
    told = Told(text="召开会议{summary.meetings}次。")
    paragraph = Paragraph(told=(told, told.model_copy(update={"gap": "会议次数"})))
    outline = OUTLINE.model_copy(update={"parts": (OUTLINE.parts[0].model_copy(update={"paragraphs": (paragraph,)}),)})
    assert paragraphs(context(liaoning, outline=outline, forms={})) == ["〔请补充：会议次数〕"]


def test_a_condition_nobody_answered_is_a_gap_and_one_that_fails_is_not(liaoning):
    told = Told(when="basics_committee == '是'", text="已成立委员会。")
    assert one(told, liaoning) == ["〔请补充：是否成立学生欺凌治理委员会〕"]
    assert one(told, liaoning, answered("basics", {"committee": "否"})) == []


def test_gaps_are_found_by_their_words_and_document_numbers_are_none():
    """The lint of documents looks for these (domain.md 1.9)."""
    assert gaps_in(f"教基厅函〔2021〕5号。{gap('会议次数')}，{gap('成文日期')}") == ["会议次数", "成文日期"]


def test_a_gap_sent_up_unfilled_is_asked_about():
    """003-3: the lint of documents knows the words in which drafts leave their gaps."""
    paragraphs_ = [DocumentParagraph("共召开会议3次。"), DocumentParagraph(f"家访{gap('家访次数')}次。")]
    found = review_text("总结.docx", paragraphs_, TextContext(checks={"placeholders"}))
    assert [(each.rule, each.found) for each in found] == [("DC-201", gap("家访次数"))]


def test_every_gap_of_a_draft_is_found(liaoning):
    made = context(liaoning, answered("basics", BASICS))
    runs = [run for section in made["sections"] for block in section["blocks"] for run in block["runs"]]
    marked = [run["text"] for run in runs if run["is_gap"]]
    assert [gap(each) for each in gaps_in("".join(run["text"] for run in runs))] == marked
    assert gaps_in(made["date"]) == ["成文日期"]


# --- every number can be followed ---------------------------------------------------------------------------------------


def test_every_figure_names_its_sheet_cell_and_return(liaoning):
    made = context(liaoning, answered("basics", BASICS), answered("ledger", {"zero_flag": "否"}, [problem(1)]))
    places = {row["title"]: (row["value"], row["place"]) for row in made["sources"]}
    assert places["学生数"] == ("1,204", "基本情况统计表C6，部署摸底第1次")
    assert places["问题排查台账"][1] == "问题排查台账各行，部署摸底第1次"


# --- the outline --------------------------------------------------------------------------------------------------------


def names_of(told: Told) -> set[str]:
    places = {*told.places, *told.items, *told.counts} if not told.rows else set()
    return {place for place in places if ".rows" not in place}


def test_the_outline_names_only_fields_that_schools_are_asked_and_no_persons():
    fields = {f"{name}.{fact.key}": fact for name, form in SCHOOL.items() for fact in form.facts}
    named = set().union(*map(names_of, all_told()))
    assert named - set(fields) == set()
    assert [name for name in named if fields[name].personal] == []


def test_the_conditions_of_the_outline_read_only_what_there_is():
    facts = {f"{name}_{fact.key}" for name, form in SCHOOL.items() for fact in form.facts}
    read = set().union(*(compiled(told.when).names for told in all_told() if told.when))
    assert read - facts == set()


@pytest.mark.parametrize(
    "told", [told for told in all_told() if told.rows], ids=lambda told: f"{told.rows}-{told.text[:12]}"
)
def test_what_is_told_row_by_row_are_columns(told):
    columns = {column.key for name in (told.rows, told.otherwise) if name for column in SCHOOL[name].columns}
    read = compiled(told.where).names if told.where else frozenset()
    assert {key for place in told.places for key in place.split("|")} | read <= columns


def test_an_outline_without_its_page_is_named(tmp_path):
    with pytest.raises(DefinitionError, match=r"none\.docx: no such file"):
        load_outline(tmp_path, "none")


# --- the page -----------------------------------------------------------------------------------------------------------


def test_the_page_holds_the_text_with_gaps_marked(liaoning):
    made = context(liaoning, answered("basics", BASICS))
    document = Document(io.BytesIO(render_report(PAGE, made)))
    told = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    assert told[:4] == [
        "草稿\t请核对、补充后再用",
        "望湖路小学防范学生欺凌工作情况报告",
        "虚拟区教育局：",
        made["opening"],
    ]
    assert [line for line in told if line in paragraphs(made)] == paragraphs(made)
    marked = [run.text for each in document.paragraphs for run in each.runs if run.style.name == "待填字"]
    assert [gap(each) for each in gaps_in("".join(paragraphs(made)))] == marked


def test_hostile_words_stay_words(liaoning):
    hostile = "<w:p/>{{ 7*7 }}{% raw %}&amp;"
    ledger = answered("ledger", {"zero_flag": "否"}, [problem(1, description=hostile)])
    text = "\n".join(
        each.text for each in Document(io.BytesIO(render_report(PAGE, context(liaoning, ledger)))).paragraphs
    )
    assert hostile in text


def test_a_draft_is_small_and_made_in_a_few_milliseconds(liaoning):
    """One goes to every school: under 15 ms of processor time, under 20 KB."""
    answers = [answered("basics", BASICS), answered("ledger", {"zero_flag": "否"}, [problem(n) for n in range(1, 9)])]
    content = render_report(PAGE, context(liaoning, *answers))
    begun = time.process_time()
    for _ in range(10):
        render_report(PAGE, context(liaoning, *answers))
    assert (time.process_time() - begun) / 10 < 0.015
    assert len(content) < 20_000


def test_the_page_can_be_made_again(tmp_path, monkeypatch):
    """tools/make_school_report_template.py gives the same page."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import make_school_report_template as tool

    monkeypatch.setattr(tool, "TARGET", tmp_path / "made.docx")
    tool.main()
    texts = [[paragraph._p.xml for paragraph in Document(path).paragraphs] for path in (tmp_path / "made.docx", PAGE)]
    assert texts[0] == texts[1]
