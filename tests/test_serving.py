"""`oneledger serve` as an operator leaves it running: schedules run by themselves, milestones stand among what is
to come (issue 1 I). A real server: it once ran for weeks of releases without ever making an interval run. Its doors are
locked (issue 5 of 6 E): a password, no other page's scripts, loopback only, and no secret in anything it writes."""

import base64
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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import yaml

from desk.window import free_port
from oneledger.adapters.unit_sheet import write_units
from tests.rehearse_small import small_province

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 180
LOCK = "operator:only-in-this-test"
SECRETS = {
    "ONELEDGER_PREFECT_AUTH": LOCK,
    "ONELEDGER_SMTP_PASSWORD": "planted-smtp-word",
    "ONELEDGER_IMAP_PASSWORD": "planted-imap-word",
    "ONELEDGER_SEAL_KEY": base64.b64encode(b"planted key of thirty-two bytes!").decode(),
}


def oneledger(environment: dict[str, str], *arguments: object) -> Any:
    command = [sys.executable, "-m", "desk.cli", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout) if "--json" in arguments else None


@contextmanager
def served(environment: dict[str, str], port: int, said: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "desk.cli", "serve", "--port", str(port)]
    with (
        said.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            yield
        finally:
            process.terminate()  # a shell may have made us deaf to SIGINT


def called(port: int, path: str, headers: dict[str, str], body: bytes | None = None) -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/{path}", body, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def asked(port: int, path: str, body: dict[str, Any], lock: str = LOCK) -> Any:
    """As the page does it: the password, then a token against forged requests."""
    headers = basic(lock)
    token = called(port, "csrf-token?client=test", headers)["token"]
    headers |= {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "test"}
    return called(port, path, headers, json.dumps(body).encode())


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


@dataclass
class Served:
    folder: Path
    port: int
    environment: dict[str, str]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A campaign that is not armed yet; a mail box that refuses connections, so that collecting crashes."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(ROOT / "config", folder / "config")
    mail = yaml.safe_load((ROOT / "config" / "mail.yaml").read_text(encoding="utf-8"))
    mail["sender"] |= {"user": "ledger", "port": free_port()}
    mail["collect"] |= {"imap_host": "127.0.0.1", "imap_port": free_port(), "imap_security": "none", "imap_user": "l"}
    (folder / "config" / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
    ours = {"ONELEDGER_DATA": str(folder / "data"), "ONELEDGER_CONFIG": str(folder / "config"), "LANG": "C.UTF-8"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT", "ONELEDGER"))}
    environment = kept | ours | SECRETS
    write_units(folder / "units.csv", small_province(500, 11))
    oneledger(environment, "units", "import", folder / "units.csv")
    opens = datetime.now(UTC).date() + timedelta(weeks=4)
    oneledger(environment, "copy", "liaoning-2021", "next", "--opens", opens)
    port = free_port()
    with served(environment, port, folder / "said"):
        yield Served(folder, port, environment)


def test_what_is_served_schedules_itself_and_a_campaign_armed_meanwhile_too(serving):
    port = serving.port
    assert until(lambda: min(flows_to_come(port)[name] for name in ("collect", "send")) > 0)
    assert flows_to_come(port).keys() == {"collect", "send"}
    mails = oneledger(serving.environment, "plan", "next", "--json")["mails"]
    oneledger(serving.environment, "arm", "next", "--name", "next", "--mails", mails)
    milestones = len(oneledger(serving.environment, "check", "next", "--json"))
    phases = ("deploy", "rectify", "inspect", "look")
    assert until(lambda: sum(flows_to_come(port)[name] for name in phases) >= milestones)
    assert sum(flows_to_come(port)[name] for name in phases) == milestones


def refused(port: int, path: str, headers: dict[str, str], body: bytes | None = None) -> int:
    with pytest.raises(HTTPError) as answer:
        called(port, path, headers, body)
    answer.value.close()
    return answer.value.code


def basic(lock: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(lock.encode()).decode()}", "Content-Type": "application/json"}


def test_nobody_is_let_in_without_the_password_nor_from_another_page(serving):
    """T: its API can run code."""
    port = serving.port
    assert refused(port, "admin/version", {}) == 401
    assert refused(port, "admin/version", basic("operator:guessed")) == 401
    assert refused(port, "flows/filter", basic(LOCK), b"{}") == 403  # the password alone is what a forged request has
    assert called(port, "admin/version", basic(LOCK))
    asks = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "POST"}
    with pytest.raises(HTTPError) as answer:
        urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}/api/flows/filter", headers=asks, method="OPTIONS"),
            timeout=20,
        )
    answer.value.close()
    assert (answer.value.code, answer.value.headers["Access-Control-Allow-Origin"]) == (400, None)
    assert listeners(port) == {"0100007F"}
    command = [sys.executable, "-m", "desk.cli", "doctor", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env=serving.environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert [each["level"] for each in json.loads(done.stdout) if each["about"] == "prefect"] == ["ok"]


def listeners(port: int) -> set[str]:
    """Addresses on which somebody listens, as the kernel writes them; of both IP versions."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}


def test_a_run_that_crashes_writes_no_secret_anywhere_and_what_is_written_is_private(serving):
    """T: logs, Prefect's database, crash output; collecting fails at a mail box that refuses the connection."""
    found = asked(serving.port, "deployments/filter", {"deployments": {"tags": {"all_": []}}, "limit": 50})
    collect = next(each["id"] for each in found if each["flow_id"] and "定时收信" in (each["description"] or ""))
    run = asked(serving.port, f"deployments/{collect}/create_flow_run", {"parameters": {"campaign_id": "next"}})["id"]
    ended = {"FAILED", "CRASHED", "COMPLETED"}
    query = {"flow_runs": {"id": {"any_": [run]}}}
    assert until(lambda: asked(serving.port, "flow_runs/filter", query)[0]["state_type"] in ended)
    assert asked(serving.port, "flow_runs/filter", query)[0]["state_type"] == "FAILED"
    time.sleep(2)  # logs travel in batches
    files = {path: path.read_bytes() for path in serving.folder.rglob("*") if path.is_file()}
    words = [word for secret in SECRETS.values() for word in (secret, base64.b64encode(secret.encode()).decode())]
    assert [(path, word) for path, content in files.items() for word in words if word.encode() in content] == []
    assert any(b"mail box l@127.0.0.1" in content for path, content in files.items() if "prefect" in path.parts)
    data = [path for path in files if path.is_relative_to(serving.folder / "data")]
    assert [path for path in data if path.stat().st_mode & 0o077] == []
    assert (serving.folder / "data").stat().st_mode & 0o077 == 0
