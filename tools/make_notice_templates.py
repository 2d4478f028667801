# ruff: noqa: INP001  a script beside the packages, run by hand
"""Make templates/reports/rectification_notice.docx and circular.docx afresh.

.venv/bin/python tools/make_notice_templates.py
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.shared import Twips
from make_report_template import (
    CHARACTER,
    add_fallbacks,
    add_rows,
    make_styles,
    make_table,
    set_page,
    start_annex,
    write,
    write_foot,
    write_text,
)
from make_school_report_template import make_light

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "reports"
PROBLEM_WIDTHS = (9, 37, 22, 50, 14, 24)  # mm, together 156
UNIT_WIDTHS = (12, 60, 60, 24)


def write_title(document: Any, mark: str) -> None:
    line = write(document, "公文标记", mark)
    line.paragraph_format.tab_stops.add_tab_stop(Twips(28 * CHARACTER), alignment=2)
    write(document, "公文正文", "")
    write(document, "公文正文", "{%p for line in title_lines %}")
    write(document, "公文标题", "{{ line }}")
    write(document, "公文正文", "{%p endfor %}")
    write(document, "公文正文", "")
    write(document, "主送机关", "{{ addressee }}：")
    write(document, "公文正文", "{{ opening }}")


def write_problems(document: Any) -> None:
    heads = ["序号", "问题编号", "检查项目", "问题表现", "责任人", "整改期限"]
    table = make_table(document, PROBLEM_WIDTHS, heads)
    words = [f"{{{{ row.{name} }}}}" for name in ("no", "problem_no", "topic", "description", "owner", "due")]
    styles = ["表中数字", "表中数字", "表中文字", "表中文字", "表中数字", "表中数字"]
    add_rows(table, PROBLEM_WIDTHS, "row in rows", words, styles)


def write_steps(document: Any) -> None:
    write(document, "公文正文", "{%p if feedback %}")
    write(document, "公文正文", ("现场反馈。", "公文二级标题字"), "{{ feedback }}")
    write(document, "公文正文", "{%p endif %}")
    write(document, "公文正文", ("整改要求。", "公文二级标题字"), "请于{{ due_text }}前完成。")
    write(document, "公文正文", "{%p for step in steps %}")
    write(document, "公文条目", "{{ step }}")
    write(document, "公文正文", "{%p endfor %}")
    write(document, "公文条目", "")


def write_signature(document: Any) -> None:
    place = document.add_table(rows=2, cols=1)
    place.alignment, place.autofit = 2, False
    place.columns[0].width = Twips(17 * CHARACTER)
    for row, words in zip(place.rows, ("{{ signature }}", "{{ date }}"), strict=True):
        row.cells[0].width = Twips(17 * CHARACTER)
        row.cells[0].paragraphs[0].style = "署名"
        row.cells[0].paragraphs[0].add_run(words)


def write_late(document: Any) -> None:
    start_annex(document, "late")
    write(document, "表注", "截至{{ as_of }}，按行政区划顺序排列")
    table = make_table(document, UNIT_WIDTHS, ["序号", "所属", "单位", "情况"])
    words = ["{{ row.no }}", "{{ row.parent }}", "{{ row.name }}", "{{ row.status }}"]
    add_rows(table, UNIT_WIDTHS, "row in late", words, ["表中数字", "表中文字", "表中文字", "表中数字"])
    write(document, "公文正文", "{%p endif %}")


def make(name: str, parts: Sequence[Callable[[Any], None]]) -> None:
    document = Document()
    make_styles(document)
    set_page(document)
    for part in parts:
        part(document)
    add_fallbacks(document)
    make_light(document)
    about = document.core_properties
    about.title, about.author, about.comments = "{{ title }}", "{{ signature }}", ""
    about.created = about.modified = datetime(2021, 1, 20, tzinfo=UTC).replace(tzinfo=None)
    document.save(str(FOLDER / name))


def main() -> None:
    notice = [lambda it: write_title(it, "{{ mark }}\t{{ number }}"), write_problems, write_steps, write_signature]
    circular = [lambda it: write_title(it, "{{ mark }}\t{{ review_mark }}"), write_text, write_foot, write_late]
    make("rectification_notice.docx", notice)
    make("circular.docx", circular)


if __name__ == "__main__":
    main()
