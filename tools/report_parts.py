# ruff: noqa: INP001  a script beside the packages, run by hand
"""What the Word templates are put together from: tables, title, head (版头), text, signature, note, imprint (版记)."""

from typing import Any

from docx.oxml.ns import qn
from docx.shared import Mm, Twips
from report_page import CHARACTER, element

Parent = Any  # a document or a table cell of python-docx


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


def write_mark(document: Any, words: str) -> None:
    line = write(document, "公文标记", words)
    line.paragraph_format.tab_stops.add_tab_stop(Twips(28 * CHARACTER), alignment=2)


def write_head(document: Any) -> None:
    write_mark(document, "{{ mark }}\t{{ review_mark }}")
    write_letterhead(document)
    write_title(document)


def write_letterhead(document: Any) -> None:
    """版头, where the kind of paper has one. Papers that go up have the signer over the number."""
    write(document, "公文正文", "{%p if parts.head %}")
    write(document, "发文机关标志", "{{ parts.head }}")
    write(document, "公文正文", "{%p if parts.signer %}")
    write(document, "签发人", "签发人：", ("{{ parts.signer }}", "公文二级标题字"), "　")
    write(document, "发文字号", "　{{ parts.number }}").paragraph_format.space_before = 0
    write(document, "公文正文", "{%p else %}")
    write(document, "发文字号", "{{ parts.number }}").alignment = 1
    write(document, "公文正文", "{%p endif %}")
    write(document, "公文正文", "")
    write(document, "公文正文", "{%p endif %}")


def write_title(document: Any) -> None:
    write(document, "公文正文", "")
    write(document, "公文正文", "{%p for line in title_lines %}")
    write(document, "公文标题", "{{ line }}")
    write(document, "公文正文", "{%p endfor %}")
    write(document, "公文正文", "")
    write(document, "主送机关", "{{ addressee }}：")
    write(document, "公文正文", "{{ opening }}")


def write_text(document: Any) -> None:
    """The last paragraph stays with the signature, so that no page holds a seal without text.

    Not one that would fill a page together with it: LibreOffice moves such a paragraph whole.
    """
    write(document, "公文正文", "{%p for section in sections %}")
    write(document, "公文正文", "{%p set is_last_section = loop.last %}")
    write(document, "公文一级标题", "{{ section.heading }}")
    write(document, "公文正文", "{%p for block in section.blocks %}")
    write(document, "公文正文", "{%p set is_end = is_last_section and loop.last and block.text|length < 300 %}")
    write(document, "公文正文", '{%p if block.kind == "open" and is_end %}')
    write(document, "公文结尾", ("{{ block.text }}", "待填字"))
    write(document, "公文正文", "{%p elif is_end %}")
    write(document, "公文结尾", ("{{ block.lead }}", "公文二级标题字"), "{{ block.text }}")
    write(document, "公文正文", '{%p elif block.kind == "open" %}')
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
    write_signature(document)


def write_signature(document: Any) -> None:
    place = document.add_table(rows=2, cols=1)
    place.alignment, place.autofit = 2, False
    place.columns[0].width = Twips(17 * CHARACTER)
    for row, words in zip(place.rows, ("{{ signature }}", "{{ date }}"), strict=True):
        row.cells[0].width = Twips(17 * CHARACTER)
        row.cells[0].paragraphs[0].style = "署名"
        row.cells[0].paragraphs[0].add_run(words)


def write_note(document: Any) -> None:
    """附注: in brackets on the line after the date."""
    write(document, "公文正文", "{%p if parts.note %}")
    write(document, "附注", "（{{ parts.note }}）")
    write(document, "公文正文", "{%p endif %}")


def write_imprint(document: Any) -> None:
    """版记: two lines at the foot of the last page, between the rules of their style."""
    write(document, "公文正文", "{%p if parts.imprint %}")
    place = {"w": 28 * CHARACTER, "wrap": "around", "vAnchor": "margin", "hAnchor": "margin", "xAlign": "left"}
    for words in (
        "　抄送：{{ parts.imprint.copied_to }}",
        "　{{ parts.imprint.office }}\t{{ parts.imprint.day }}印发　",
    ):
        line = write(document, "版记", words)
        line._p.pPr.append(element("w:framePr", **place, yAlign="bottom"))  # noqa: SLF001
    write(document, "公文末行", "")
    write(document, "公文正文", "{%p endif %}")


def start_annex(document: Any, name: str) -> None:
    write(document, "公文正文", f"{{%p if annex_numbers.{name} %}}")
    write(document, "附件号", f"附件{{{{ annex_numbers.{name} if annex_lines|length > 1 else '' }}}}")
    write(document, "附件标题", "")
    write(document, "附件标题", f"{{{{ annex_titles.{name} }}}}")
