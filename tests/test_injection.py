"""Harmful words in every field a school can write, carried to every output there is (issue 4 F; reliability T7, T11,
T15, E13): nothing is run, nothing is called, nothing is evaluated, and every file opens."""

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from oneledger.adapters.mail_compose import compose
from oneledger.adapters.mail_parse import parse_mail
from oneledger.adapters.mail_texts import MailTexts
from oneledger.adapters.report_docx import render_report
from oneledger.adapters.report_xlsx import consolidated_workbook
from oneledger.adapters.unit_sheet import read_unit_rows, write_units
from oneledger.adapters.volume_docx import make_volume
from oneledger.adapters.workbook_markup import mark_up
from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.circular import circular_context
from oneledger.domain.errors import RefusedError
from oneledger.domain.findings import Finding
from oneledger.domain.inspection_notice import Inspected, notice_context
from oneledger.domain.mailing import Attachment, MailDraft
from oneledger.domain.problems import Problem
from oneledger.domain.report import UnitBrief, report_context
from oneledger.domain.returns import Ledger
from oneledger.domain.unit_rows import parse_unit_rows
from oneledger.domain.volume import Article, Line, Section
from oneledger.domain.workbooks import WorkbookSpec
from oneledger.settings import load_campaign
from tests import report_samples, test_circular
from tests.make_returns import COVER, LEDGER, PRINTED, RECTIFY
from tests.nasty_words import (
    BROKEN,
    FORMULAS,
    NASTY,
    csv_faults,
    docx_faults,
    mail_faults,
    put_into,
    text_of_docx,
    xlsx_faults,
)
from tests.small_office import at, make_units
from tests.test_definitions import CONFIG, FORMS
from tests.test_report_xlsx import ROW

ROOT = Path(__file__).parent.parent
TEXTS = MailTexts(ROOT / "templates" / "mail")
REPORTS = ROOT / "templates" / "reports"
SPEC = WorkbookSpec("c", "p", "专项行动", "辽教〔2021〕1号", "集中整治", "school", COVER, (LEDGER, RECTIFY))
PLAIN = ("望湖路小学",)


@cache
def plan():
    return prepare(build_master(SPEC), SPEC)


def unit_workbook(words=PLAIN) -> bytes:
    """What a unit gets, its own earlier words printed in it."""
    rows = [{"problem_no": word, "due_on": word} for word in words]
    return stamp(
        plan(), replace(PRINTED, unit_name=words[0], facts={"cover": {"unit_name": words[-1]}}, rows={"rectify": rows})
    )


def marked_copy(words=PLAIN) -> bytes:
    return mark_up(
        unit_workbook(),
        [Finding("LG-003", "问题排查台账", f"C{n + 9}", word, word, word) for n, word in enumerate(words)],
    )


def consolidated(words=PLAIN) -> bytes:
    rows = [
        (UnitBrief(str(n), word, "school"), {**ROW, "description": word, "problem_no": word, "method": [word]})
        for n, word in enumerate(words)
    ]
    view = report_samples.view(unit=UnitBrief("1", words[0], "county"), label=words[-1])
    return consolidated_workbook(view, {"ledger": rows}, report_samples.FORMS, ())


def unit_list(words=PLAIN) -> bytes:
    made = Path(_folder()) / "units.xlsx"
    write_units(made, [replace(make_units()[0], code=str(n), name=word) for n, word in enumerate(words)])
    return made.read_bytes()


@cache
def _folder() -> str:
    import tempfile

    return tempfile.mkdtemp(prefix="ol-nasty-")


def volume(words=PLAIN) -> bytes:
    unit = make_units()[3]
    articles = tuple(
        Article(replace(_campaign_unit(unit), name=word), word, (Line(word, 0), Line(word, 1))) for word in words
    )
    return make_volume(REPORTS / "phase_report.docx", [words[0]], words[-1], "2021年", [Section(words[0], articles)])


def _campaign_unit(unit):
    from oneledger.domain.assignments import CampaignUnit

    return CampaignUnit(unit.code, unit.name, "school", None)


def phase_report(words=PLAIN) -> bytes:
    return render_report(REPORTS / "phase_report.docx", put_into(report_context(report_samples.view()), "".join(words)))


def circular(words=PLAIN) -> bytes:
    context = circular_context(test_circular.city_view(), test_circular.LATE, test_circular.EXCELLENT)
    return render_report(REPORTS / "circular.docx", put_into(context, "".join(words)))


def notice(words=PLAIN) -> bytes:
    """An inspector's findings, in the rectification notice."""
    values = {"description": "门岗登记不全", "topic": "值班", "owner": "德育主任", "due_on": date(2021, 8, 20)}
    found = Problem("2121000001-2021-0001", "2121000001", 1, 9, "未整改", values, source="inspection/1")
    ledger = Ledger("inspection", 1, "督导检查记录")
    campaign = load_campaign(CONFIG, "liaoning-2021")
    told = Inspected(
        campaign, "望湖路小学", "虚拟市教育局", FORMS["inspection-v1"], ledger, [found], 1, date(2021, 7, 8)
    )
    return render_report(REPORTS / "rectification_notice.docx", put_into(notice_context(told), "".join(words)))


WORKBOOKS = (unit_workbook, marked_copy, consolidated, unit_list)
DOCUMENTS = (phase_report, circular, notice, volume)


@pytest.mark.parametrize("made", WORKBOOKS)
def test_no_word_becomes_a_formula_or_a_link_in_a_workbook(made):
    assert xlsx_faults(made(NASTY), made(PLAIN)) == []


@pytest.mark.parametrize("made", DOCUMENTS)
def test_no_word_becomes_a_field_a_link_or_a_template_in_a_word_file(made):
    content = made(NASTY)
    assert docx_faults(content, made(PLAIN)) == []
    assert "{{7*7}}" in text_of_docx(content)


@cache
def mail_of(notice: str, word: str = "") -> bytes:
    text = TEXTS.render(notice, put_into(TEXTS.sample(notice), word))
    draft = MailDraft(
        to_name="望湖路小学", to_address="a@x.invalid", from_name="专班", from_address="b@x.invalid", reply_to="c@x.invalid",
        subject=text.subject[:200], text=text.text, html=text.html, attachments=(), message_id="<a.b@x.invalid>",
    )  # fmt: skip
    return compose(draft, at("2021-03-01"))


@pytest.mark.parametrize("notice", TEXTS.notices())
def test_no_word_becomes_markup_a_header_or_a_template_in_a_mail(notice):
    """Each word by itself in one notice, all of them together in the others."""
    words = NASTY if notice == "correction" else ("".join(NASTY),)
    assert {word[:20]: found for word in words if (found := mail_faults(mail_of(notice, word), mail_of(notice)))} == {}
    shown = parse_mail(mail_of(notice, "{{7*7}}")).text
    assert "{{7*7}}" in shown or "49" not in shown


@pytest.mark.parametrize("word", NASTY)
def test_a_name_or_file_name_is_one_header_or_is_refused(word):
    """Last line of defence: what reaches the envelope with a control character in it is never sent."""
    plain = MailDraft(
        "甲",
        "a@x.invalid",
        "专班",
        "b@x.invalid",
        "c@x.invalid",
        "主题",
        "文",
        "<p>文</p>",
        (Attachment("a.xlsx", b"x"),),
        "<a.b@x.invalid>",
    )
    word = word[:3000]
    for changed in (
        {"to_name": word},
        {"from_name": word},
        {"subject": word},
        {"attachments": (Attachment(word, b"x"),)},
    ):
        try:
            content = compose(replace(plain, **changed), at("2021-03-01"))
        except RefusedError:
            continue
        assert mail_faults(content, compose(plain, at("2021-03-01"))) in ([], ["turned"])


def test_a_list_of_units_as_csv_holds_no_formula_and_is_read_back(tmp_path):
    words = [word for word in NASTY if word not in BROKEN]
    write_units(
        tmp_path / "units.csv", [replace(make_units()[0], code=str(n), name=word) for n, word in enumerate(words)]
    )
    with (tmp_path / "units.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert csv_faults(cells) == []
    for name in ("a.csv", "a.xlsx"):
        write_units(tmp_path / name, [replace(make_units()[0], name=word) for word in FORMULAS if word == word.strip()])
        back = [row["单位名称"] for _, row in read_unit_rows(tmp_path / name)]
        assert back == [word for word in FORMULAS if word == word.strip()]


def test_a_units_name_with_hidden_or_harmful_characters_is_refused_at_import():
    """Names go into every output: a name is one line of what people can see."""
    for word in ("校\r\nBcc: a@x", "校\x00", "校\u202egnp", "校\ud800", "校\u2028x", "字" * 101):
        cells = {
            "单位代码": "2121000001",
            "单位名称": word,
            "层级": "学校",
            "上级代码(属地)": "210102",
            "邮箱": "a@x.invalid",
        }
        _, faults = parse_unit_rows([(2, cells)], make_units())
        assert any("单位名称" in fault for fault in faults), word


@pytest.mark.parametrize("word", NASTY)
def test_words_in_a_table_on_the_terminal_are_only_words(word):
    from desk.console import out

    shown = Console(file=io.StringIO(), width=200, markup=out._markup, force_terminal=True)
    table = Table("主题")
    table.add_row(word[:300].encode("utf-8", "replace").decode())
    shown.print(table)
    assert "\x1b]8;" not in shown.file.getvalue()  # a link


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_them(tmp_path):
    for made in (consolidated, notice):  # each of the others takes seconds, and is made alike
        kind = "xlsx" if made in WORKBOOKS else "docx"
        (tmp_path / f"{made.__name__}.{kind}").write_bytes(made(tuple(word[:40] for word in NASTY)))
    files = sorted(map(str, tmp_path.iterdir()))
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path / "pdf"),
        *files,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    assert len(list((tmp_path / "pdf").iterdir())) == len(files)
