"""A place that is an object store, which workers on several machines share: S3, or another that fsspec knows.

A store that has answered keeps the object, whole or not at all; there is nothing to force and nothing to rename. Keys
and the store's own address are fsspec's settings: FSSPEC_S3='{"endpoint_url": …, "key": …, "secret": …}'.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from oneledger.adapters.place import checked
from oneledger.domain.errors import RefusedError

QUESTIONS = 16
"""Asked of the store at a time."""


class Objects:
    """``url``: s3://bucket/folder. Raises RefusedError where the address, or the package it needs, is unknown."""

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            self._files, self._root = url_to_fs(url)
        except (ValueError, ImportError) as fault:
            raise RefusedError([f"ONELEDGER_FILES_URL={url}：{fault}"]) from fault
        if isinstance(self._files, LocalFileSystem):
            mend = "用文件夹时把它留空，文件夹在 ONELEDGER_DATA 下"
            raise RefusedError([f"ONELEDGER_FILES_URL={url}：不是对象存储；{mend}"])

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        asked = list(paths)
        with ThreadPoolExecutor(QUESTIONS) as pool, self._told():
            found = dict(zip(asked, pool.map(self._size, asked), strict=True))
        return {path: size for path, size in found.items() if size is not None}

    def _size(self, path: str) -> int | None:
        try:
            return int(self._files.info(self._at(path))["size"])
        except FileNotFoundError:
            return None

    def read(self, path: str) -> bytes:
        with self._told():
            return bytes(self._files.cat_file(self._at(path)))

    def keep(self, contents: Mapping[str, bytes], held: Iterable[str] = ()) -> None:  # noqa: ARG002  what is there is kept
        with self._told():
            self._files.pipe({self._at(path): content for path, content in contents.items()})

    def remove(self, path: str) -> None:
        with self._told():
            try:
                self._files.rm_file(self._at(path))
            except FileNotFoundError:
                return

    def rename(self, path: str, to: str) -> None:
        self.keep({to: self.read(path)})
        self.remove(path)

    def paths(self, folder: str) -> Iterator[str]:
        with self._told():
            self._files.invalidate_cache()
            found = self._files.find(self._at(folder))
            self._files.invalidate_cache()  # or what is written next is not seen
        for each in found:
            yield each.removeprefix(f"{self._root}/")

    def _at(self, path: str) -> str:
        return f"{self._root}/{checked(path)}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Each kind of store raises errors of its own."""
        try:
            yield
        except OSError:
            raise
        except Exception as fault:
            raise OSError(f"{self._url}: {fault}") from fault
