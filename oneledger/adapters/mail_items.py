"""What every source of mail hands over, and what it asks the store."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oneledger.domain.errors import OneLedgerError

MAX_BYTES = 40 * 1024 * 1024  # of one mail; larger ones are taken in as their headers only
MAX_HEADER_BYTES = 256 * 1024


class MailboxRefusedError(OneLedgerError):
    """An operator must mend the account, its password (163 and QQ want an authorization code) or its certificate."""


@dataclass(frozen=True)
class IncomingItem:
    """One received mail. (account, folder, uidvalidity, uid) never names another."""

    account: str
    folder: str
    uidvalidity: str
    uid: str
    received_at: datetime  # by the server's clock, in UTC
    content: bytes
    too_large: bool = False  # then content is the headers only


class Seen(Protocol):
    """What the store knows of a folder."""

    def highest_uid(self, account: str, folder: str, uidvalidity: str) -> int:
        """The highest UID taken in, 0 for none. IMAP hands its UIDs out in order."""

    def known(self, account: str, folder: str, uidvalidity: str, uids: Collection[str]) -> set[str]:
        """Which of these were taken in."""
