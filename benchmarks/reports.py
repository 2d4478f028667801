"""The Word reports of a county, a city and the province, as many of each as stand to one another in a real province.

115 offices take too long for every round: one round makes those of 7 counties, of one city and of the province.
Floor: docxtpl filling in the same template with the same values, and saving; the values are worked out beforehand.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from docxtpl import DocxTemplate

from benchmarks.reports_of_a_province import TEMPLATE, tree
from benchmarks.timing import Row, Ways
from oneledger.adapters.report_docx import render_report
from oneledger.domain.report import SnapshotView, report_context

COUNTIES = 7


def some_offices() -> list[SnapshotView]:
    every = tree()
    of_level = {level: [each for each in every if each.unit.level == level] for level in ("county", "city", "province")}
    return [*of_level["county"][:COUNTIES], of_level["city"][0], of_level["province"][0]]


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    views = some_offices()
    contexts = [report_context(view) for view in views]

    def floor(_number: int) -> None:
        for context in contexts:
            template = DocxTemplate(TEMPLATE)
            template.render(context, autoescape=True)
            template.save(io.BytesIO())

    yield {"ours": lambda _number: [render_report(TEMPLATE, report_context(view)) for view in views], "floor": floor}


ROW = Row(
    "reports: 7 counties, a city, the province (of 100, 14, 1)", "docxtpl on the same template with the same values",
    ways, COUNTIES + 2, most=1.5,
)  # fmt: skip
