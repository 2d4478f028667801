"""Run as a program: rehearse one small city in a process of its own, since Prefect reads its environment on import.

python -m tests.rehearse_small DIR SEED [repeat=2] [skip=2021-03-01..2021-03-08] [workers=2 database=URL] [last=deploy] [resume=yes]
"""

import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from desk.window import window, without_heartbeats
from oneledger.domain.units import Level, Unit
from rehearsal.plan import Rehearsal
from rehearsal.province import PROVINCE, make_province
from rehearsal.run import rehearse

CITY, COUNTIES = "210100", 3
ZONE = ZoneInfo("Asia/Shanghai")


def small_province(schools: int, seed: int) -> list[Unit]:
    """The province, one city, three of its counties, their schools, and schools directly under city and province."""
    everyone = make_province(schools, seed)
    counties = [unit.code for unit in everyone if unit.level == Level.COUNTY and unit.reports_to == CITY][:COUNTIES]
    kept = {PROVINCE, CITY, *counties}
    return [unit for unit in everyone if unit.code in kept or (unit.level == Level.SCHOOL and unit.reports_to in kept)]


def _moment(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZONE)


def main(directory: str, seed: str, *options: str) -> int:
    given = dict(option.split("=", 1) for option in options)
    skipped = tuple(map(_moment, given["skip"].split(".."))) if "skip" in given else None
    out = Path(directory)
    out.mkdir(parents=True, exist_ok=True)
    plan = Rehearsal(
        "liaoning-2021", 0, int(seed), out,
        units=small_province(900, int(seed)), repeat=int(given.get("repeat", 1)), skipped=skipped,
        workers=int(given.get("workers", 1)), database_url=given.get("database", ""),
        files_url=given.get("files", ""),
        last=given.get("last", ""), is_resumed="resume" in given,
    )  # fmt: skip
    with window(out / "prefect") as address, without_heartbeats():
        told = rehearse(plan, address, lambda *_: None)
    return 0 if told["is_true"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
