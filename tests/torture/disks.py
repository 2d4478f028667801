"""A disk that loses its power: what was forced to it stays; of the rest some, all or nothing, in any order, torn.

Stricter than the file systems we know: a name is there after a force of its folder only, a file's bytes after one of its
own, and of what was written since every write may be kept or lost by itself.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.torture.tracing import Call

SECTOR = 512
Write = tuple[int, bytes | None]  # where and what; None: cut off there


@dataclass(eq=False)
class Node:
    """A file, or a folder (``is_folder``)."""

    kept: bytearray = field(default_factory=bytearray)
    since: list[Write] = field(default_factory=list)
    size: int = 0
    at: int = 0  # where the next plain write goes
    is_folder: bool = False


@dataclass
class Rename:
    """Names that change together; ``folders``: a force of any of them makes it last."""

    folders: set[str]
    names: dict[str, Node | None]


class Disk:
    def __init__(self, before: Path, seen_as: str) -> None:
        """``before``: a copy of what lay there; ``seen_as``: the folder that the calls name."""
        self.root = seen_as
        self.now: dict[str, Node] = {}
        for path in (before, *before.rglob("*")):
            content = b"" if path.is_dir() else path.read_bytes()
            name = str(PurePosixPath(seen_as) / path.relative_to(before))
            self.now[name] = Node(bytearray(content), size=len(content), is_folder=path.is_dir())
        self.kept = dict(self.now)
        self.changes: list[Rename] = []

    def apply(self, call: Call) -> None:
        paths = [each for each in call.paths if each.startswith(self.root)]
        if paths:
            getattr(self, f"_{call.name}", lambda *_: None)(call, paths)

    def _openat(self, call: Call, paths: list[str]) -> None:
        path = paths[0]
        if path not in self.now and b"O_CREAT" in call.flags:
            self._change({path: Node()})
        if path in self.now:
            self.now[path].at = self.now[path].size if b"O_APPEND" in call.flags else 0
            if b"O_TRUNC" in call.flags:
                self._cut(self.now[path], 0)

    def _write(self, call: Call, paths: list[str]) -> None:
        node = self.now[paths[0]]
        self._put(node, node.at, call.data)
        node.at += len(call.data)

    def _pwrite64(self, call: Call, paths: list[str]) -> None:
        self._put(self.now[paths[0]], call.numbers[-1], call.data)

    def _lseek(self, call: Call, paths: list[str]) -> None:
        node = self.now.get(paths[0])
        if node is not None and b"SEEK_SET" in call.flags:
            node.at = call.numbers[-1]

    def _ftruncate(self, call: Call, paths: list[str]) -> None:
        self._cut(self.now[paths[0]], call.numbers[-1])

    def _fsync(self, _call: Call, paths: list[str]) -> None:
        node = self.now.get(paths[0])
        if node is None:
            return
        if node.is_folder:
            for each in [each for each in self.changes if paths[0] in each.folders]:
                _rename(self.kept, each)
                self.changes.remove(each)
        else:
            node.kept, node.since = _written(node.kept, node.since), []

    _fdatasync = _fsync

    def _rename(self, _call: Call, paths: list[str]) -> None:
        old, new = paths[-2:]
        self._change({old: None, new: self.now[old]})

    _renameat = _renameat2 = _rename

    def _unlink(self, _call: Call, paths: list[str]) -> None:
        self._change({paths[-1]: None})

    _unlinkat = _rmdir = _unlink

    def _mkdir(self, _call: Call, paths: list[str]) -> None:
        self._change({paths[-1]: Node(is_folder=True)})

    _mkdirat = _mkdir

    def _change(self, names: dict[str, Node | None]) -> None:
        change = Rename({str(PurePosixPath(each).parent) for each in names}, names)
        _rename(self.now, change)
        self.changes.append(change)

    def _put(self, node: Node, at: int, data: bytes) -> None:
        node.since.append((at, data))
        node.size = max(node.size, at + len(data))

    def _cut(self, node: Node, at: int) -> None:
        node.since.append((at, None))
        node.size = at

    def image(self, target: Path, rng: random.Random) -> None:
        """What is found when the power is back."""
        share = rng.choice((0.0, 0.5, 1.0))
        names = dict(self.kept)
        for change in self.changes[: round(len(self.changes) * rng.random() * 2 * share)]:
            _rename(names, change)
        for path, node in sorted(names.items()):
            place = target / PurePosixPath(path).relative_to(self.root)
            if not place.parent.is_dir() or path.endswith("-shm"):
                continue  # its folder was lost; what only running processes share
            if node.is_folder:
                place.mkdir(mode=0o700, exist_ok=True)
            else:
                place.write_bytes(_written(node.kept, _survivors(node.since, share, rng)))


def _rename(names: dict[str, Node], change: Rename) -> None:
    for path, node in change.names.items():
        if node is None:
            names.pop(path, None)
        else:
            names[path] = node


def _survivors(writes: Sequence[Write], share: float, rng: random.Random) -> list[Write]:
    left: list[Write] = []
    for at, data in writes:
        if rng.random() < share:
            is_torn = data is not None and len(data) > SECTOR and 0 < share < 1 and rng.random() < share / 2
            left.append((at, data[: SECTOR * rng.randrange(1, len(data) // SECTOR + 1)] if data and is_torn else data))
    return left


def _written(content: bytearray, writes: Sequence[Write]) -> bytearray:
    content = bytearray(content)
    for at, data in writes:
        if data is None:
            del content[at:]
            content.extend(bytes(max(0, at - len(content))))
        else:
            content.extend(bytes(max(0, at - len(content))))
            content[at : at + len(data)] = data
    return content
