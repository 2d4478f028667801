"""Received and sent bytes, kept by their SHA-256: what put() has named is on the disk before it returns.

A name may be committed to the store only after put() gave it. A file that never got its name (the machine stopped
in between) stays in `tmp/`, where nothing ever looks.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

from oneledger.adapters.sealing import Sealer
from oneledger.domain.errors import OneLedgerError

SYNCS = 8
"""Files that are forced to the disk at a time: it takes eight about as fast as one."""
_NAME = re.compile(r"[0-9a-f]{64}")


class ArchiveDamagedError(OneLedgerError):
    """An operator must bring a file back from the backup."""

    def __init__(self, sha: str, what: str) -> None:
        super().__init__(f"archive: {sha} {what}")
        self.sha = sha


class Archive:
    """Folders of two levels, ab/cd/abcd…; readable by the owner only. Safe to share between processes."""

    def __init__(self, root: Path, sealer: Sealer | None = None) -> None:
        self._root = root
        self._waiting = root / "tmp"
        self._sealer = sealer or Sealer(root / "seal.key")

    def put(self, content: bytes) -> str:
        return self.put_many([content])[0]

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """Store a batch and name it, in order. Folders are synced once a batch, which is what makes batches cheap.

        Raises OSError when the disk fails; then no name of this batch may be used, and the batch may be put again.
        """
        names = [hashlib.sha256(content).hexdigest() for content in contents]
        changed = self._make_folders(names)
        fresh = {name: each for name, each in zip(names, contents, strict=True) if not self._holds(name, len(each))}
        with ThreadPoolExecutor(SYNCS) as pool:
            for name, aside in zip(fresh, self._written_aside(pool, fresh.values()), strict=True):
                aside.rename(self.path(name))
            # Also the folders of files that were there already: another process may not have synced them yet.
            folders = changed | {self.path(name).parent for name in names}
            for synced in [pool.submit(_sync_folder, folder) for folder in folders]:
                synced.result()
        return names

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

    def get(self, sha: str) -> bytes:
        """Read one file, sealed or not, and check it. Raises ArchiveDamagedError if it is missing or no longer what it
        was."""
        try:
            content = self.path(sha).read_bytes()
        except FileNotFoundError:
            content = self._unsealed(sha)
        if hashlib.sha256(content).hexdigest() != sha:
            raise ArchiveDamagedError(sha, "has changed on the disk")
        return content

    def seal(self, sha: str) -> None:
        """From now on it lies on the disk only encrypted; get() still reads it. Twice is the same as once."""
        plain, sealed = self.path(sha), self._sealed(sha)
        if not sealed.exists():
            aside = self._write_aside(self._sealer.seal(self.get(sha), sha))
            aside.rename(sealed)
            _sync_folder(sealed.parent)
        plain.unlink(missing_ok=True)
        _sync_folder(plain.parent)

    def is_sealed(self, sha: str) -> bool:
        return self._sealed(sha).exists() and not self.path(sha).exists()

    def remove(self, sha: str) -> None:
        """For good. Its name stays known to the store, so the same bytes are not worked on again."""
        for path in (self.path(sha), self._sealed(sha)):
            path.unlink(missing_ok=True)
        if self.path(sha).parent.is_dir():
            _sync_folder(self.path(sha).parent)

    def _sealed(self, sha: str) -> Path:
        return self.path(sha).with_suffix(".sealed")

    def _unsealed(self, sha: str) -> bytes:
        try:
            return self._sealer.open(self._sealed(sha).read_bytes(), sha)
        except FileNotFoundError:
            raise ArchiveDamagedError(sha, "is missing") from None

    def set_aside(self, sha: str) -> None:
        """A damaged file leaves its name, so that the true bytes can be put again; what is left stays to look at."""
        shelf = self._root / "corrupt"
        shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (self.path(sha), self._sealed(sha)):
            if path.exists():
                path.rename(shelf / path.name)
                _sync_folder(shelf)
                _sync_folder(path.parent)

    def path(self, sha: str) -> Path:
        """Where a file lies or would lie unsealed. Raises ValueError for anything but a SHA-256 in lower-case hex."""
        if not _NAME.fullmatch(sha):
            raise ValueError(f"{sha!r} is no name of an archived file")
        return self._root / sha[:2] / sha[2:4] / sha

    def _holds(self, name: str, size: int) -> bool:
        try:
            return self.path(name).stat().st_size == size
        except FileNotFoundError:
            return self._sealed(name).exists()

    def _write_aside(self, content: bytes) -> Path:
        aside = self._waiting / token_hex(16)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return aside

    def _make_folders(self, names: Sequence[str]) -> set[Path]:
        """Make what is missing; the answer is every folder that got a new entry."""
        wanted = [self._root, self._waiting]
        for folder in sorted({self.path(name).parent for name in names}):
            wanted += [folder.parent, folder]
        changed = set()
        for folder in wanted:
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=folder == self._root, exist_ok=True)
                changed.add(folder.parent)
        return changed


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
