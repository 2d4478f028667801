"""A process that reads strangers' files for us, seen from our side: bytes in, bytes out, until a moment."""

import socket
import subprocess
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

from oneledger.adapters.reader_frames import LENGTH_BYTES, MOST_REPLY_BYTES
from oneledger.adapters.zip_guard import MIB
from oneledger.domain.errors import TransientError

START_SECONDS = 30.0
NONSENSE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)  # what a false answer may lead to
T = TypeVar("T")
_ROOT = Path(__file__).parents[2]
_RUN = (  # isolated, and yet with the very code that this process runs, not with one that happens to be installed
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1));"
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


class ReaderStartError(TransientError):
    """A reading process does not even start: the machine is out of something, or the installation is incomplete."""


class ChildGoneError(Exception):
    """It died, or said what it could never say."""


class ReaderProcess:
    """One child, told by its arguments what to look for."""

    def __init__(self, module: str, *arguments: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-I", "-B", "-c", _RUN, str(_ROOT), module, *arguments]
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env={}
            )
        self._socket = ours
        self.answered = 0
        try:
            self._receive(LENGTH_BYTES, monotonic() + START_SECONDS)  # its first frame says that it is there
        except (OSError, ChildGoneError) as fault:
            self.end()
            raise ReaderStartError("the process that reads returned files does not start") from fault

    def ask(self, content: bytes, until: float) -> bytes:
        """Raises TimeoutError or ChildGoneError; then this child is of no more use."""
        try:
            self._socket.settimeout(max(until - monotonic(), 0.001))
            self._socket.sendall(len(content).to_bytes(LENGTH_BYTES, "big"))
            self._socket.sendall(content)
            length = int.from_bytes(self._receive(LENGTH_BYTES, until), "big")
            if length > MOST_REPLY_BYTES:
                raise ChildGoneError
            reply = self._receive(length, until)
        except (BrokenPipeError, ConnectionResetError) as fault:
            raise ChildGoneError from fault
        self.answered += 1
        return reply

    def _receive(self, length: int, until: float) -> bytes:
        received = bytearray()
        while len(received) < length:
            self._socket.settimeout(max(until - monotonic(), 0.001))
            chunk = self._socket.recv(min(length - len(received), MIB))
            if not chunk:
                raise ChildGoneError
            received += chunk
        return bytes(received)

    def end(self) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()


class RenewedReader:
    """A reading child started by the first file, renewed after many (memory it may have lost is given back), replaced
    where it died. ``with`` ends it. One thread at a time."""

    def __init__(self, *command: str, timeout_seconds: float, renew_after: int) -> None:
        self._command = command
        self._timeout_seconds = timeout_seconds
        self._renew_after = renew_after
        self._child: ReaderProcess | None = None
        self._allowed_until = inf

    def allow(self, seconds: float) -> None:
        """For all that is read from now on together, until this is called again."""
        self._allowed_until = monotonic() + seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def told(self, content: bytes, understood: Callable[[bytes], T]) -> T | None:
        """What is understood of the child's reply; None: it died, took too long or said nonsense."""
        until = min(monotonic() + self._timeout_seconds, self._allowed_until)
        if until <= monotonic():
            return None
        try:
            return understood(self._asked(content, until))
        except (TimeoutError, ChildGoneError, *NONSENSE):
            self.end()
            return None

    def _asked(self, content: bytes, until: float) -> bytes:
        """A child may have been killed from outside (out of memory, an operator): a second one confirms a death."""
        try:
            return self._current().ask(content, until)
        except ChildGoneError:
            self.end()
            return self._current().ask(content, until)

    def _current(self) -> ReaderProcess:
        if self._child is not None and self._child.answered >= self._renew_after:
            self.end()
        if self._child is None:
            self._child = ReaderProcess(*self._command)
        return self._child
