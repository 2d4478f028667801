"""What stands behind the text: one line per child, who is missing, and the key of every number."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oneledger.domain.absent import Part, levels_asked, parts_of, whole_of
from oneledger.domain.forms import Form
from oneledger.domain.phrases import grouped, share_text
from oneledger.domain.problems import CLOSED
from oneledger.domain.report_figures import Figures, SnapshotView, answered_rate
from oneledger.domain.report_problems import GRAVE, due_problems
from oneledger.domain.report_returns import missing_groups

Tell = Callable[[Part], str]

COVERAGE_HEADS = ("应报", "已报", "零报告", "免报", "未报", "报送率")


def children_table(view: SnapshotView) -> dict[str, Any]:
    """Children in administrative order, never by their figures; the unit's own part; the sum last.

    A figure of a form that nobody below a child answered is — or blank, not 0.
    """
    heads, columns = _last_columns(view)
    rows = [
        {"no": str(no), "unit": part.name, "cells": _cells(part, columns)} for no, part in enumerate(parts_of(view), 1)
    ]
    whole = whole_of(view)
    total = {"no": "", "unit": whole.name, "cells": _cells(whole, columns)}
    return {"heads": [*COVERAGE_HEADS, *heads], "rows": rows, "total": total}


def _cells(part: Part, columns: Sequence[Tell]) -> list[str]:
    each = part.rollup.coverage
    numbers = (each.expected, each.returned, each.zero, each.exempt, each.missing)
    return [*map(grouped, numbers), share_text(*answered_rate(each)), *(tell(part) for tell in columns)]


def _last_columns(view: SnapshotView) -> tuple[list[str], list[Tell]]:
    """Three columns by what the phase is about; the same number always, so that the template's table is fixed."""
    found = [*_progress_columns(view), *_inspection_columns(view), *_problem_columns(view), *_selfcheck_columns(view)]
    found = [*found, *[("", lambda _: "")] * 3][:3]
    return [head for head, _ in found], [column for _, column in found]


def _told(view: SnapshotView, form: Form, tell: Callable[[Figures], str]) -> Tell:
    asked = levels_asked(view, form)

    def column(part: Part) -> str:
        return tell(Figures(part.rollup)) if part.rollup.answered.get(form.form) else part.absent(asked)

    return column


def _progress_columns(view: SnapshotView) -> list[tuple[str, Tell]]:
    form = view.form_in_role("progress")
    if form is None:
        return []

    def rate(figures: Figures) -> str:
        return share_text(figures.rows(form, state=CLOSED), due_problems(figures, form))

    return [
        ("应整改", _told(view, form, lambda figures: grouped(due_problems(figures, form)))),
        (CLOSED, _told(view, form, lambda figures: grouped(figures.rows(form, state=CLOSED)))),
        ("整改率", _told(view, form, rate)),
    ]


def _problem_columns(view: SnapshotView) -> list[tuple[str, Tell]]:
    form = view.form_in_role("problems")
    if form is None:
        return []
    return [
        ("问题数", _told(view, form, lambda figures: grouped(figures.rows(form)))),
        (f"{GRAVE}风险", _told(view, form, lambda figures: grouped(figures.rows(form, risk=GRAVE)))),
    ]


def _selfcheck_columns(view: SnapshotView) -> list[tuple[str, Tell]]:
    form = view.form_with("conclusion")
    if form is None:
        return []
    return [("自查未落实", _told(view, form, lambda figures: grouped(figures.rows(form, conclusion="未落实"))))]


def _inspection_columns(view: SnapshotView) -> list[tuple[str, Tell]]:
    form = view.form_with("score")
    if form is None:
        return []

    def mean(figures: Figures) -> str:
        return grouped(int(figures.number(f"{form.form}.score") * 10 / figures.number(f"answered.{form.form}")) / 10)

    return [
        ("检查记录", _told(view, form, lambda figures: grouped(figures.number(f"answered.{form.form}")))),
        ("平均得分", _told(view, form, mean)),
        ("自查偏高", _told(view, form, lambda figures: grouped(figures.rows(form, agrees_with_selfcheck="自查偏高")))),
    ]


def missing_list(view: SnapshotView) -> list[dict[str, str]]:
    named = [(group.unit.name, unit) for group in missing_groups(view) for unit in group.units]
    return [
        {"no": str(no), "parent": "" if whose == name else whose, "name": name, "code": code}
        for no, (whose, (code, name)) in enumerate(named, start=1)
    ]


def sources_list(figures: Figures) -> list[Mapping[str, str]]:
    """Every number of the text with the key under which it can be traced."""
    return [
        {"no": str(no), "title": each.title, "value": each.value, "unit": each.unit, "key": each.key}
        for no, each in enumerate(figures.sources.values(), start=1)
    ]
