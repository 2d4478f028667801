"""How the rehearsal runs its post office, sets its clock and its mail boxes' behaviour, and reads what came."""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oneledger.adapters.whole_file import write_whole
from rehearsal.letter_box import Delivery


@dataclass(frozen=True)
class PostOffice:
    """A post office that listens."""

    directory: Path
    host: str
    port: int
    pid: int

    @property
    def collect(self) -> Path:
        """The Maildir of the collecting box."""
        return self.directory / "collect"

    @property
    def journal(self) -> Path:
        """The Maildir of the copies."""
        return self.directory / "journal"

    def set_clock(self, at: datetime) -> None:
        """Mail accepted from now on carries this campaign time."""
        write_whole(self.directory / "clock", at.isoformat().encode())

    def set_behaviours(self, by_address: Mapping[str, str]) -> None:
        write_whole(self.directory / "behaviour.json", json.dumps(dict(by_address)).encode())

    def deliveries(self, offset: int = 0, most: int = -1) -> tuple[list[Delivery], int]:
        """The index from a byte offset on, and the offset to read on from. A line still being written waits.

        ``most``: bytes to read, many times a line's; -1: all there are.
        """
        with (self.directory / "delivered.jsonl").open("rb") as file:
            file.seek(offset)
            whole = file.read(most).rpartition(b"\n")
        found = [Delivery(**json.loads(line)) for line in whole[0].splitlines()]
        return found, offset + len(whole[0]) + len(whole[1])


@contextmanager
def running_post_office(
    directory: Path, *, port: int = 0, fsync: bool = False, linger_ms: float = 0.0, start_seconds: float = 15
) -> Iterator[PostOffice]:
    """A post office in a process of its own, on a free port unless one is named; ended when the block ends.

    Raises RuntimeError, with what it wrote, when it does not start in time. Its log is DIR/post_office.log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "rehearsal.post_office", "--dir", str(directory), "--smtp-port", str(port)]
    command += ["--parent", str(os.getpid())] + ["--fsync"] * fsync
    command += ["--linger-ms", str(linger_ms)]
    log = directory / "post_office.log"
    with (
        log.open("ab") as errors,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        try:
            host, listening = _ready(process, log, start_seconds)
            yield PostOffice(directory, host, listening, process.pid)
        finally:
            _end(process)


def _ready(process: subprocess.Popen[bytes], log: Path, seconds: float) -> tuple[str, int]:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline().decode() if selector.select(seconds) else ""
    if not line.startswith("ready "):
        raise RuntimeError(f"the post office did not start within {seconds:g} s: {log.read_text(errors='replace')}")
    _, host, port = line.split()
    return host, int(port)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
