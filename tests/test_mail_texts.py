"""What schools and officers read in their mail boxes. Issue 2, parts E, F, G, H; domain.md 5.2, 5.3."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from oneledger.adapters.mail_texts import LISTED, MailTexts
from oneledger.domain.errors import DefinitionError
from oneledger.domain.findings import Finding
from oneledger.domain.rollup import Coverage

FOLDER = Path(__file__).parent.parent / "templates" / "mail"
TEXTS = MailTexts(FOLDER)
NOTICES = [
    "address-wanted", "ask", "confirm", "contact-confirm", "correction", "digest", "document-returned", "draft", "escalate", "incident-alarm", "incident-clock", "incident-form",
    "incident-receipt", "inspect-ask", "plan-received", "receipt", "refusal", "remind", "report",
    "sent-back", "sign-answer", "sign-ask", "silence", "supervise", "supplement", "unmatched",
]  # fmt: skip
HOSTILE = "<script>alert(1)</script>{{ 7*7 }}{% raw %}&amp;"


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.update(attrs)

    def handle_data(self, data):
        self.words += data + ("\n" if self.lasttag in {"td", "th", "title"} else "")


def rendered(notice, **changed):
    return TEXTS.render(notice, {**TEXTS.sample(notice), **changed})


def test_every_notice_is_known_here():
    assert TEXTS.notices() == NOTICES


@pytest.mark.parametrize("notice", NOTICES)
def test_every_template_renders_from_its_sample(notice):
    mail = rendered(notice)
    assert mail.subject
    assert mail.subject == " ".join(mail.subject.split())
    assert len(mail.subject) <= 60
    assert "{{" not in mail.text + mail.html
    assert "{%" not in mail.text + mail.html


@pytest.mark.parametrize("notice", NOTICES)
def test_html_is_simple_and_needs_nothing_from_outside(notice):
    seen = Elements(rendered(notice).html)
    assert not {"script", "img", "link", "style", "iframe", "a", "form"} & set(seen.tags)
    assert not {"src", "href", "background", "onclick"} & set(seen.attributes)


@pytest.mark.parametrize("notice", NOTICES)
def test_text_alone_says_what_html_says(notice):
    """Every code, date and file name of one stands in the other, but for the numbers of list entries."""
    mail = rendered(notice)
    facts = re.compile(r"[A-Za-z0-9_]{3,}")
    assert set(facts.findall(Elements(mail.html).words)) == set(facts.findall(mail.text))


@pytest.mark.parametrize("notice", NOTICES)
def test_every_notice_says_who_writes_and_whom_to_call(notice):
    mail = rendered(notice)
    for body in (mail.text, Elements(mail.html).words):
        assert "辽宁省教育厅专项行动工作专班" in body
        assert "024-00000000" in body


@pytest.mark.parametrize("notice", [each for each in NOTICES if each != "unmatched"])
def test_the_subject_tag_stands_apart_so_that_an_answer_keeps_it(notice):
    assert rendered(notice).subject.endswith(" [#K7Q2-9XM4]")


def test_a_subject_is_one_line_whatever_a_unit_is_called():
    mail = rendered("receipt", unit={"code": "1", "name": "一中\r\nBcc: x@y.z\r\n\r\n正文\x00"})
    assert mail.subject == "已收到：一中 Bcc: x@y.z 正文部署摸底材料 [#K7Q2-9XM4]"


def test_hostile_words_stay_words():
    mail = rendered("ask", unit={"code": "1", "name": HOSTILE})
    assert HOSTILE in mail.text
    assert HOSTILE in Elements(mail.html).words
    assert "script" not in Elements(mail.html).tags


def test_hostile_words_inside_a_table_and_a_finding_stay_words():
    found = Finding("LG-021", "台账", "U7", HOSTILE, HOSTILE, HOSTILE)
    late = [{"code": "1", "name": HOSTILE, "status": HOSTILE, "parent_name": HOSTILE}]
    for mail in (rendered("correction", findings=[found]), rendered("digest", late=late)):
        assert "script" not in Elements(mail.html).tags
        assert Elements(mail.html).words.count(HOSTILE) == 3


def test_a_missing_value_is_never_an_empty_place(tmp_path):
    context = TEXTS.sample("ask")
    del context["due_text"]
    with pytest.raises(DefinitionError, match=r"ask/text\.txt: 'due_text' is undefined"):
        TEXTS.render("ask", context)


def test_a_missing_or_broken_template_is_named_with_its_line(tmp_path):
    with pytest.raises(DefinitionError, match=r"nonsense/subject\.txt"):
        TEXTS.render("nonsense", {})
    (tmp_path / "ask").mkdir()
    (tmp_path / "ask" / "subject.txt").write_text("一\n{% if %}", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"ask/subject\.txt:2: "):
        MailTexts(tmp_path).render("ask", {})


@pytest.mark.parametrize(
    "attack",
    ["{{ ''.__class__.__mro__ }}", "{{ unit.__init__.__globals__ }}", "{{ cycler.__init__.__globals__.os }}"],
)
def test_a_template_edited_by_a_user_cannot_reach_out_of_its_sandbox(tmp_path, attack):
    (tmp_path / "ask").mkdir()
    for part in ("subject.txt", "text.txt", "html.html"):
        (tmp_path / "ask" / part).write_text(attack, encoding="utf-8")
    with pytest.raises(DefinitionError):
        MailTexts(tmp_path).render("ask", {"unit": {"name": "一中"}})


def test_the_whole_text_of_a_request():
    """A clerk reads: until when, how, which forms, zero reports too (5.2), the duties; one mail, one workbook."""
    assert rendered("ask").text == (
        "虚拟市第三中学：\n\n"
        "请于2021年3月15日17:00前报送辽宁省防范中小学生欺凌专项治理行动（教基厅函〔2021〕5号）“部署摸底”材料。\n\n"
        "【怎么报】\n"
        "1. 下载附件“QL01_2121000317_部署摸底.xlsx”，用 WPS 或 Excel 打开填写。\n"
        "2. 填好保存后直接回复本邮件，把表格作为附件发回。文件名不用改。\n"
        "3. 收到后会自动回信：没有问题的告知已收到，有问题的写明哪一格要改。\n\n"
        "【要填的表】\n1. 问题排查台账\n2. 基本情况统计表\n3. 政策清单自查表\n\n"
        "【没有问题也要报】\n"
        "经排查确无问题的，请在“是否零报告”处选“是”，其余照常填写后发回。不回复的，按未报统计。\n\n"
        "【对应的工作任务】\n"
        "1. 学校对全体学生进行全面梳理，班主任与家长沟通、与学生谈心，2021年3月15日前完成。\n"
        "2. 对照七个方面找准问题、建立台账，明确整改措施、责任人和整改时限。\n\n"
        "表中请勿写学生姓名、电话、身份证号。灰底的格子已经填好，请勿改动。\n\n"
        "————————\n辽宁省教育厅专项行动工作专班\n联系：省教育厅学校安全管理处，024-00000000\n"
    )


def test_a_request_needs_only_what_the_phase_has():
    context = TEXTS.sample("ask")
    for optional in ("documents", "open_problems", "allows_zero"):
        del context[optional]
    assert "零报告" not in TEXTS.render("ask", {**context, "duties": []}).text


def test_a_request_of_the_rectify_phase_counts_the_units_open_problems():
    assert "尚未销号的问题 4 条，请逐条填写整改进展。已列出的行请勿删除。" in rendered("ask", open_problems=4).text


def test_a_request_names_documents_that_go_with_the_workbook():
    assert "【另请附上】\n1. 实施方案（Word）\n" in rendered("ask", documents=["实施方案（Word）"]).text


@pytest.mark.parametrize(
    ("left", "subject"),
    [
        (3, "提醒：部署摸底材料还有3个工作日截止 [#K7Q2-9XM4]"),  # T-3
        (1, "提醒：部署摸底材料还有1个工作日截止 [#K7Q2-9XM4]"),  # T-1
        (0, "提醒：部署摸底材料今天17:00截止 [#K7Q2-9XM4]"),  # T
        (-1, "催报：部署摸底材料已逾期1个工作日 [#K7Q2-9XM4]"),  # T+1
    ],
)
def test_a_reminder_says_how_many_working_days_are_left_or_gone(left, subject):
    mail = rendered("remind", working_days_left=left)
    assert mail.subject == subject
    assert ("名单报上一级" in mail.text) == (left < 0)


def test_a_reminder_to_a_unit_whose_answer_has_faults_does_not_say_nothing_came():
    text = rendered("remind", has_findings=True).text
    assert "还有需要改正的地方" in text
    assert "还没有收到" not in text


def test_a_receipt_says_what_came_when_and_how_it_was_understood():
    text = rendered("receipt").text
    assert "2021年3月14日10:32收到" in text
    assert "第 2 次报送，以本次为准" in text
    assert "1. 问题排查台账：12 行\n2. 基本情况统计表\n" in text


def test_a_receipt_speaks_of_rows_only_where_a_form_has_some():
    text = rendered("receipt", forms=[{"title": "基本情况统计表", "rows": 0}]).text
    assert "1. 基本情况统计表\n" in text


def test_a_receipt_tells_a_zero_report_and_a_late_one():
    mail = rendered("receipt", is_zero=True, is_late=True, version_no=1, notes=[])
    assert "本次为零报告。" in mail.text
    assert "已过报送时间（2021年3月15日17:00前），记为逾期报送。" in mail.text
    assert "次报送，以本次为准" not in mail.text


def test_a_correction_lists_every_fault_with_its_cell_and_how_to_mend_it():
    found = [Finding("LG-021", "排查台账", "U7", "2021.13.5", "日期，如 2021-03-05", "请改成实际的整改时限。")]
    text = rendered("correction", findings=found, error_count=1, query_count=0).text
    assert (
        "【问题清单】\n1. 排查台账 U7 格 [LG-021]\n"
        "   写的是“2021.13.5”，应为日期，如 2021-03-05。\n   请改成实际的整改时限。\n"
    ) in text
    assert "有 1 处需要改正。改正发回之前，暂不计入已报。" in text


def test_a_correction_without_errors_only_asks_back():
    mail = rendered("correction", error_count=0, query_count=1)
    assert mail.subject == "请核实1处：部署摸底材料 [#K7Q2-9XM4]"
    assert "暂不计入" not in mail.text


def test_a_correction_after_the_deadline_asks_for_no_day_in_the_past():
    assert "报送时间已过，请尽快发回。" in rendered("correction", is_overdue=True).text


def test_many_findings_are_counted_beyond_what_a_phone_shows():
    found = [Finding("LG-019", "排查台账", f"S{line}", remedy="请补上。") for line in range(6, 6 + LISTED + 7)]
    mail = rendered("correction", findings=found)
    assert mail.text.count("[LG-019]") == LISTED
    assert "此外还有 7 处" in mail.text
    assert "此外还有 7 处" in mail.html


def test_a_digest_names_the_late_units_under_their_county_in_the_order_given():
    """One digest per county and city naming the late units (issue 2 G); administrative order (domain.md 2.2)."""
    assert (
        "【未报单位】（按行政区划顺序）\n"
        "和平区（2个）\n1. 第三中学（2121000317）未报\n2. 育才小学（2121000401）已报来，待改正\n"
        "沈河区（1个）\n1. 实验小学（2121000777）未报\n"
    ) in rendered("digest").text


def test_a_digest_without_late_units_says_thanks():
    assert "均已报送" in rendered("digest", late=[], missing=0, returned=20).text


def test_a_report_mail_shows_the_four_ways_and_a_rate_that_is_never_rounded_up():
    coverage = Coverage(returned=1990, zero=9, exempt=5, missing=1, late=3)
    text = rendered("report", coverage=coverage, missing=[{"code": "2121000317", "name": "第三中学"}]).text
    assert "应报 2005 份：已报 1990 份，零报告 9 份，免报 5 份，未报 1 份；逾期报送 3 份。" in text
    assert "报送率 99.9%（1,999/2,000）。" in text
    assert "未经审核" in text


def test_a_report_mail_leaves_a_long_list_to_the_attachment():
    missing = [{"code": str(n), "name": f"第{n}小学"} for n in range(62)]
    assert "其余 12 个见附件。" in rendered("report", missing=missing).text


def test_a_deadline_is_written_once_whether_or_not_it_comes_with_its_preposition():
    assert rendered("ask", due_text="2021年3月15日17:00").text == rendered("ask", due_text="2021年3月15日17:00前").text


def test_a_request_for_documents_alone_speaks_of_no_workbook():
    text = rendered("ask", forms=[], file_name="", documents=["实施方案"], allows_zero=False).text
    assert (
        "【怎么报】\n直接回复本邮件，把下列材料作为附件发来。收到后会自动回信。\n\n【要报的材料】\n1. 实施方案\n"
        in text
    )
    assert "表" not in text.partition("【对应的工作任务】")[0]


def test_a_request_about_other_units_names_each_of_them():
    """004-C10: the county answers about the schools drawn."""
    mail = rendered("inspect-ask", about=[{"code": "1", "name": "一中"}, {"code": "2", "name": "二中"}])
    assert mail.subject == "请报送：一中等2个单位督导检查记录（3月15日17:00前） [#K7Q2-9XM4]"
    assert "【检查对象】\n1. 一中（1）\n2. 二中（2）\n" in mail.text


def test_a_reminder_names_what_is_still_owed():
    assert "【尚待报送】\n1. 整改台账\n" in rendered("remind", deliverables=["整改台账"]).text


def test_a_digest_keeps_a_countys_units_together_though_others_stand_between():
    late = [
        {"code": str(n), "name": f"第{n}小学", "status": "missing", "parent_name": county}
        for n, county in enumerate(["和平区", "沈河区", "和平区"])
    ]
    assert (
        "和平区（2个）\n1. 第0小学（0）未报\n2. 第2小学（2）未报\n沈河区（1个）\n1. 第1小学（1）未报\n"
    ) in rendered("digest", late=late).text


def test_many_attachments_are_counted_instead_of_named():
    names = "、".join(f"QL06_21010{n}_督导检查.xlsx" for n in range(7))
    mail = rendered("inspect-ask", file_name=names)
    assert "1. 下载本邮件的 7 份附件，由检查组填写。" in mail.text
    assert "下载本邮件的 7 份附件，由检查组填写。" in mail.html
