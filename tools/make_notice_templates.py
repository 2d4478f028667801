# ruff: noqa: INP001  a script beside the packages, run by hand
"""Make templates/reports/rectification_notice.docx and circular.docx afresh.

.venv/bin/python tools/make_notice_templates.py
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from make_school_report_template import make_light
from report_page import add_fallbacks, make_styles, set_page
from report_parts import (
    add_rows,
    make_table,
    start_annex,
    write,
    write_foot,
    write_head,
    write_imprint,
    write_mark,
    write_note,
    write_signature,
    write_text,
    write_title,
)

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "reports"
PROBLEM_WIDTHS = (9, 37, 22, 50, 14, 24)  # mm, together 156
UNIT_WIDTHS = (12, 60, 60, 24)


def write_notice_head(document: Any) -> None:
    write_mark(document, "{{ mark }}\t{{ number }}")
    write_title(document)


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
    circular = [write_head, write_text, write_foot, write_note, write_late, write_imprint]
    make("rectification_notice.docx", [write_notice_head, write_problems, write_steps, write_signature])
    make("circular.docx", circular)


if __name__ == "__main__":
    main()
