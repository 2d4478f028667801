"""The Word report: official page (domain.md 2.1), hostile words stay text, one template for all offices."""

import io
import re
import shutil
import subprocess
import unicodedata
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Twips

from oneledger.adapters.pdf import make_pdfs
from oneledger.adapters.report_docx import render_report
from oneledger.domain.errors import DefinitionError
from oneledger.domain.official_parts import PaperKind, Papers
from oneledger.domain.report import UnitBrief, report_context
from oneledger.domain.supervision_order import order_context
from tests.report_samples import SCHOOLS, rectify_view, view

TEMPLATE = Path(__file__).parent.parent / "templates" / "reports" / "phase_report.docx"
HOSTILE = "<w:p/>{{ 7*7 }}{% raw %}&amp;]]>"


def rendered(given=None):
    return render_report(TEMPLATE, report_context(given or view()))


def opened(content):
    return Document(io.BytesIO(content))


def paragraphs(content):
    return [paragraph.text for paragraph in opened(content).paragraphs]


def part(content, name):
    return zipfile.ZipFile(io.BytesIO(content)).read(name).decode()


def save_template(path, *lines):
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    document.save(str(path))
    return path


def test_title_address_text_and_signature_stand_in_their_order():
    lines = [line for line in paragraphs(rendered(view(addressee="沈阳市教育局"))) if line]
    assert lines[:5] == [
        "内部资料　注意保管\t未经审核",
        "和平区教育局关于2021年虚拟省",
        "防范中小学生欺凌专项治理行动",
        "部署摸底情况的报告",
        "沈阳市教育局：",
    ]
    assert lines[6] == "一、组织部署和主要做法"
    assert [line for line in lines if line.startswith("附件")][:2] == ["附件：1.各单位报送和工作情况表", "附件1"]
    place = opened(rendered()).tables[0]
    assert [row.cells[0].text for row in place.rows] == ["和平区教育局", "2021年3月19日"]


def test_nothing_of_the_templates_language_is_left():
    for given in (view(), rectify_view()):
        content = rendered(given)
        for name in zipfile.ZipFile(io.BytesIO(content)).namelist():
            if name.endswith(".xml"):
                assert "{{" not in part(content, name)
                assert "{%" not in part(content, name)


def test_the_table_of_children_has_one_line_each_and_the_sum_last():
    table = opened(rendered()).tables[1]
    assert [row.cells[1].text for row in table.rows] == [
        "单位",
        "本级",
        "第一小学",
        "第二小学",
        "第三小学",
        "第四小学",
        "合计",
    ]
    assert [cell.text for cell in table.rows[-1].cells][2:] == ["5", "2", "1", "1", "1", "75%", "8", "2", "1"]


def test_heads_are_repeated_and_rows_are_never_broken_across_pages():
    for table in opened(rendered()).tables[1:]:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)


def test_annexes_that_have_nothing_to_say_are_not_there():
    lines = paragraphs(rendered(rectify_view()))
    assert [line for line in lines if line.startswith("附件")] == [
        "附件：报告数字出处",
        "附件",
    ]  # GB/T 9704: one annex alone has no number
    assert len(opened(rendered(rectify_view())).tables) == 2  # the place of the signature, and the keys


def test_the_page_is_the_standards():
    """GB/T 9704: A4, 37 / 35 / 28 / 26 mm, 22 lines of 28 characters, numbers on odd and even pages."""
    document = opened(rendered())
    section = document.sections[0]
    sides = (section.page_width, section.page_height, section.top_margin, section.bottom_margin, section.left_margin)
    assert [round(side.mm) for side in (*sides, section.right_margin)] == [210, 297, 37, 35, 28, 26]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert [grid.get(qn(f"w:{name}")) for name in ("type", "linePitch", "charSpace")] == [
        "linesAndChars",
        "580",
        "-848",
    ]
    height = section.page_height - section.top_margin - section.bottom_margin
    assert height // Twips(580) == 22
    assert document.settings.odd_and_even_pages_header_footer
    for footer in (section.footer, section.even_page_footer):
        assert footer.paragraphs[0].text == "— 1 —"
        assert " PAGE " in ET.tostring(ET.fromstring(footer._element.xml), encoding="unicode")


@pytest.mark.parametrize(
    ("style", "font", "size"),
    [
        ("公文标题", "方正小标宋简体", 22),
        ("公文正文", "仿宋_GB2312", 16),
        ("公文一级标题", "黑体", 16),
        ("公文二级标题字", "楷体_GB2312", 16),
        ("页码", "宋体", 14),
    ],
)
def test_fonts_are_named_and_have_stand_ins(style, font, size):
    document = opened(rendered())
    found = document.styles[style]
    assert (found.font.size.pt, found.element.rPr.rFonts.get(qn("w:eastAsia"))) == (size, font)
    named = ET.fromstring(part(rendered(), "word/fontTable.xml"))
    entry = next(each for each in named if each.get(qn("w:name")) == font)
    assert entry.find(qn("w:altName")) is not None


def test_hostile_words_stay_words():
    given = view(
        unit=UnitBrief("1", HOSTILE, "county"),
        label=HOSTILE,
        children=((UnitBrief("2", HOSTILE, "school"), view().rollup),),
    )
    content = rendered(given)
    place, children = opened(content).tables[:2]
    assert place.rows[0].cells[0].text == HOSTILE
    assert HOSTILE in [row.cells[1].text for row in children.rows]
    assert any(HOSTILE in line for line in paragraphs(content))


def test_characters_that_no_xml_may_hold_are_left_out():
    content = rendered(view(unit=UnitBrief("1", "一\x00中\x0b学\ud800", "county")))
    assert opened(content).tables[0].rows[0].cells[0].text == "一中学"


def test_the_same_figures_give_the_same_bytes():
    assert rendered() == rendered()


def test_a_value_the_context_lacks_is_named_and_never_an_empty_place():
    context = report_context(view())
    del context["addressee"]
    with pytest.raises(DefinitionError, match=r"phase_report\.docx: word/document\.xml: 'addressee' is undefined"):
        render_report(TEMPLATE, context)


def test_a_broken_template_is_named_with_the_words_near_the_fault(tmp_path):
    template = save_template(tmp_path / "broken.docx", "一切正常", "这里{% if %}坏了")
    with pytest.raises(DefinitionError, match=r"broken\.docx: word/document\.xml: .* near .*这里"):
        render_report(template, {})


@pytest.mark.parametrize("attack", ["{{ title.__class__.__mro__ }}", "{{ cycler.__init__.__globals__ }}"])
def test_a_restyled_template_cannot_reach_out_of_its_sandbox(tmp_path, attack):
    template = save_template(tmp_path / "attack.docx", attack)
    with pytest.raises(DefinitionError):
        render_report(template, {"title": "报告"})


def test_a_restyled_template_is_read_anew(tmp_path):
    path = save_template(tmp_path / "own.docx", "旧：{{ title }}")
    assert "旧：报告" in paragraphs(render_report(path, {"title": "报告"}))
    save_template(path, "新：{{ title }}")
    assert "新：报告" in paragraphs(render_report(path, {"title": "报告"}))


def test_the_template_can_be_made_again(tmp_path, monkeypatch):
    """tools/make_report_template.py gives the same template, so that it can be started over."""
    from importlib.util import module_from_spec, spec_from_file_location

    monkeypatch.syspath_prepend(str(TEMPLATE.parents[2] / "tools"))
    spec = spec_from_file_location("make_report_template", TEMPLATE.parents[2] / "tools" / "make_report_template.py")
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(tool, "TARGET", tmp_path / "made.docx")
    tool.main()
    assert part((tmp_path / "made.docx").read_bytes(), "word/document.xml") == part(
        TEMPLATE.read_bytes(), "word/document.xml"
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Lines of each page, blanks taken out, as LibreOffice sets a long report; every file in one call of it."""
    if not (shutil.which("soffice") and shutil.which("pdftotext")):
        pytest.skip("LibreOffice and poppler are not installed: no page is looked at")
    folder = tmp_path_factory.mktemp("pages")
    full, many = report_context(view()), report_context(view(children=MANY))
    full["sections"] = [{"heading": "一、情况", "blocks": [{"kind": "text", "lead": "", "text": "文" * 28 * 60}]}]
    ends = {f"end{lines:02}": context_of(lines) for lines in range(0, 22, 3)}
    named = {"full": full, "many": many, **ends}
    for name, context in named.items():
        (folder / f"{name}.docx").write_bytes(render_report(TEMPLATE, context))
    made = make_pdfs([folder / f"{name}.docx" for name in named], folder)
    return {pdf.stem: [list(_lines(page)) for page in _text(pdf).split("\f")] for pdf in made}


def context_of(lines):
    """An order of so many more lines: wherever its text ends on the page."""
    context = order_context(view(), "沈阳市教育局")
    more = [{"kind": "item", "lead": "", "text": f"{no}.办理。"} for no in range(lines)]
    *before, last = context["sections"]
    return {**context, "sections": [*before, {**last, "blocks": [*more, *last["blocks"]]}], "parts": PARTS}


ORDER = PaperKind(levels=("city",), note="此件不公开", printed_by="办公室")
ISSUER = UnitBrief("210100", "沈阳市教育局", "city")
PARTS = Papers(kinds={"order": ORDER}).parts("order", ISSUER, "沈教", date(2021, 3, 19))
MANY = tuple((UnitBrief(f"2101{no:02}", f"虚拟第{no}县教育局", "county"), SCHOOLS[no % 4][1]) for no in range(1, 90))


def _text(pdf):
    words = ["pdftotext", "-layout", str(pdf), "-"]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


def _lines(page):
    for line in page.splitlines():
        if bare := re.sub(r"\s", "", unicodedata.normalize("NFKC", line)):
            yield bare


def test_a_rendered_page_holds_22_lines_of_28_characters(pages):
    """Issue 5, done when 3: plain characters fill the page as GB/T 9704 wants it."""
    assert [line for line in pages["full"][1] if "文" in line] == ["文" * 28] * 22


def test_every_rendered_page_has_its_number_between_dashes(pages):
    """Odd pages right, even pages left is set in the template; here: — 1 —, — 2 — … on every page, annexes too."""
    shown = [page for page in pages["many"] if page]
    assert [page[-1] for page in shown] == [f"—{no}—" for no in range(1, len(shown) + 1)]
    assert len(shown) > 4


def test_title_and_headings_are_rendered_in_their_order(pages):
    first = pages["many"][0]
    assert first[1:4] == ["和平区教育局关于2021年虚拟省", "防范中小学生欺凌专项治理行动", "部署摸底情况的报告"]
    lines = [line for page in pages["many"] for line in page]
    levels = [line[:2] for line in lines if re.match(r"[一二三四五六七]、", line)]
    assert levels == ["一、", "二、", "三、", "四、", "五、", "六、", "七、"]


def test_no_page_holds_a_signature_without_text(pages):
    """GB/T 9704, 7.3.5: text and seal are never on different pages, wherever the text ends."""
    for name in (each for each in pages if each.startswith("end")):
        (signed,) = [page for page in pages[name] if "2021年3月19日" in page]
        assert "3.办理结果请报沈阳市教育局。" in signed[: signed.index("2021年3月19日")], name


def test_head_and_number_come_first_note_and_imprint_last(pages):
    """GB/T 9704, 7.2 and 7.4: office and number over the title; the imprint stands at the foot of the last page."""
    first, last = pages["end00"][0], [page for page in pages["end00"] if page][-1]
    assert first[1:3] == ["沈阳市教育局文件", "沈教〔2021〕〔请补充:序号〕号"]
    (signed,) = [page for page in pages["end00"] if "2021年3月19日" in page]
    assert signed[signed.index("2021年3月19日") + 1] == "(此件不公开)"
    assert last[-3:] == ["抄送:〔请补充:抄送机关,没有的删去本行〕", "沈阳市教育局办公室〔请补充:印发日期〕印发", "—3—"]


def test_the_head_of_a_long_table_is_on_every_page_of_it(pages):
    """89 counties need several pages; each begins with the head."""
    holding = [page for page in pages["many"] if sum("县教育局" in line and line[0].isdigit() for line in page) > 5]
    assert len(holding) >= 2
    assert all(any(line.startswith("序号") for line in page) for page in holding)
