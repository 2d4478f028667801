"""The journal: where copies of our own mails lie. It is asked one thing only, which Message-IDs it holds."""

import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from oneledger.adapters.mail_imap import ImapSettings, ImapSource, collected_folders
from oneledger.adapters.mail_items import MAX_HEADER_BYTES, MailboxRefusedError
from oneledger.domain.errors import TransientError

_CLOCKS_DIFFER = timedelta(days=1)
_AT_ONCE = 1000
_IDS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID REFERENCES)]"
_FIELD = re.compile(rb"(?im)^(?:message-id|references):((?:.*\r?\n(?:[ \t].*\r?\n)*)|.*\Z)")
_ID = re.compile(rb"<[!-;=?-~]{3,900}>")


class JournalBox(Protocol):
    def ids(self, since: datetime) -> set[str]:
        """Every Message-ID of what came since then. Raises as held does."""

    def held(self, message_ids: Collection[str], since: datetime) -> set[str]:
        """Which of these it holds, among what came since then. Raises TransientError or MailboxRefusedError where it
        cannot be read: that is no evidence of anything."""


def ids_in(head: bytes) -> set[str]:
    """A relay may give a mail a new Message-ID; our own also stands first among its References."""
    found = (_ID.search(field[1]) for field in _FIELD.finditer(head))
    return {each[0].decode("ascii") for each in found if each}


class MaildirJournal:
    def __init__(self, path: Path) -> None:
        self._path = path

    def held(self, message_ids: Collection[str], since: datetime) -> set[str]:
        return self.ids(since) & set(message_ids)

    def ids(self, since: datetime) -> set[str]:
        if not self._path.is_dir():
            raise MailboxRefusedError(f"journal: there is no folder {self._path}")
        earliest = (since - _CLOCKS_DIFFER).timestamp()
        seen: set[str] = set()
        for file in self._files():
            try:
                if file.stat().st_mtime >= earliest:
                    with file.open("rb") as opened:
                        seen |= ids_in(_head(opened.read(MAX_HEADER_BYTES)))
            except FileNotFoundError as moved:
                raise TransientError(f"journal: {file.name} was moved while we looked") from moved
        return seen

    def _files(self) -> Iterator[Path]:
        for folder in ("new", "cur"):
            if (self._path / folder).is_dir():
                yield from (self._path / folder).iterdir()


class ImapJournal:
    """``folder``: empty for all that mail is collected from."""

    def __init__(self, settings: ImapSettings, folder: str) -> None:
        self._source, self._folder = ImapSource(settings), folder

    def held(self, message_ids: Collection[str], since: datetime) -> set[str]:
        return self.ids(since) & set(message_ids)

    def ids(self, since: datetime) -> set[str]:
        with self._source.connected() as client:
            folders = [self._folder] if self._folder else collected_folders(client)
            return set().union(*(_ids_of(client, folder, since) for folder in folders))


def _ids_of(client: Any, folder: str, since: datetime) -> set[str]:
    client.select_folder(folder, readonly=True)
    uids = client.search(["SINCE", (since - _CLOCKS_DIFFER).date()])
    seen: set[str] = set()
    for start in range(0, len(uids), _AT_ONCE):
        seen |= _heads(client, uids[start : start + _AT_ONCE])
    return seen


def _heads(client: Any, uids: list[int]) -> set[str]:
    answers = client.fetch(uids, [_IDS])
    heads = [value for each in answers.values() for key, value in each.items() if key.startswith(b"BODY[HEADER")]
    if len(heads) < len(uids) and client.search(["UID", ",".join(str(uid) for uid in uids if uid not in answers)]):
        raise TransientError("journal: the mail server left out mails it was asked for")
    return set().union(*(ids_in(head or b"") for head in heads))


def _head(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[0] + b"\r\n"
