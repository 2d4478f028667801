"""What a process asks of its disk, in order, as strace saw it. Data over the network stands between, to compare."""

import codecs
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.torture.world import World

_CALLS = (
    "openat,write,pwrite64,lseek,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,"
    "mkdirat,sendto"
)
_LINE = re.compile(rb"(\d+) +(?:<\.\.\. (\w+) resumed>)?(.*)")
_CALL = re.compile(rb"(\w+)\((.*)\) += (-?\d+)(.*)", re.DOTALL)
_UNFINISHED = b" <unfinished ...>"
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_HANDLE = re.compile(rb"\d+<([^>]*)>")


@dataclass(frozen=True)
class Call:
    """``begun`` and ``ended``: at which lines. ``paths``: of the handle it was given, then those it names."""

    name: str
    begun: int
    ended: int
    paths: tuple[str, ...]
    data: bytes
    numbers: tuple[int, ...]
    flags: bytes


def is_possible() -> bool:
    """Some machines have no strace, or let nobody trace."""
    strace = shutil.which("strace")
    return strace is not None and subprocess.run([strace, "-o", "/dev/null", "true"], check=False).returncode == 0


def traced(world: World, job: str, args: tuple[object, ...], fault: str) -> list[Call]:
    """The job in a process of its own."""
    log = world.folder / "trace"
    program = (
        f"from tests.torture.jobs import child; child({world.environment!r}, {job!r}, {args!r}, {fault!r}, '', 0, '')"
    )
    command = ["strace", "-f", "-y", "-s", str(2**24), "-e", f"trace={_CALLS}", "-e", "signal=none", "-o", str(log)]
    code = subprocess.run([*command, sys.executable, "-c", program], check=False, timeout=300).returncode
    assert code == 0, f"{job} ended with {code}: {(world.folder / 'log').read_text()[-2000:]}"
    with log.open("rb") as lines:
        calls = list(_calls(lines))
    log.unlink()
    return calls


def _calls(lines: Iterator[bytes]) -> Iterator[Call]:
    waiting: dict[bytes, tuple[int, bytes]] = {}
    for number, line in enumerate(lines):
        found = _LINE.fullmatch(line.rstrip(b"\n"))
        if found is None:
            continue
        thread, resumed, rest = found.groups()
        if rest.endswith(_UNFINISHED):
            waiting[thread] = number, rest.removesuffix(_UNFINISHED)
            continue
        begun, before = waiting.pop(thread) if resumed else (number, b"")
        call = _CALL.fullmatch(before + rest)
        if call is not None and not call[3].startswith(b"-"):
            yield _call(begun, number, *call.groups())


def _call(begun: int, ended: int, name: bytes, args: bytes, result: bytes, opened: bytes) -> Call:
    texts = [codecs.escape_decode(each)[0] for each in _STRING.findall(args)]
    bare = _STRING.sub(b"", args)
    handle = (
        _HANDLE.match(opened.strip()) or _HANDLE.match(result + opened) if name == b"openat" else _HANDLE.match(bare)
    )
    holds_data = name in (b"write", b"pwrite64", b"sendto")
    named = [] if holds_data else [each.decode("utf-8", "surrogateescape") for each in texts]
    paths = ([handle[1].decode("utf-8", "surrogateescape")] if handle else []) + named
    numbers = tuple(int(each) for each in re.findall(rb"(?<![\w<])\d+(?![\w<])", _HANDLE.sub(b"", bare)))
    return Call(name.decode(), begun, ended, tuple(paths), texts[0] if holds_data and texts else b"", numbers, bare)
