"""What a throw-away reading process is allowed, and how it talks to its parent. Imports nothing heavy."""

import codecs
import ctypes
import os
import resource
import sys
from contextlib import suppress

from oneledger.adapters.reader_frames import LENGTH_BYTES

MEMORY_BYTES = 2**30
CPU_SECONDS = 15
_NOBODY = 65534
_CODECS = ("cp437", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gb2312", "latin-1", "ascii")
"""Loaded before the uid changes: the folder Python lies in may be closed to nobody."""
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES = 38


def confine() -> list[str]:
    """Give up what parsing does not need. Returns what the system granted beyond the limits, which always hold."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    for name in _CODECS:
        codecs.lookup(name)
    libc = ctypes.CDLL(None, use_errno=True)
    granted = []
    if libc.unshare(_NEW_NET) == 0 or libc.unshare(_NEW_USER | _NEW_NET) == 0:
        granted.append("network")
    if os.getuid() == 0:
        with suppress(OSError):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            granted.append("user")
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        granted.append("privileges")
    return granted


def _receive(length: int) -> bytes:
    chunks = []
    while length:
        chunk = os.read(0, min(length, 2**20))
        if not chunk:
            sys.exit(0)  # the parent is gone, or done
        chunks.append(chunk)
        length -= len(chunk)
    return b"".join(chunks)


def send(reply: bytes) -> None:
    frame = memoryview(len(reply).to_bytes(LENGTH_BYTES, "big") + reply)
    while frame:
        frame = frame[os.write(0, frame) :]


def _allow_cpu() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def receive() -> bytes:
    """The next file; its parsing may take so many seconds of CPU from now on."""
    content = _receive(int.from_bytes(_receive(LENGTH_BYTES), "big"))
    _allow_cpu()
    return content
