"""docs/operations.md, two workers: the second `serve` joins the server of the first, as quietly as the first."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from desk.window import DATABASE, is_up, put_broken_aside, quiet_environment, window
from tests.rehearsed_city import ROOT


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def address():
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_who_joins_a_server_keeps_prefect_as_quiet_as_who_starts_one(address, tmp_path, monkeypatch):
    quiet = quiet_environment(tmp_path)
    for name in quiet:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PREFECT_API_URL", f"{address}/api")
    with window(tmp_path) as joined:
        assert joined == address
        assert {name: os.environ[name] for name in quiet} == quiet


def test_a_history_that_cannot_be_read_is_put_aside_and_a_sound_one_stays(tmp_path):
    """5 of 6, B: a deleted or corrupt Prefect database; whoever starts it again only starts it again."""
    history = tmp_path / DATABASE
    assert put_broken_aside(tmp_path) is None
    with closing(sqlite3.connect(history)) as connection, connection:
        connection.execute("CREATE TABLE run (name)")
    assert put_broken_aside(tmp_path) is None
    history.write_bytes(b"no database" * 1000)
    aside = put_broken_aside(tmp_path)
    assert aside is not None
    assert (history.exists(), aside.read_bytes()[:11]) == (False, b"no database")


STARTER = """
import sys, time
from pathlib import Path
from desk.window import window
with window(Path(sys.argv[1])) as address:
    print(address, flush=True)
    time.sleep(60)
"""


def test_a_server_ends_with_who_started_it_also_where_that_one_was_killed(tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    command = [sys.executable, "-c", STARTER, str(tmp_path / "prefect")]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        address = starter.stdout.readline().strip()
        assert is_up(f"{address}/api")
        starter.kill()
    end = time.monotonic() + 20
    while is_up(f"{address}/api") and time.monotonic() < end:
        time.sleep(0.1)
    assert not is_up(f"{address}/api")
