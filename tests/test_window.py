"""docs/operations.md, two workers: the second `serve` joins the server of the first, as quietly as the first."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from desk.window import quiet_environment, window


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
