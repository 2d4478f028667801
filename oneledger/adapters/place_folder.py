"""A place that is a folder, on this machine's disk or on one that it shares; readable by the owner only.

A file that never got its name (the machine stopped in between) stays in ``tmp/``, where nothing ever looks.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

from oneledger.adapters.forced import sync_folder, write_new
from oneledger.adapters.place import checked

SYNCS = 8
"""Files that are forced to the disk at a time: it takes eight about as fast as one."""
_WAITING = "tmp"


class Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        found = {}
        for path in paths:
            try:
                found[path] = self._at(path).stat().st_size
            except FileNotFoundError:
                continue
        return found

    def read(self, path: str) -> bytes:
        return self._at(path).read_bytes()

    def keep(self, contents: Mapping[str, bytes], held: Iterable[str] = ()) -> None:
        """Written aside, forced, named, then the folders forced once: that is what makes batches cheap."""
        folders = {self._at(path).parent for path in (*contents, *held)}
        changed = self._make_folders(folders)
        with ThreadPoolExecutor(SYNCS) as pool:
            for path, aside in zip(contents, self._written_aside(pool, contents.values()), strict=True):
                aside.rename(self._at(path))
            # Also the folders of files that were there already: another process may not have synced them yet.
            for synced in [pool.submit(sync_folder, folder) for folder in folders | changed]:
                synced.result()

    def remove(self, path: str) -> None:
        place = self._at(path)
        try:
            place.unlink()
        except FileNotFoundError:
            return
        sync_folder(place.parent)

    def rename(self, path: str, to: str) -> None:
        place, end = self._at(path), self._at(to)
        self._make_folders({end.parent})
        place.rename(end)
        sync_folder(end.parent)
        sync_folder(place.parent)

    def paths(self, folder: str) -> Iterator[str]:
        for place, below, names in os.walk(self._at(folder)):
            below.sort()
            for name in sorted(names):
                yield (Path(place) / name).relative_to(self._root).as_posix()

    def _at(self, path: str) -> Path:
        return self._root / checked(path)

    def _written_aside(self, pool: Executor, contents: Iterable[bytes]) -> list[Path]:
        """All of them, or none is left."""
        done = [pool.submit(self._write_aside, content) for content in contents]
        try:
            return [each.result() for each in done]
        except BaseException:
            for each in done:
                if each.exception() is None:
                    each.result().unlink(missing_ok=True)
            raise

    def _write_aside(self, content: bytes) -> Path:
        aside = self._root / _WAITING / token_hex(16)
        try:
            write_new(aside, [content])
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return aside

    def _make_folders(self, folders: Iterable[Path]) -> set[Path]:
        """Make what is missing; the answer is every folder that got a new entry."""
        wanted = [self._root, self._root / _WAITING]
        for folder in sorted(folders):
            wanted += [*reversed(folder.relative_to(self._root).parents[:-1]), folder]
        changed = set()
        for each in wanted:
            folder = self._root / each
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=folder == self._root, exist_ok=True)
                changed.add(folder.parent)
        return changed
