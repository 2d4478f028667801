"""The operators' window: a Prefect server of our own on loopback, its home under our data folder."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_urlsafe
from urllib.error import URLError

from oneledger.adapters.secret_file import kept_secret
from oneledger.domain.errors import OneLedgerError
from oneledger.settings import Settings

START_SECONDS = 300  # far more than a quiet machine takes: a fresh home runs migrations, beside other work


class WindowError(OneLedgerError):
    """An operator must look at the server's log."""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def quiet_environment(home: Path) -> dict[str, str]:
    """Prefect keeps to its own home, phones nobody, and logs only what an operator must see."""
    return {
        "PREFECT_HOME": str(home.resolve()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_INSERT_BATCH_SIZE": "100",
        # five runs ahead are enough for an interval: an hour of them hides the milestones, and comes back all at once
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "5",
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "PT2M",
    }


@contextmanager
def without_heartbeats() -> Iterator[None]:
    """Prefect's heartbeat thread makes every flow run wait up to a second for its end (measured 0.85 s a run).

    Nothing of ours acts on heartbeats: a run that dies is made good by the next look.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415

    with temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


def is_up(api_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{api_url}/health", timeout=2) as answer:  # noqa: S310  our own loopback
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


AUTH_FILE, ADDRESS_FILE, DATABASE = "auth", "address", "prefect.db"


def lock_of(settings: Settings) -> str:
    """user:password that the served Prefect asks for; made at the first start, in a file for the owner only."""
    return settings.prefect_auth or kept_secret(
        settings.data / "prefect" / AUTH_FILE, lambda: f"operator:{token_urlsafe(24)}"
    )


def _locked(address: str, lock: str) -> dict[str, str]:
    """For the server. Its API can run code: without the password it answers nobody, and no other page's scripts.

    Also where no password is asked for (a rehearsal): only our own page may use it from a browser.
    """
    own = f"{address},{address.replace('127.0.0.1', 'localhost')}"
    closed = {"PREFECT_UI_API_URL": f"{address}/api", "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": own}
    if not lock:
        return closed
    return closed | {"PREFECT_SERVER_API_AUTH_STRING": lock, "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true"}


@contextmanager
def window(home: Path, port: int | None = None, lock: str = "") -> Iterator[str]:
    """A running Prefect server; yields its address for people. One that is up already (PREFECT_API_URL) is used.

    ``lock``: user:password that it asks for.
    """
    known = os.environ.get("PREFECT_API_URL", "")
    if known and is_up(known):
        os.environ.update(quiet_environment(home))
        yield known.removesuffix("/api")
        return
    number = port or free_port()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    put_broken_aside(home)
    os.environ.update(quiet_environment(home))
    if lock:
        os.environ["PREFECT_API_AUTH_STRING"] = lock
    address = f"http://127.0.0.1:{number}"
    log = (home / "server.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "desk.prefect_server", "--host", "127.0.0.1", "--port", str(number)],
        stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **_locked(address, lock)},
    )  # fmt: skip
    try:
        _await_start(process, f"{address}/api", home / "server.log")
        os.environ["PREFECT_API_URL"] = f"{address}/api"
        yield address
    finally:
        for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
            os.environ.pop(name, None)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def put_broken_aside(home: Path) -> Path | None:
    """Where Prefect's database was moved to, if it can be read no more. It holds the clock's history and nothing of
    ours; the server makes a new one, into which our schedules and milestones are written at each start."""
    database = home / DATABASE
    if not database.exists() or _is_sound(database):
        return None
    aside = home / f"{DATABASE}.broken-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    for rest in ("-wal", "-shm"):
        database.with_name(DATABASE + rest).unlink(missing_ok=True)
    return database.rename(aside)


def _is_sound(database: Path) -> bool:
    try:
        with closing(sqlite3.connect(database, timeout=10)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        return True  # busy, or the disk: the server says more about it than we could
    except sqlite3.DatabaseError:
        return False


def _await_start(process: "subprocess.Popen[bytes]", api_url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_up(api_url):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise WindowError(f"the Prefect server did not start (log {log}):\n{tail}")
        time.sleep(0.3)
