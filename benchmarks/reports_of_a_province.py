"""Seconds for the reports of a province: 100 counties, 14 cities, the province itself, of 7,500 schools.

Word report, consolidated workbook with every row the level may see, and public copy of each, without the store and
without mailing, on one core: .venv/bin/python benchmarks/reports_of_a_province.py [--profile]
Out of the store, with everything a look does (files, letters), of a rehearsal's schools copied until there are as many:
.venv/bin/python benchmarks/reports_of_a_province.py --store FOLDER/data liaoning-2021 deploy
"""

import cProfile
import pstats
import sys
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from oneledger.adapters.report_docx import render_report
from oneledger.adapters.report_xlsx import consolidated_workbook
from oneledger.domain.public_report import public_context, published
from oneledger.domain.report import SnapshotView, UnitBrief, report_context
from oneledger.domain.rollup import Coverage, Rollup, added
from tests.report_samples import ASPECTS, FIRST, FORMS, RISKS, view

TEMPLATE = Path(__file__).parents[1] / "templates" / "reports" / "phase_report.docx"
CITIES, COUNTIES, SCHOOLS, ROWS = 14, 100, 75, 4


def school(random: Random) -> Rollup:
    figures = {key: number for key, number in FIRST.figures.items() if not key.startswith("ledger")}
    for _ in range(random.randint(0, 2 * ROWS)):
        aspect, risk = random.choice(ASPECTS), random.choices(RISKS, (90, 9, 0.5))[0]
        for where in ("", f"[aspect7={aspect}]", f"[risk={risk}]", f"[aspect7={aspect},risk={risk}]"):
            figures[f"ledger.rows{where}"] = figures.get(f"ledger.rows{where}", 0) + 1
    return Rollup(figures, FIRST.answered, Coverage(returned=1))


def row(number: int) -> dict[str, object]:
    return {
        "problem_no": f"2021-{number:05}", "description": "操场北侧是监控盲区，晚自习后三楼走廊无人巡查",
        "risk": RISKS[number % 3],
        "aspect7": ASPECTS[number % 7], "fix_mode": "限期整改", "n_pupils": 0,
    }  # fmt: skip


def tree() -> list[SnapshotView]:
    random = Random(1)
    views: list[SnapshotView] = []
    cities: dict[int, Any] = {}
    for number in range(COUNTIES):
        schools = tuple(
            (UnitBrief(f"{number:03}{each:03}", f"虚拟县第{each}小学", "school"), school(random))
            for each in range(SCHOOLS)
        )
        county = UnitBrief(f"c{number:03}", f"虚拟第{number}县教育局", "county")
        views.append(view(unit=county, children=schools, rollup=added(each for _, each in schools)))
        cities.setdefault(number % CITIES, []).append((county, views[-1].rollup))
    for number, children in sorted(cities.items()):
        city = UnitBrief(f"t{number:02}", f"虚拟第{number}市教育局", "city")
        views.append(view(unit=city, children=tuple(children), rollup=added(each for _, each in children)))
    below = tuple((each.unit, each.rollup) for each in views[-CITIES:])
    return [
        *views,
        view(unit=UnitBrief("p", "虚拟省教育厅", "province"), children=below, rollup=added(r for _, r in below)),
    ]


def rows_of(each: SnapshotView) -> dict[str, list[tuple[UnitBrief, dict[str, object]]]]:
    """A city's ledger has the rows of its counties' schools, some two thousand; the province sees none."""
    if each.unit.level == "province":
        return {}
    schools = SCHOOLS * (1 if each.unit.level == "county" else len(each.children))
    return {"ledger": [(each.children[no % len(each.children)][0], row(no)) for no in range(schools * ROWS)]}


def main() -> None:
    views = tree()
    started = perf_counter()
    rollups = {each.unit.code: each.rollup for each in views}
    below = {each.unit.code: [unit.code for unit, _ in each.children] for each in views if each.unit.level != "county"}
    said = published(rollups, below, views[0].phase_forms, 3)
    print(f"public copies judged: {len(said.hidden)} of {len(said.numbers)} hidden, {perf_counter() - started:.1f} s")
    size = 0
    for each in views:
        size += len(render_report(TEMPLATE, report_context(each)))
        size += len(consolidated_workbook(each, rows_of(each), FORMS, ()))
        size += len(render_report(TEMPLATE, public_context(each, said, 3)))
    print(f"{len(views)} offices: {perf_counter() - started:.1f} s, {size / 2**20:.1f} MB")


if __name__ == "__main__":
    if "--store" in sys.argv:
        from benchmarks.stored_province import time_stored

        data, campaign, phase = sys.argv[sys.argv.index("--store") + 1 :][:3]
        time_stored(Path(data), campaign, phase, COUNTIES * SCHOOLS)
    elif "--profile" in sys.argv:
        with cProfile.Profile() as profile:
            main()
        pstats.Stats(profile).sort_stats("tottime").print_stats(8)
    else:
        main()
