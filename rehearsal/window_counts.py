"""What the Prefect server saw of a rehearsal: how many task runs, how long each kind of them took."""

import json
import os
import re
import urllib.request
from collections import Counter
from typing import Any

_PAGE = 200
_FIRST_WORD = re.compile("[- ]")


def _asked(path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(  # noqa: S310  our own server on loopback
        f"{os.environ['PREFECT_API_URL']}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


def task_run_count() -> int:
    return int(_asked("task_runs/count", {}))


def task_seconds() -> dict[str, float]:
    """Kind of task run -> seconds in all of them: the first word of ``review 210102 和平区 +6``, ``bring-deploy``."""
    seconds: Counter[str] = Counter()
    offset = 0
    while runs := _asked("task_runs/filter", {"limit": _PAGE, "offset": offset, "sort": "EXPECTED_START_TIME_ASC"}):
        for run in runs:
            seconds[_FIRST_WORD.split(run["name"])[0]] += run["total_run_time"]
        offset += len(runs)
    return {name: round(total, 1) for name, total in sorted(seconds.items())}
