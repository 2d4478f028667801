"""The volume as a Word document, in the styles of the report's page: cover, table of contents, one article a page on.

Set anew from text and cleaned pictures: nothing of the schools' files (macros, links, authors, templates) goes into it.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from oneledger.adapters.xml_text import xml_text
from oneledger.domain.volume import Article, Line, Section

WIDTH, HEIGHT = Mm(120), Mm(90)  # most of a picture
TEXT_WIDTH = Mm(154)
_STYLES = {0: "公文正文", 1: "公文一级标题", 2: "公文正文"}


def make_volume(template: Path, title: Sequence[str], issuer: str, day: str, parts: Sequence[Section]) -> bytes:
    """``title``: its lines, as they stand on the cover."""
    title, issuer, parts = [xml_text(line) for line in title], xml_text(issuer), [_clean(part) for part in parts]
    document = Document(str(template))
    body = document.element.body
    for element in list(body):
        if element.tag != qn("w:sectPr"):
            body.remove(element)
    _write_cover(document, title, issuer, day)
    _write_contents(document, parts)
    number = 0
    for part in parts:
        for index, article in enumerate(part.articles):
            number += 1
            _write_article(document, part.title if index == 0 else "", article, number)
    _ask_to_update(document)
    document.core_properties.author, document.core_properties.title = issuer, "".join(title)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _clean(part: Section) -> Section:
    """What a PDF's text may hold and Word's may not is left out."""
    articles = (
        replace(
            article,
            unit=replace(article.unit, name=xml_text(article.unit.name)),
            title=xml_text(article.title),
            lines=tuple(replace(line, text=xml_text(line.text)) for line in article.lines),
        )
        for article in part.articles
    )
    return Section(xml_text(part.title), tuple(articles))


def _write_cover(document: Any, title: Sequence[str], issuer: str, day: str) -> None:
    for _ in range(6):
        document.add_paragraph(style="公文正文")
    for line in title:
        document.add_paragraph(line, style="公文标题")
    for _ in range(9):
        document.add_paragraph(style="公文正文")
    for words in (issuer, day):
        paragraph = document.add_paragraph(words, style="署名")
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _write_contents(document: Any, parts: Sequence[Section]) -> None:
    """Entries that lead to their articles; their page numbers are fields, which Word, WPS and LibreOffice count."""
    head = document.add_paragraph("目　录", style="公文标题")
    head.paragraph_format.page_break_before = True
    number = 0
    for part in parts:
        document.add_paragraph(part.title, style="公文一级标题")
        for article in part.articles:
            number += 1
            _write_entry(document, article, number)


def _write_entry(document: Any, article: Article, number: int) -> None:
    paragraph = document.add_paragraph(style="公文正文")
    paragraph.paragraph_format.first_line_indent = Mm(0)
    paragraph.paragraph_format.left_indent = Mm(11)
    for old in paragraph._p.pPr.findall(qn("w:ind")):  # noqa: SLF001  the style's indent counts in characters
        old.set(qn("w:firstLineChars"), "0")
    paragraph.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT
    paragraph.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), _bookmark(number))
    run = paragraph.add_run(f"{article.title}（{article.unit.name}）")
    link.append(run._r)  # noqa: SLF001
    paragraph._p.append(link)  # noqa: SLF001
    paragraph.add_run("\t")
    _add_page_number(paragraph, number)


def _add_page_number(paragraph: Any, number: int) -> None:
    code = OxmlElement("w:instrText")
    code.set(qn("xml:space"), "preserve")
    code.text = f" PAGEREF {_bookmark(number)} \\h "
    for element in (_char("begin"), code, _char("separate")):
        paragraph.add_run()._r.append(element)  # noqa: SLF001  python-docx has no name for fields
    paragraph.add_run(" ")
    paragraph.add_run()._r.append(_char("end"))  # noqa: SLF001


def _char(kind: str) -> Any:
    made = OxmlElement("w:fldChar")
    made.set(qn("w:fldCharType"), kind)
    return made


def _write_article(document: Any, stage: str, article: Article, number: int) -> None:
    if stage:
        head = document.add_paragraph(stage, style="公文一级标题")
        head.paragraph_format.page_break_before = True
        _outline(head, 0)
    title = document.add_paragraph(article.title, style="公文标题")
    title.paragraph_format.page_break_before = not stage
    _outline(title, 1)
    _mark(title, number)
    unit = document.add_paragraph(article.unit.name, style="署名")
    unit.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in article.lines:
        _write_line(document, line)
    for picture in article.pictures:
        _write_picture(document, picture)


def _write_line(document: Any, line: Line) -> None:
    paragraph = document.add_paragraph(style=_STYLES[line.level])
    run = paragraph.add_run(line.text)
    if line.level == 2:
        run.style = "公文二级标题字"


def _write_picture(document: Any, content: bytes) -> None:
    """On a paragraph of its own; exact line pitch would cut it off."""
    paragraph = document.add_paragraph(style="表中数字")
    paragraph.paragraph_format.line_spacing = 1.0
    paragraph.paragraph_format.space_before = Pt(8)
    shape = paragraph.add_run().add_picture(io.BytesIO(content))
    factor = min(WIDTH / shape.width, HEIGHT / shape.height)
    shape.width, shape.height = int(shape.width * factor), int(shape.height * factor)


def _outline(paragraph: Any, level: int) -> None:
    mark = OxmlElement("w:outlineLvl")
    mark.set(qn("w:val"), str(level))
    paragraph._p.get_or_add_pPr().append(mark)  # noqa: SLF001


def _mark(paragraph: Any, number: int) -> None:
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for each in (start, end):
        each.set(qn("w:id"), str(number))
    start.set(qn("w:name"), _bookmark(number))
    paragraph._p.insert(1, start)  # noqa: SLF001
    paragraph._p.append(end)  # noqa: SLF001


def _bookmark(number: int) -> str:
    return f"article{number}"


def _ask_to_update(document: Any) -> None:
    """Page numbers are Word's to count: it offers to fill them in when the volume is opened."""
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    document.settings.element.append(update)
