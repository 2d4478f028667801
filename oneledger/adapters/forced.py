"""Files and folders forced to the disk: what has returned outlives the machine. Readable by the owner only."""

import os
from collections.abc import Iterable
from pathlib import Path


def write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """Raises FileExistsError: nothing is written over. After any other error a part of it may be left."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The names in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
