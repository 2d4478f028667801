"""`oneledger serve` as an operator leaves it running: schedules run by themselves, milestones stand among what is
to come (issue 1 I). A real server: it once ran for weeks of releases without ever making an interval run."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from desk.window import free_port
from oneledger.adapters.unit_sheet import write_units
from tests.rehearse_small import small_province

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 180


def oneledger(environment: dict[str, str], *arguments: object) -> Any:
    command = [sys.executable, "-m", "desk.cli", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout) if "--json" in arguments else None


@contextmanager
def served(environment: dict[str, str], port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "desk.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()  # a shell may have made us deaf to SIGINT


def asked(port: int, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    address, kind = f"http://127.0.0.1:{port}/api/{path}", {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), kind), timeout=20) as answer:
        return json.load(answer)


def flows_to_come(port: int) -> Counter[str]:
    """Flow -> number of runs that are scheduled."""
    try:
        names = {flow["id"]: flow["name"] for flow in asked(port, "flows/filter", {})}
        scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "limit": 200}
        return Counter(names[run["flow_id"]] for run in asked(port, "flow_runs/filter", scheduled))
    except OSError:
        return Counter()


def until(found: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found():
            return True
        time.sleep(1)
    return False


def test_what_is_served_schedules_itself_and_a_campaign_armed_meanwhile_too(tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    ours = {"ONELEDGER_DATA": str(tmp_path / "data"), "ONELEDGER_CONFIG": str(tmp_path / "config"), "LANG": "C.UTF-8"}
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PREFECT", "ONELEDGER"))
    } | ours
    write_units(tmp_path / "units.csv", small_province(500, 11))
    oneledger(environment, "units", "import", tmp_path / "units.csv")
    opens = datetime.now(UTC).date() + timedelta(weeks=4)
    oneledger(environment, "copy", "liaoning-2021", "next", "--opens", opens)
    port = free_port()
    with served(environment, port):
        assert until(lambda: min(flows_to_come(port)[name] for name in ("collect", "send")) > 0)
        assert flows_to_come(port).keys() == {"collect", "send"}
        mails = oneledger(environment, "plan", "next", "--json")["mails"]
        oneledger(environment, "arm", "next", "--name", "next", "--mails", mails)
        milestones = len(oneledger(environment, "check", "next", "--json"))
        phases = ("deploy", "rectify", "inspect", "look")
        assert until(lambda: sum(flows_to_come(port)[name] for name in phases) >= milestones)
        assert sum(flows_to_come(port)[name] for name in phases) == milestones
