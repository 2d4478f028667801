"""One at a time: duplicate, late and overlapping runs of a job find it held and go home at once.

A lease is about processes, so it runs by the real clock, whatever moment the run sees. What the job writes does not
rest on it: mails are claimed row by row with a fence, and everything planned has its key.
"""

import itertools
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from oneledger.domain.errors import TransientError
from oneledger.store import leases
from tasks.office import Office

log = logging.getLogger(__name__)

LENGTH = timedelta(minutes=10)
PATIENCE = timedelta(minutes=30)  # of one that must see the job done before it goes on
_WAIT_SECONDS = 0.5
_numbers = itertools.count(1)


class StillBusyError(TransientError):
    """Another has been at the job for longer than anybody waits for it. The next look tries again."""


@contextmanager
def alone(here: Office, job: str, *, waits: bool = False) -> Iterator[bool]:
    """False: another is at it. One that died on this machine is replaced at once, elsewhere when its lease ends.

    ``waits``: never False, it is done when the other has ended; raises StillBusyError when that takes too long.
    """
    holder = f"{_process(os.getpid())}/{next(_numbers)}"
    end = time.monotonic() + PATIENCE.total_seconds()
    while not (is_mine := _is_taken(here, job, holder)) and waits:
        if time.monotonic() > end:
            raise StillBusyError(f"{job} has been done by another for {PATIENCE}")
        time.sleep(_WAIT_SECONDS)
    if not is_mine:
        yield False
        return
    over = threading.Event()
    renewal = threading.Thread(target=_renewed, args=(here, job, holder, over), daemon=True)
    renewal.start()
    try:
        yield True
    finally:
        over.set()
        renewal.join()
        with here.store.write() as connection:
            leases.end(connection, job, holder, datetime.now(UTC))


def _is_taken(here: Office, job: str, holder: str) -> bool:
    with here.store.write() as connection:
        before = leases.holder_of(connection, job)
        gone = before if before and _is_gone(before) else None
        fence = leases.take(connection, job, holder, datetime.now(UTC), LENGTH, gone=gone)
    if fence is None:
        log.debug("%s is being done by %s", job, before)
    return fence is not None


def _renewed(here: Office, job: str, holder: str, over: threading.Event) -> None:
    while not over.wait(LENGTH.total_seconds() / 4):
        try:
            with here.store.write() as connection:
                leases.renew(connection, job, holder, datetime.now(UTC) + LENGTH)
        except SQLAlchemyError:
            log.exception("the lease of %s could not be renewed", job)


def _process(pid: int) -> str:
    """Host, number and moment of its start, so that a number used again is another process."""
    try:
        started = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        started = "?"
    return f"{socket.gethostname()}/{pid}/{started}"


def _is_gone(holder: str) -> bool:
    """Known only of a process of this machine."""
    host, pid, started, _ = (*holder.rsplit("/", 3), "", "", "")[:4]
    if host != socket.gethostname() or not pid.isdigit() or started == "?":
        return False
    return Path("/proc/self").exists() and _process(int(pid)) != f"{host}/{pid}/{started}"
