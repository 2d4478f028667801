"""Received and sent bytes, kept by their SHA-256: what put() has named outlives the machine before it returns.

A name may be committed to the store only after put() gave it; so half a file does no harm under a name that nobody was
ever given, and whoever puts these bytes again mends it.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from oneledger.adapters.place import Place
from oneledger.adapters.place_folder import Folder
from oneledger.adapters.sealing import Sealer
from oneledger.domain.errors import OneLedgerError

FOLDER = "archive"
_NAME = re.compile(r"[0-9a-f]{64}")
_SEALED = ".sealed"


class ArchiveDamagedError(OneLedgerError):
    """An operator must bring a file back from the backup."""

    def __init__(self, sha: str, what: str) -> None:
        super().__init__(f"archive: {sha} {what}")
        self.sha = sha


class Archive:
    """Safe to share between processes, and between machines where the place is."""

    def __init__(self, place: Place, sealer: Sealer) -> None:
        self.place = place
        self._sealer = sealer

    @classmethod
    def under(cls, data: Path) -> "Archive":
        return cls(Folder(data), Sealer(data / "seal.key"))

    def put(self, content: bytes) -> str:
        return self.put_many([content])[0]

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """Store a batch and name it, in order; batches are cheap, single files are not.

        Raises OSError when the place fails; then no name of this batch may be used, and the batch may be put again.
        """
        names = [hashlib.sha256(content).hexdigest() for content in contents]
        plain = {path_of(name): content for name, content in zip(names, contents, strict=True)}
        sizes = self.place.sizes(plain)
        fresh = {path: content for path, content in plain.items() if sizes.get(path) != len(content)}
        sealed = {path.removesuffix(_SEALED) for path in self.place.sizes(path + _SEALED for path in fresh)}
        self.place.keep({path: fresh[path] for path in fresh if path not in sealed or path in sizes}, plain)
        return names

    def get(self, sha: str) -> bytes:
        """Read one file, sealed or not, and check it. Raises ArchiveDamagedError if it is missing or no longer what it
        was."""
        try:
            content = self.place.read(path_of(sha))
        except FileNotFoundError:
            content = self._unsealed(sha)
        if hashlib.sha256(content).hexdigest() != sha:
            raise ArchiveDamagedError(sha, "has changed on the disk")
        return content

    def seal(self, sha: str) -> None:
        """From now on it is kept only encrypted; get() still reads it. Twice is the same as once."""
        plain, sealed = _paths(sha)
        if not self.place.sizes([sealed]):
            self.place.keep({sealed: self._sealer.seal(self.get(sha), sha)})
        self.place.remove(plain)

    def is_sealed(self, sha: str) -> bool:
        plain, sealed = _paths(sha)
        return self.place.sizes((plain, sealed)).keys() == {sealed}

    def has_sealed(self) -> bool:
        return any(path.endswith(_SEALED) for path in self.place.paths(FOLDER))

    def remove(self, sha: str) -> None:
        """For good. Its name stays known to the store, so the same bytes are not worked on again."""
        for path in _paths(sha):
            self.place.remove(path)

    def _unsealed(self, sha: str) -> bytes:
        try:
            return self._sealer.open(self.place.read(_paths(sha)[1]), sha)
        except FileNotFoundError:
            raise ArchiveDamagedError(sha, "is missing") from None

    def set_aside(self, sha: str) -> None:
        """A damaged file leaves its name, so that the true bytes can be put again; what is left stays to look at."""
        for path in self.place.sizes(_paths(sha)):
            self.place.rename(path, f"{FOLDER}/corrupt/{path.rpartition('/')[2]}")


def path_of(sha: str) -> str:
    """Where a file lies or would lie unsealed: archive/ab/cd/abcd…. Raises ValueError for anything but a SHA-256 in
    lower-case hex."""
    if not _NAME.fullmatch(sha):
        raise ValueError(f"{sha!r} is no name of an archived file")
    return f"{FOLDER}/{sha[:2]}/{sha[2:4]}/{sha}"


def _paths(sha: str) -> tuple[str, str]:
    """In the clear, and sealed."""
    return path_of(sha), path_of(sha) + _SEALED
