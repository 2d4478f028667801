"""What the Prefect server saw of a rehearsal: how many task runs, how long each kind of flow ran."""

import json
import os
import urllib.request
from collections import Counter
from typing import Any

_PAGE = 200


def _asked(path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(  # noqa: S310  our own server on loopback
        f"{os.environ['PREFECT_API_URL']}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


def task_run_count() -> int:
    return int(_asked("task_runs/count", {}))


def flow_seconds() -> dict[str, float]:
    """Flow name -> seconds in all its runs; a flow's time includes that of the flows it calls."""
    names = {flow["id"]: flow["name"] for flow in _asked("flows/filter", {"limit": _PAGE})}
    seconds: Counter[str] = Counter()
    offset = 0
    while runs := _asked("flow_runs/filter", {"limit": _PAGE, "offset": offset, "sort": "EXPECTED_START_TIME_ASC"}):
        for run in runs:
            seconds[names.get(run["flow_id"], "?")] += run["total_run_time"]
        offset += len(runs)
    return {name: round(total, 1) for name, total in sorted(seconds.items())}
