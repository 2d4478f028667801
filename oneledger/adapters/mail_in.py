"""Where mail comes in: one interface over a Maildir on this machine and an IMAP account elsewhere.

A source only reads. What was taken in is known by the store alone; no flag, no move and no deletion says so, hence a
mail that a person opened, or that was fetched just before a crash, is neither lost nor worked on twice.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from oneledger.adapters.mail_imap import ImapSettings, ImapSource
from oneledger.adapters.mail_items import MAX_BYTES, MAX_HEADER_BYTES, IncomingItem, MailboxRefusedError, Seen

__all__ = [
    "ImapSettings",
    "ImapSource",
    "IncomingItem",
    "MailSource",
    "MailboxRefusedError",
    "MaildirSource",
    "Seen",
]

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class MailSource(Protocol):
    def new_items(self, seen: Seen) -> Iterator[IncomingItem]:
        """Every item the store does not know yet, oldest first within a folder. Commit them in this order.

        Raises TransientError when the way there is down, MailboxRefusedError when an operator must act.
        """

    def done(self, items: Sequence[IncomingItem]) -> None:
        """To be told after their commit. A convenience for people who look into the box; nothing rests on it."""


class MaildirSource:
    """A Maildir. An item is known by its unique file name, whatever folder and flags it has meanwhile."""

    def __init__(self, path: Path, account: str = "maildir", *, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._account = account
        self._max_bytes = max_bytes

    def new_items(self, seen: Seen) -> Iterator[IncomingItem]:
        files = self._files()
        known = seen.known(self._account, "INBOX", "0", list(files))
        for uid in sorted(files.keys() - known):
            try:
                yield self._item(uid, files[uid])
            except FileNotFoundError:  # a mail program moved it while we looked
                moved = self._files().get(uid)
                if moved is not None:
                    yield self._item(uid, moved)

    def done(self, items: Sequence[IncomingItem]) -> None:
        for item in items:
            with suppress(FileNotFoundError):  # moved by a mail program, or a box without `cur`: nothing rests on it
                (self._path / "new" / item.uid).rename(self._path / "cur" / f"{item.uid}:2,S")

    def _files(self) -> dict[str, str]:
        """Unique name to file. `cur` is listed last, since mail moves from `new` to there and never back.

        By plain names: a box keeps a hundred thousand files, and a Path for each costs ten times as much.
        """
        folders = [folder for folder in ("new", "cur") if (self._path / folder).is_dir()]
        files = ((name, f"{folder}/{name}") for folder in folders for name in os.listdir(self._path / folder))  # noqa: PTH208
        return {name.partition(":")[0]: file for name, file in files if not name.startswith(".")}

    def _item(self, uid: str, name: str) -> IncomingItem:
        file = self._path / name
        state = file.stat()
        too_large = state.st_size > self._max_bytes
        with file.open("rb") as opened:
            content = opened.read(MAX_HEADER_BYTES if too_large else -1)
        if too_large:
            content = _BLANK_LINE.split(content, maxsplit=1)[0] + b"\r\n\r\n"
        received_at = datetime.fromtimestamp(state.st_mtime, UTC)
        return IncomingItem(self._account, "INBOX", "0", uid, received_at, content, too_large)
