"""Where files lie that every worker must see: in a folder that they share, or in an object store."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol


class Place(Protocol):
    """Files under relative paths with ``/``, as they lie under the data folder. Whatever fails on the way raises
    OSError, a path that leaves the place ValueError."""

    def sizes(self, paths: Iterable[str]) -> Mapping[str, int]:
        """Bytes of each that is there."""

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError."""

    def keep(self, contents: Mapping[str, bytes], held: Iterable[str] = ()) -> None:
        """All of them outlive the machine when it returns, and so do those ``held``, which another may just have
        written. What was under a path is replaced at once; nobody reads half of it."""

    def remove(self, path: str) -> None:
        """Nothing happens where it is not there."""

    def rename(self, path: str, to: str) -> None: ...

    def paths(self, folder: str) -> Iterator[str]:
        """Of every file below the folder, at any depth; of whole ones only."""


def checked(path: str) -> str:
    """Raises ValueError."""
    if {"", "..", "."} & set(path.split("/")):
        raise ValueError(f"{path!r} leaves the place")
    return path
