"""Where a child process can be stopped: before and after everything that leaves the process or reaches the disk."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

_PLACES: tuple[tuple[Any, str], ...] = (
    (os, "fsync"), (os, "rename"), (Path, "rename"), (socket.socket, "sendall"), (socket.socket, "recv_into"),
    (DefaultDialect, "do_commit"),
)  # fmt: skip


END_OF_A_MAIL = "sendall, the end of a mail"


def die(_point: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def freeze(point: str) -> None:
    """Not between the look at the clock and the end of a mail: that gap is known, and nobody can close it."""
    if point != f"{END_OF_A_MAIL} before":
        os.kill(os.getpid(), signal.SIGSTOP)


def disk_full(point: str) -> None:
    raise OSError(28, f"No space left on device ({point})")


def disk_broken(point: str) -> None:
    raise OSError(5, f"Input/output error ({point})")


ACTS = {"die": die, "freeze": freeze, "full": disk_full, "broken": disk_broken}


def install(act: str, at: int, only: str = "") -> None:
    """The deed at the ``at``-th point. ``only``: of the points whose name begins so."""
    passed = 0

    def tick(point: str) -> None:
        nonlocal passed
        if point.startswith(only):
            passed += 1
            if passed == at:
                ACTS[act](point)

    for owner, name in _PLACES:
        setattr(owner, name, _wrapped(getattr(owner, name), name, tick))


def _wrapped(real: Callable[..., Any], name: str, tick: Callable[[str], None]) -> Callable[..., Any]:
    def passing(*args: Any, **named: Any) -> Any:
        point = END_OF_A_MAIL if name == "sendall" and bytes(args[1]).endswith(b"\r\n.\r\n") else name
        tick(f"{point} before")
        result = real(*args, **named)
        tick(f"{point} after")
        return result

    return passing
