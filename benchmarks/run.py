"""Every row of the table in docs/performance.md, measured here and now.

.venv/bin/python -m benchmarks.run [--rows "workbook rollup"] [--rounds 5] [--out FILE.json]
"""

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2

from benchmarks.timing import Row, Times, measured

ROWS = (
    "workbook",
    "mail",
    "returned",
    "rollup",
    "rerolled",
    "reports",
    "consolidated",
    "status",
    "plan",
    "sweep",
    "whole_way",
)
LIBRARIES = ("prefect", "sqlalchemy", "openpyxl", "python-calamine", "docxtpl", "yagmail", "rustpy-xlsxwriter")


def main(names: list[str], rounds: int, out: Path) -> None:
    told: dict[str, Any] = {"machine": machine(), "rounds": rounds, "rows": {}}
    for name in names:
        row: Row = import_module(f"benchmarks.{name}").ROW
        print(f"{name} …", file=sys.stderr, flush=True)
        started = time.perf_counter()
        times = measured(row, rounds)
        told["rows"][name] = judged(row, times) | {"seconds": round(time.perf_counter() - started)}
    out.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(table(told))


def machine() -> dict[str, Any]:
    processor = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "processor": processor.partition(":")[2].strip(),
        "cores": len(os.sched_getaffinity(0)),
        "load": [round(each, 1) for each in os.getloadavg()],
        "python": platform.python_version(),
        "sqlite": pysqlite3.dbapi2.sqlite_version,
        **{name: version(name) for name in LIBRARIES},
    }


def judged(row: Row, times: dict[str, Times]) -> dict[str, Any]:
    """Ratios are of CPU time, or of wall time ``by_wall``; a rate is of one core. What has no target is told too."""
    ours, floor, naive = times["ours"], times.get("floor"), times.get("naive")

    def spent(times: Times) -> float:
        return times.wall if row.by_wall else times.cpu

    told: dict[str, Any] = {"step": row.step, "floor": row.floor}
    told["times"] = {key: asdict(each) for key, each in times.items()}
    told["times_floor"] = round(spent(ours) / spent(floor), 2) if floor else None
    told["times_floor_wall"] = round(ours.wall / floor.wall, 2) if floor else None
    told["faster_than_naive"] = round(spent(naive) / spent(ours), 1) if naive else None
    told["a_second"] = round(1000 / spent(ours), 1)
    goals = [
        (row.most, f"≤ {row.most} × floor", floor and spent(ours) <= (row.most or 0) * spent(floor)),
        (row.naive, f"≥ {row.naive} × faster than naive", naive and spent(naive) >= (row.naive or 0) * spent(ours)),
        (row.rate, f"≥ {row.rate}/s", row.rate and 1000 / spent(ours) >= row.rate),
        (row.most_ms, f"≤ {row.most_ms} ms", row.most_ms and ours.wall <= row.most_ms),
    ]
    told["targets"] = {words: bool(met) for wanted, words, met in goals if wanted is not None}
    return told


def table(told: dict[str, Any]) -> str:
    head = [
        "| step | floor | ours, ms | floor, ms | × floor | naive, ms | × faster | a second | targets |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(_line(each) for each in told["rows"].values())])


def _line(row: dict[str, Any]) -> str:
    shown = {key: f"{each['cpu']:.2f} ({each['wall']:.2f})" for key, each in row["times"].items()}
    targets = "; ".join(f"{words} {'met' if met else '**missed**'}" for words, met in row["targets"].items())
    cells = (
        row["step"], row["floor"], shown["ours"], shown.get("floor", ""), row["times_floor"] or "",
        shown.get("naive", ""), row["faster_than_naive"] or "", row["a_second"], targets,
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results.json"))
    given = parser.parse_args()
    main(given.rows.split() or list(ROWS), given.rounds, given.out)
