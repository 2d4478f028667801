"""Figures of every unit laid aside on disk: read and added up once, then hashed, compared and frozen from there."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

import orjson

from oneledger.domain.rolling import text_of
from oneledger.domain.rollup import Rollup
from oneledger.store.snapshots import as_rollup


class Aside:
    """A country's take 600 MB. The file has no name: whatever becomes of the process, nothing is left of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115  closed on exit
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def lay(self, rollups: Iterable[tuple[str, Rollup]]) -> Iterator[tuple[str, Rollup]]:
        """What it is given, laid aside as it passes."""
        for code, each in rollups:
            text = text_of(each).encode()
            self._file.write(text)
            self._places[code] = (self._end, len(text))
            self._end += len(text)
            yield code, each
        self._file.flush()

    def texts(self, codes: Iterable[str]) -> Iterator[tuple[str, str]]:
        """As they are stored. Whose figures were never laid aside cannot be left out unseen: KeyError."""
        for code in codes:
            start, length = self._places[code]
            yield code, os.pread(self._file.fileno(), length, start).decode()

    def rollups(self, codes: Iterable[str]) -> dict[str, Rollup]:
        return {code: as_rollup(orjson.loads(text)) for code, text in self.texts(codes)}
