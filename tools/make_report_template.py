# ruff: noqa: INP001  a script beside the packages, run by hand
"""Make templates/reports/phase_report.docx afresh: a GB/T 9704 page with the places that a report's figures fill.

The docx itself is the style: an official restyles it in Word. Run this only to start over:
    .venv/bin/python tools/make_report_template.py
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, Twips

TARGET = Path(__file__).resolve().parent.parent / "templates" / "reports" / "phase_report.docx"
FANGSONG, KAITI, HEITI, TITLE, SONGTI = "仿宋_GB2312", "楷体_GB2312", "黑体", "方正小标宋简体", "宋体"
FALLBACKS = {
    FANGSONG: "仿宋,FangSong",
    KAITI: "楷体,KaiTi",
    HEITI: "SimHei",
    TITLE: "小标宋,华文中宋,宋体",
    SONGTI: "SimSun",
}
BODY = 16  # pt: size 3
CHARACTER = 314  # twips: a character and its room, 28 to a line
LINE = 580  # twips: 225 mm / 22
# Margins 37 / 35 / 28 / 26 mm; the last two a hair narrower, so that 22 lines and 28 characters really fit.
TOP, BOTTOM, LEFT, RIGHT = Mm(37), Twips(1980), Mm(28), Twips(1472)
CHILDREN_WIDTHS = (9, 34, 12.5, 12.5, 11.5, 11, 11, 14.5, 13.5, 13, 13.5)  # mm, together 156
MISSING_WIDTHS = (12, 48, 66, 30)
FACTS_WIDTHS = (8.5, 15.5, 36, 15, 9, 12.5, 14.5, 45)
SOURCES_WIDTHS = (10, 52, 20, 12, 62)

Parent = Any  # a document or a table cell of python-docx


def element(name: str, **attributes: str | int) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


def set_font(style: Any, name: str, size: float) -> None:
    """16 pt characters stand 15.7 pt apart: 28 to a line of 156 mm."""
    style.font.size, style.font.bold, style.font.name = Pt(size), False, name
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name)
    for old in properties.findall(qn("w:spacing")):
        properties.remove(old)
    properties.find(qn("w:sz")).addprevious(element("w:spacing", val=-6 if size == BODY else 0))


def set_lines(style: Any, twips: int, *, indent: int = 0) -> None:
    """Exact lines, so that the page holds 22 whatever font stands in for a missing one.

    The page declares the grid; the paragraphs keep it by their own pitch, because LibreOffice gives a character of
    16 pt two cells of 15.8 pt.
    """
    properties = style.element.get_or_add_pPr()
    for name in ("w:snapToGrid", "w:spacing", "w:ind"):
        for old in properties.findall(qn(name)):
            properties.remove(old)
    properties.append(element("w:snapToGrid", val=0))
    properties.append(element("w:spacing", before=0, after=0, line=twips, lineRule="exact"))
    if indent:
        properties.append(element("w:ind", firstLineChars=100 * indent, firstLine=indent * CHARACTER))


def add_style(document: Any, name: str, font: str, size: float, **layout: Any) -> Any:
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    set_font(style, font, size)
    set_lines(style, layout.get("line", LINE), indent=layout.get("indent", 0))
    style.paragraph_format.alignment = layout.get("align")
    style.paragraph_format.keep_with_next = layout.get("keep", False)
    style.paragraph_format.page_break_before = layout.get("new_page", False)
    return style


def make_styles(document: Any) -> None:
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    normal = document.styles["Normal"]
    set_font(normal, FANGSONG, 16)
    set_lines(normal, LINE)
    normal.paragraph_format.widow_control = False
    centre, justify = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY
    add_style(document, "公文标记", HEITI, 16)
    add_style(document, "公文标题", TITLE, 22, align=centre, line=700, keep=True)
    add_style(document, "主送机关", FANGSONG, 16)
    add_style(document, "公文正文", FANGSONG, 16, indent=2, align=justify)
    add_style(document, "公文条目", FANGSONG, 16, indent=2)
    add_style(document, "公文一级标题", HEITI, 16, indent=2, keep=True)
    add_style(document, "待填", FANGSONG, 16, indent=2, align=justify)
    add_style(document, "附件说明", FANGSONG, 16, indent=2, keep=True)
    add_style(document, "署名", FANGSONG, 16, align=centre, keep=True)
    add_style(document, "附件号", HEITI, 16, new_page=True, keep=True)
    add_style(document, "附件标题", TITLE, 18, align=centre, line=700, keep=True)
    add_style(document, "表头", HEITI, 10.5, align=centre, line=300)
    add_style(document, "表中文字", FANGSONG, 10.5, line=300)
    add_style(document, "表中数字", FANGSONG, 10.5, align=centre, line=300)
    add_style(document, "表注", FANGSONG, 10.5, line=320)
    add_style(document, "页码", SONGTI, 14, line=320)
    lead = document.styles.add_style("公文二级标题字", WD_STYLE_TYPE.CHARACTER)
    set_font(lead, KAITI, 16)
    waiting = document.styles.add_style("待填字", WD_STYLE_TYPE.CHARACTER)
    set_font(waiting, KAITI, 16)
    waiting.element.get_or_add_rPr().append(element("w:shd", val="clear", color="auto", fill="FFF2CC"))


def set_page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = TOP, BOTTOM, LEFT, RIGHT
    section.header_distance, section.footer_distance = Mm(15), Mm(22)
    for grid in section._sectPr.findall(qn("w:docGrid")):  # noqa: SLF001  python-docx has no name for the grid
        section._sectPr.remove(grid)  # noqa: SLF001
    section._sectPr.append(element("w:docGrid", type="linesAndChars", linePitch=LINE, charSpace=-848))  # noqa: SLF001
    document.settings.odd_and_even_pages_header_footer = True
    add_page_number(section.footer, WD_ALIGN_PARAGRAPH.RIGHT, "right")
    add_page_number(section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT, "left")


def add_page_number(footer: Any, align: Any, side: str) -> None:
    """— 1 —: odd pages one character from the right, even pages one from the left."""
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.style, paragraph.alignment = "页码", align
    alignment = paragraph._p.pPr.find(qn("w:jc"))  # noqa: SLF001  the standard's order: ind before jc
    alignment.addprevious(element("w:ind", **{f"{side}Chars": 100, side: CHARACTER}))
    paragraph.add_run("— ")
    run = paragraph.add_run()
    for kind in ("begin", "instr", "separate", "text", "end"):
        if kind == "instr":
            part = element("w:instrText")
            part.text = " PAGE "
        elif kind == "text":
            part = element("w:t")
            part.text = "1"
        else:
            part = element("w:fldChar", fldCharType=kind)
        run._r.append(part)  # noqa: SLF001
    paragraph.add_run(" —")


def add_fallbacks(document: Any) -> None:
    """Names of the official fonts with what may stand in for them; nothing is embedded."""
    part = next(part for part in document.part.package.iter_parts() if part.partname.endswith("fontTable.xml"))
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>'
        for name, other in FALLBACKS.items()
    )
    part._blob = part.blob.replace(b"</w:fonts>", f"{fonts}</w:fonts>".encode())  # noqa: SLF001


def write(parent: Parent, style: str, *runs: str | tuple[str, str]) -> Any:
    paragraph = parent.add_paragraph(style=style)
    for run in runs:
        words, face = run if isinstance(run, tuple) else (run, None)
        paragraph.add_run(words, style=face)
    return paragraph


def make_table(document: Any, widths: tuple[float, ...], heads: list[str]) -> Any:
    """A ruled table whose head is repeated on every page and whose rows never break across two."""
    table = document.add_table(rows=1, cols=len(widths))
    table.style, table.autofit = "Table Grid", False
    for width, column in zip(widths, table.columns, strict=True):
        column.width = Mm(width)
    margins = element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w=40, type="dxa"))
    table._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)  # noqa: SLF001
    fill_row(table.rows[0], widths, heads, ["表头"] * len(heads))
    table.rows[0]._tr.get_or_add_trPr().append(element("w:tblHeader"))  # noqa: SLF001
    return table


def fill_row(row: Any, widths: tuple[float, ...], words: list[str], styles: list[str]) -> None:
    row._tr.get_or_add_trPr().append(element("w:cantSplit"))  # noqa: SLF001
    for cell, width, word, style in zip(row.cells, widths, words, styles, strict=True):
        cell.width = Mm(width)
        cell.vertical_alignment = 1
        paragraph = cell.paragraphs[0]
        paragraph.style = style
        paragraph.add_run(word)


def add_rows(table: Any, widths: tuple[float, ...], loop: str, words: list[str], styles: list[str]) -> None:
    """One line per entry of a list of the context."""
    blank = [""] * (len(words) - 1)
    fill_row(table.add_row(), widths, [f"{{%tr for {loop} %}}", *blank], styles)
    fill_row(table.add_row(), widths, words, styles)
    fill_row(table.add_row(), widths, ["{%tr endfor %}", *blank], styles)


def write_head(document: Any) -> None:
    line = write(document, "公文标记", "{{ mark }}\t{{ review_mark }}")
    line.paragraph_format.tab_stops.add_tab_stop(Twips(28 * CHARACTER), alignment=2)
    write(document, "公文正文", "")
    write(document, "公文正文", "{%p for line in title_lines %}")
    write(document, "公文标题", "{{ line }}")
    write(document, "公文正文", "{%p endfor %}")
    write(document, "公文正文", "")
    write(document, "主送机关", "{{ addressee }}：")
    write(document, "公文正文", "{{ opening }}")


def write_text(document: Any) -> None:
    write(document, "公文正文", "{%p for section in sections %}")
    write(document, "公文一级标题", "{{ section.heading }}")
    write(document, "公文正文", "{%p for block in section.blocks %}")
    write(document, "公文正文", '{%p if block.kind == "open" %}')
    write(document, "待填", ("{{ block.text }}", "待填字"))
    write(document, "公文正文", '{%p elif block.kind == "item" %}')
    write(document, "公文条目", "{{ block.text }}")
    write(document, "公文正文", "{%p else %}")
    write(document, "公文正文", ("{{ block.lead }}", "公文二级标题字"), "{{ block.text }}")
    for end in ("endif", "endfor", "endfor"):
        write(document, "公文正文", f"{{%p {end} %}}")


def write_foot(document: Any) -> None:
    write(document, "附件说明", "")
    write(document, "公文正文", "{%p for line in annex_lines %}")
    write(document, "附件说明", "{{ line }}")
    write(document, "公文正文", "{%p endfor %}")
    for _ in range(2):
        write(document, "附件说明", "")
    place = document.add_table(rows=2, cols=1)
    place.alignment, place.autofit = 2, False
    place.columns[0].width = Twips(17 * CHARACTER)
    for row, words in zip(place.rows, ("{{ signature }}", "{{ date }}"), strict=True):
        row.cells[0].width = Twips(17 * CHARACTER)
        row.cells[0].paragraphs[0].style = "署名"
        row.cells[0].paragraphs[0].add_run(words)


def start_annex(document: Any, name: str) -> None:
    write(document, "公文正文", f"{{%p if annex_numbers.{name} %}}")
    write(document, "附件号", f"附件{{{{ annex_numbers.{name} }}}}")
    write(document, "附件标题", "")
    write(document, "附件标题", f"{{{{ annex_titles.{name} }}}}")


def write_children(document: Any) -> None:
    start_annex(document, "children")
    line = write(document, "表注", "{{ phase_title }}阶段　截至{{ as_of }}\t单位：份、个")
    line.paragraph_format.tab_stops.add_tab_stop(Twips(28 * CHARACTER), alignment=2)
    heads = ["序号", "单位", *(f"{{{{ children.heads[{n}] }}}}" for n in range(9))]
    styles = ["表中数字", "表中文字", *["表中数字"] * 9]
    table = make_table(document, CHILDREN_WIDTHS, heads)
    cells = [f"{{{{ row.cells[{n}] }}}}" for n in range(9)]
    add_rows(table, CHILDREN_WIDTHS, "row in children.rows", ["{{ row.no }}", "{{ row.unit }}", *cells], styles)
    total = [cell.replace("row.", "children.total.") for cell in cells]
    fill_row(table.add_row(), CHILDREN_WIDTHS, ["", "{{ children.total.unit }}", *total], styles)
    write(document, "表注", "注：1.按行政区划顺序排列，不作排名。2.报送率=（已报+零报告）÷（应报－免报）。")
    write(document, "表注", "　　3.各比率保留一位小数，截尾，不进位。4.“—”表示没有收到相应报表。")
    write(document, "公文正文", "{%p endif %}")


def write_missing(document: Any) -> None:
    start_annex(document, "missing")
    write(document, "表注", "截至{{ as_of }}，按行政区划顺序排列")
    table = make_table(document, MISSING_WIDTHS, ["序号", "所属", "单位", "单位代码"])
    words = ["{{ row.no }}", "{{ row.parent }}", "{{ row.name }}", "{{ row.code }}"]
    add_rows(table, MISSING_WIDTHS, "row in missing", words, ["表中数字", "表中文字", "表中文字", "表中数字"])
    write(document, "公文正文", "{%p endif %}")


def write_facts(document: Any) -> None:
    start_annex(document, "facts")
    write(document, "表注", "截至{{ as_of }}，各单位报表合计；占比＝合计÷对该项作出答复的单位数")
    table = make_table(document, FACTS_WIDTHS, ["序号", "类别", "项目", "合计", "单位", "答复数", "占比", "出处键"])
    words = [f"{{{{ row.{name} }}}}" for name in ("no", "group", "title", "value", "unit", "of", "share", "key")]
    styles = ["表中数字", "表中文字", "表中文字", *["表中数字"] * 4, "表中文字"]
    add_rows(table, FACTS_WIDTHS, "row in facts", words, styles)
    write(document, "公文正文", "{%p endif %}")


def write_sources(document: Any) -> None:
    start_annex(document, "sources")
    stamp = "{{ label }}　编号{{ snapshot_id }}　{{ review_mark }}　校验码{{ digest[:16] }}"
    write(document, "表注", "正文每个数字在汇总库中的出处键，供核对时逐级查到单位、报表和单元格。")
    write(document, "表注", stamp)
    table = make_table(document, SOURCES_WIDTHS, ["序号", "指标", "数值", "单位", "出处键"])
    words = ["{{ row.no }}", "{{ row.title }}", "{{ row.value }}", "{{ row.unit }}", "{{ row.key }}"]
    styles = ["表中数字", "表中文字", "表中数字", "表中数字", "表中文字"]
    add_rows(table, SOURCES_WIDTHS, "row in sources", words, styles)
    write(document, "公文正文", "{%p endif %}")


def main() -> None:
    document = Document()
    make_styles(document)
    set_page(document)
    for part in (write_head, write_text, write_foot, write_children, write_missing, write_facts, write_sources):
        part(document)
    add_fallbacks(document)
    about = document.core_properties
    about.title, about.author, about.comments = "{{ title }}", "{{ signature }}", ""
    about.created = about.modified = datetime(2021, 1, 20, tzinfo=UTC).replace(tzinfo=None)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    document.save(str(TARGET))


if __name__ == "__main__":
    main()
