"""A process that reads strangers' files for us, seen from our side: bytes in, bytes out, until a moment."""

import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic

from oneledger.adapters.reader_frames import LENGTH_BYTES, MOST_REPLY_BYTES
from oneledger.adapters.zip_guard import MIB
from oneledger.domain.errors import TransientError

START_SECONDS = 30.0
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
