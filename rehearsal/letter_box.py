"""Where the rehearsal's post office puts mail: Maildirs, and an index that simulated schools read on from.

DIR/mail/new/          every mail that was accepted, in either direction, byte for byte below two header lines
DIR/collect/new/       the same files (hard links) for mail to the collecting boxes: the pipeline's Maildir
DIR/journal/new/       hard links to the mails of which a copy went to the journal address
DIR/delivered.jsonl    one line for every other mail that reached its recipient
DIR/clock              the campaign's time (ISO); files and index lines carry it. Without it: the time of day
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

CHINA = timezone(timedelta(hours=8))
COLLECTING = ("collect*@ledger.invalid",)
JOURNAL = "journal@ledger.invalid"  # gets a copy of each mail by being named beside its recipient
_FOLDERS = ("tmp", "new", "cur")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the index. `file` is relative to DIR; `kind` is the mail's own X-OneLedger-Kind."""

    file: str
    rcpt: str
    sender: str
    at: str
    subject: str
    message_id: str
    kind: str


class LetterBox:
    """Writes accepted mail. One process at a time; what it names a file is only ever counted up."""

    def __init__(self, directory: Path, *, collecting: Sequence[str] = COLLECTING, fsync: bool = False) -> None:
        self._unfinished, self._accepted = f"{directory}/mail/tmp/", f"{directory}/mail/new/"
        self._collected = f"{directory}/collect/new/"
        self._journal = f"{directory}/journal/new/"
        self._collecting = [pattern.lower() for pattern in collecting]
        self._fsync = fsync
        self._clock = str(directory / "clock")
        self._clock_seen = (0, 0)
        self._clock_now = datetime.now(UTC)
        for box in ("mail", "collect", "journal"):
            for folder in _FOLDERS:
                (directory / box / folder).mkdir(parents=True, exist_ok=True)
        written = [name for folder in ("new", "cur") for name in os.listdir(directory / "mail" / folder)]  # noqa: PTH208
        self._serial = max((int(name.partition(".")[0]) for name in written), default=0)
        self._index = os.open(directory / "delivered.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._index)

    def now(self) -> datetime:
        """The campaign's time; a time without a zone is China's."""
        try:
            found = os.stat(self._clock)  # noqa: PTH116  twice as fast, and it is asked for every mail
        except FileNotFoundError:
            return datetime.now(UTC)
        if (found.st_mtime_ns, found.st_ino) != self._clock_seen:
            written = datetime.fromisoformat(Path(self._clock).read_text(encoding="utf-8").strip())
            self._clock_now = written if written.tzinfo else written.replace(tzinfo=CHINA)
            self._clock_seen = found.st_mtime_ns, found.st_ino
        return self._clock_now

    def store(
        self, sender: str, recipient: str, content: bytes, *, is_delivered: bool = True, is_copied: bool = False
    ) -> None:
        """Keep a mail; unless it bounced, put it into the collecting box or on the index. On disk when this returns."""
        now = self.now()
        self._serial += 1
        name = f"{self._serial:08}.{os.getpid()}.post-office"
        self._write(name, f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode() + content, now)
        if is_copied:
            os.link(self._accepted + name, self._journal + name)
            if self._fsync:
                _fsync_folder(self._journal)
        if not is_delivered:
            return
        if any(fnmatchcase(recipient.lower(), pattern) for pattern in self._collecting):
            os.link(self._accepted + name, self._collected + name)
        else:
            os.write(self._index, _index_line(name, sender, recipient, content, now))

    def _write(self, name: str, content: bytes, now: datetime) -> None:
        """Under tmp first, so that no reader of new/ ever sees half a mail."""
        unfinished = self._unfinished + name
        with open(unfinished, "xb", buffering=0) as file:  # noqa: PTH123  plain strings: Path costs more than the disk
            file.write(content)
            if self._fsync:
                os.fsync(file.fileno())
        os.utime(unfinished, (now.timestamp(), now.timestamp()))
        os.rename(unfinished, self._accepted + name)  # noqa: PTH104
        if self._fsync:
            _fsync_folder(self._accepted)


def _index_line(name: str, sender: str, recipient: str, content: bytes, now: datetime) -> bytes:
    headers = headers_of(content)
    line = {
        "file": f"mail/new/{name}",
        "rcpt": recipient,
        "sender": sender,
        "at": now.isoformat(),
        "subject": readable(headers.get("subject", "")),
        "message_id": headers.get("message-id", ""),
        "kind": headers.get("x-oneledger-kind", ""),
    }
    return (json.dumps(line, ensure_ascii=False) + "\n").encode()


def headers_of(content: bytes) -> dict[str, str]:
    """Lower-case name -> unfolded text, the first where one comes twice. Much faster than the standard parser."""
    block = content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    headers: dict[str, str] = {}
    for line in block.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n"):
        name, _, text = line.partition(":")
        headers.setdefault(name.lower(), text.strip())
    return headers


def readable(encoded: str) -> str:
    """A header's text with its encoded words decoded; as it stands where they are broken."""
    try:
        return str(make_header(decode_header(encoded)))
    except (LookupError, UnicodeError, HeaderParseError):
        return encoded


def _fsync_folder(folder: str) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
