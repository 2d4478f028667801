# ruff: noqa: INP001  a script beside the packages, run by hand
"""Make templates/reports/school_report.docx afresh: the page on which a school's own report is drafted.

.venv/bin/python tools/make_school_report_template.py
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from report_page import add_fallbacks, make_styles, set_page
from report_parts import add_rows, make_table, write, write_foot, write_mark, write_title

TARGET = Path(__file__).resolve().parent.parent / "templates" / "reports" / "school_report.docx"
SOURCES_WIDTHS = (10, 48, 32, 66)  # mm, together 156
GAP_FACE = "待填字"


def write_head(document: Any) -> None:
    write_mark(document, "草稿\t请核对、补充后再用")
    write_title(document)


def write_text(document: Any) -> None:
    write(document, "公文正文", "{%p for section in sections %}")
    write(document, "公文一级标题", "{{ section.heading }}")
    write(document, "公文正文", "{%p for block in section.blocks %}")
    write(document, "公文正文", '{%p if block.kind == "item" %}')
    write(document, "公文条目", *runs())
    write(document, "公文正文", "{%p else %}")
    write(document, "公文正文", ("{{ block.lead }}", "公文二级标题字"), *runs())
    for end in ("endif", "endfor", "endfor"):
        write(document, "公文正文", f"{{%p {end} %}}")


def runs() -> list[str | tuple[str, str]]:
    """The runs of a block, gaps in another face on yellow."""
    return [
        "{%r for run in block.runs %}",
        "{%r if run.is_gap %}",
        ("{{ run.text }}", GAP_FACE),
        "{%r else %}",
        "{{ run.text }}",
        "{%r endif %}",
        "{%r endfor %}",
    ]


def write_sources(document: Any) -> None:
    write(document, "公文正文", "{%p if sources %}")
    write(document, "附件号", "核对用（报送前删去本页）")
    write(document, "附件标题", "")
    write(document, "附件标题", "文中数字的出处")
    table = make_table(document, SOURCES_WIDTHS, ["序号", "指标", "数值", "出处"])
    words = ["{{ row.no }}", "{{ row.title }}", "{{ row.value }}", "{{ row.place }}"]
    add_rows(table, SOURCES_WIDTHS, "row in sources", words, ["表中数字", "表中文字", "表中文字", "表中文字"])
    write(document, "公文正文", "{%p endif %}")


def make_light(document: Any) -> None:
    """One such file goes to every school: what python-docx's own template carries along unused is left out."""
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in ("Table Grid", "Normal Table"):
            style.element.getparent().remove(style.element)
    for rels in (document.part.rels, document.part.package.rels):
        for name, rel in list(rels.items()):
            if rel.reltype.rpartition("/")[2] in ("stylesWithEffects", "thumbnail", "customXml", "numbering"):
                del rels[name]


def main() -> None:
    document = Document()
    make_styles(document)
    set_page(document)
    for part in (write_head, write_text, write_foot, write_sources):
        part(document)
    add_fallbacks(document)
    make_light(document)
    about = document.core_properties
    about.title, about.author, about.comments = "{{ title }}", "{{ signature }}", ""
    about.created = about.modified = datetime(2021, 1, 20, tzinfo=UTC).replace(tzinfo=None)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    document.save(str(TARGET))


if __name__ == "__main__":
    main()
