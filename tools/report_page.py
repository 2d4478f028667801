# ruff: noqa: INP001  a script beside the packages, run by hand
"""The official page (GB/T 9704) of every Word template: paper, grid, fonts, styles, page numbers."""

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor, Twips

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
RED = RGBColor(0xFF, 0, 0)
LINE = 580  # twips: 225 mm / 22
# Margins 37 / 35 / 28 / 26 mm; the last two a hair narrower, so that 22 lines and 28 characters really fit.
TOP, BOTTOM, LEFT, RIGHT = Mm(37), Twips(1980), Mm(28), Twips(1472)


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
    make_head_styles(document)
    add_style(document, "公文标题", TITLE, 22, align=centre, line=700, keep=True)
    add_style(document, "主送机关", FANGSONG, 16)
    add_style(document, "公文正文", FANGSONG, 16, indent=2, align=justify)
    add_style(document, "公文条目", FANGSONG, 16, indent=2)
    add_style(document, "公文一级标题", HEITI, 16, indent=2, keep=True)
    add_style(document, "待填", FANGSONG, 16, indent=2, align=justify)
    add_style(document, "公文结尾", FANGSONG, 16, indent=2, align=justify, keep=True)
    add_style(document, "附件说明", FANGSONG, 16, indent=2, keep=True)
    add_style(document, "署名", FANGSONG, 16, align=centre, keep=True)
    add_style(document, "附注", FANGSONG, 16, indent=2)
    make_imprint_style(document)
    add_style(document, "公文末行", FANGSONG, 1, line=20)
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


def make_head_styles(document: Any) -> None:
    """版头: the office's name in red, 35 mm below the top of the text; its number over a red line under it."""
    mark = add_style(document, "发文机关标志", TITLE, 32, align=WD_ALIGN_PARAGRAPH.CENTER, line=900, keep=True)
    mark.font.color.rgb = RED
    mark.paragraph_format.space_before = Mm(20)
    signer = add_style(document, "签发人", FANGSONG, 16, align=WD_ALIGN_PARAGRAPH.RIGHT, keep=True)
    signer.paragraph_format.space_before = Twips(LINE)
    number = add_style(document, "发文字号", FANGSONG, 16, keep=True)
    number.paragraph_format.space_before = Twips(2 * LINE)
    rule = element("w:pBdr")
    rule.append(element("w:bottom", val="single", sz=16, space=11, color="FF0000"))
    number.element.pPr.find(qn("w:snapToGrid")).addprevious(rule)


def make_imprint_style(document: Any) -> None:
    """Outer rules of 0.35 mm, the inner one of 0.25 mm (GB/T 9704, 7.4)."""
    style = add_style(document, "版记", FANGSONG, 14, line=440)
    style.paragraph_format.tab_stops.add_tab_stop(Twips(28 * CHARACTER), alignment=2)
    rules = element("w:pBdr")
    for side, size in (("top", 8), ("bottom", 8), ("between", 6)):
        rules.append(element(f"w:{side}", val="single", sz=size, space=1, color="000000"))
    style.element.pPr.find(qn("w:tabs")).addprevious(rules)


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
