"""An IMAP account as a source of mail: INBOX and the junk folders, read without leaving a trace in them."""

import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from oneledger.adapters.mail_items import MAX_BYTES, MAX_HEADER_BYTES, IncomingItem, MailboxRefusedError, Seen
from oneledger.adapters.mail_tls import Security, check_security, verified_context
from oneledger.domain.errors import RefusedError, TransientError

log = logging.getLogger(__name__)

_JUNK_NAMES = {"junk", "junk e-mail", "junk email", "spam", "bulk mail", "垃圾邮件", "垃圾箱", "广告邮件"}
_HEADER = f"BODY.PEEK[HEADER]<0.{MAX_HEADER_BYTES}>"
_SIZES_AT_ONCE = 1000
_WHO_WE_ARE = {"name": "OneLedger", "version": "1.0", "vendor": "OneLedger"}  # 163 and 126 want to be told


@dataclass(frozen=True)
class ImapSettings:
    host: str
    port: int
    security: str  # tls, starttls or none; none only on this machine
    user: str
    password: str = field(repr=False)
    cafile: str | None = None
    folders: tuple[str, ...] = ()  # empty: INBOX and whatever looks like junk
    max_bytes: int = MAX_BYTES
    batch_bytes: int = 8 * 1024 * 1024
    batch_count: int = 50
    connect_seconds: float = 30.0
    reply_seconds: float = 60.0

    @property
    def account(self) -> str:
        return f"{self.user}@{self.host}"


class ImapSource:
    """One account. Every look opens a connection of its own and closes it."""

    def __init__(self, settings: ImapSettings) -> None:
        if not settings.user or not settings.password:
            raise RefusedError([f"mail box at {settings.host}: needs a user and a password"])
        self._security = check_security(settings.host, settings.security)
        self._settings = settings

    def new_items(self, seen: Seen) -> Iterator[IncomingItem]:
        """Unknown mails of every folder, by ascending UID; a lost connection raises instead of ending the list."""
        with self.connected() as client:
            for folder in self._settings.folders or collected_folders(client):
                yield from self._new_in(client, folder, seen)

    def done(self, items: Sequence[IncomingItem]) -> None:
        """Nothing: a shared mailbox is left as people left it."""

    def _new_in(self, client: Any, folder: str, seen: Seen) -> Iterator[IncomingItem]:
        uidvalidity = str(client.select_folder(folder, readonly=True).get(b"UIDVALIDITY", ""))
        if not uidvalidity:
            raise MailboxRefusedError(f"mail box {self._settings.account}: {folder} does not number its mails for good")
        last = seen.highest_uid(self._settings.account, folder, uidvalidity)
        found = client.search(["UID", f"{last + 1}:*"])
        uids = sorted(uid for uid in found if uid > last)  # `n:*` always names the last mail, even below n
        for start in range(0, len(uids), _SIZES_AT_ONCE):
            sizes = _fetched(client, uids[start : start + _SIZES_AT_ONCE], ["RFC822.SIZE"], {b"RFC822.SIZE"})
            for batch in self._batches({uid: answer[b"RFC822.SIZE"] for uid, answer in sizes.items()}):
                yield from self._items(client, folder, uidvalidity, batch)

    def _batches(self, sizes: dict[int, int]) -> Iterator[dict[int, bool]]:
        """UIDs in order with whether they are too large, as many at once as the limits allow."""
        batch: dict[int, bool] = {}
        weight = 0
        for uid, size in sizes.items():
            too_large = size > self._settings.max_bytes
            cost = 0 if too_large else size
            if batch and (len(batch) == self._settings.batch_count or weight + cost > self._settings.batch_bytes):
                yield batch
                batch, weight = {}, 0
            batch[uid] = too_large
            weight += cost
        if batch:
            yield batch

    def _items(self, client: Any, folder: str, uidvalidity: str, batch: dict[int, bool]) -> Iterator[IncomingItem]:
        whole = [uid for uid, too_large in batch.items() if not too_large]
        large = [uid for uid, too_large in batch.items() if too_large]
        answers = _fetched(client, whole, ["BODY.PEEK[]", "INTERNALDATE"], {b"BODY[]", b"INTERNALDATE"})
        answers |= _fetched(client, large, [_HEADER, "INTERNALDATE"], {b"BODY[HEADER]<0>", b"INTERNALDATE"})
        for uid, too_large in batch.items():
            if uid in answers:
                content = answers[uid][b"BODY[HEADER]<0>" if too_large else b"BODY[]"]
                received_at = answers[uid][b"INTERNALDATE"].astimezone(UTC)
                account = self._settings.account
                yield IncomingItem(account, folder, uidvalidity, str(uid), received_at, content, too_large)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        """Raises TransientError or MailboxRefusedError, also for what happens inside."""
        with self._errors_named(), self._connected() as client:
            yield client

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        settings = self._settings
        context = None if self._security is Security.NONE else verified_context(settings.cafile)
        client = IMAPClient(
            settings.host,
            settings.port,
            ssl=self._security is Security.TLS,
            ssl_context=context,
            timeout=SocketTimeout(settings.connect_seconds, settings.reply_seconds),
        )
        with client:
            if self._security is Security.STARTTLS:
                client.starttls(context)
            client.login(settings.user, settings.password)
            client.normalise_times = False
            _introduce(client)
            yield client

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Waiting cures a dead connection, and nothing else that a server says."""
        where = f"mail box {self._settings.account}"
        try:
            yield
        except (ssl.SSLCertVerificationError, LoginError) as error:
            is_cut = isinstance(error.__context__, IMAPClientAbortError)  # a line that died at LOGIN is named so, too
            raise (TransientError if is_cut else MailboxRefusedError)(f"{where}: {error}") from error
        except (OSError, IMAPClientAbortError) as error:
            raise TransientError(f"{where}: {error}") from error
        except IMAPClientError as error:
            raise MailboxRefusedError(f"{where}: {error}") from error


def _introduce(client: Any) -> None:
    """Without this, 163 and 126 answer the first SELECT with "Unsafe Login"."""
    if client.has_capability("ID"):
        try:
            client.id_(_WHO_WE_ARE)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            log.warning("the mail server refused the ID command: %s", error)


def collected_folders(client: Any) -> list[str]:
    """INBOX first, then the junk folders: by their flag, or by the names that are usual without one."""
    junk = [
        str(name)
        for flags, separator, name in client.list_folders()
        if b"\\Noselect" not in flags and (b"\\Junk" in flags or _last_part(name, separator) in _JUNK_NAMES)
    ]
    return ["INBOX", *junk]


def _last_part(name: str, separator: bytes | None) -> str:
    return name.rsplit(separator.decode("latin-1"), 1)[-1].casefold() if separator else name.casefold()


def _fetched(client: Any, uids: Sequence[int], wanted: Sequence[str], keys: set[bytes]) -> dict[int, dict[bytes, Any]]:
    """The answers by UID, in order. A mail that was deleted meanwhile is passed over.

    Raises TransientError if the server left out one that is still there: going on would count it as seen.
    """
    if not uids:
        return {}
    answers = client.fetch(uids, wanted)
    complete = {uid: answers[uid] for uid in uids if all(answers.get(uid, {}).get(key) is not None for key in keys)}
    missing = sorted(set(uids) - set(complete))
    if missing:
        still_there = client.search(["UID", ",".join(map(str, missing))])
        if still_there:
            raise TransientError(f"the mail server left out UIDs {still_there} it was asked for")
        log.info("%d mails were deleted while we read", len(missing))
    return complete
