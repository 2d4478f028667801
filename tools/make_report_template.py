# ruff: noqa: INP001  a script beside the packages, run by hand
"""Make templates/reports/phase_report.docx afresh: a GB/T 9704 page with the places that a report's figures fill.

The docx itself is the style: an official restyles it in Word. Run this only to start over:
    .venv/bin/python tools/make_report_template.py
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.shared import Twips
from report_page import CHARACTER, add_fallbacks, make_styles, set_page
from report_parts import (
    add_rows,
    fill_row,
    make_table,
    start_annex,
    write,
    write_foot,
    write_head,
    write_imprint,
    write_note,
    write_text,
)

TARGET = Path(__file__).resolve().parent.parent / "templates" / "reports" / "phase_report.docx"
CHILDREN_WIDTHS = (9, 34, 12.5, 12.5, 11.5, 11, 11, 14.5, 13.5, 13, 13.5)  # mm, together 156
PROGRESS_DAYS = 8
PROGRESS_WIDTHS = (9, 38, *[10.5] * PROGRESS_DAYS, 12.5, 12.5)
MISSING_WIDTHS = (12, 48, 66, 30)
FACTS_WIDTHS = (8.5, 15.5, 36, 15, 9, 12.5, 14.5, 45)
SOURCES_WIDTHS = (10, 52, 20, 12, 62)


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
    write(document, "表注", "　　3.各比率保留一位小数，截尾，不进位。4.“—”表示不适用或免报，空白表示应报未报。")
    write(document, "公文正文", "{%p endif %}")


def write_progress(document: Any) -> None:
    """The map: one cell a county and day, the darker the more is done."""
    start_annex(document, "progress")
    line = write(document, "表注", "{{ phase_title }}阶段　截至{{ as_of }}\t单位：%、个")
    line.paragraph_format.tab_stops.add_tab_stop(Twips(28 * CHARACTER), alignment=2)
    days = range(PROGRESS_DAYS)
    heads = ["序号", "单位", *(f"{{{{ progress.heads[{n}] }}}}" for n in days), "到期预计", "未报单位"]
    table = make_table(document, PROGRESS_WIDTHS, heads)
    cells = [f"{{% cellbg row.cells[{n}].tint %}}{{{{ row.cells[{n}].text }}}}" for n in days]
    words = ["{{ row.no }}", "{{ row.unit }}", *cells, "{{ row.expected }}", "{{ row.open }}"]
    styles = ["表中数字", "表中文字", *["表中数字"] * (PROGRESS_DAYS + 2)]
    add_rows(table, PROGRESS_WIDTHS, "row in progress.rows", words, styles)
    write(document, "表注", "注：1.各日为到当日为止的报送率；“—”表示没有应报材料或已截止，不作预计。2.不作排名。")
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


PARTS = (
    write_head, write_text, write_foot, write_note,
    write_children, write_progress, write_missing, write_facts, write_sources, write_imprint,
)  # fmt: skip


def main() -> None:
    document = Document()
    make_styles(document)
    set_page(document)
    for part in PARTS:
        part(document)
    add_fallbacks(document)
    about = document.core_properties
    about.title, about.author, about.comments = "{{ title }}", "{{ signature }}", ""
    about.created = about.modified = datetime(2021, 1, 20, tzinfo=UTC).replace(tzinfo=None)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    document.save(str(TARGET))


if __name__ == "__main__":
    main()
