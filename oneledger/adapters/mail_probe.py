"""What mail servers say of themselves when asked: their certificate, their clock, which addresses they take."""

import re
import socket
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from oneledger.adapters.mail_imap import ImapSettings, ImapSource
from oneledger.adapters.mail_items import MailboxRefusedError
from oneledger.adapters.mail_out import MailAccount, Mailer
from oneledger.adapters.mail_tls import Security, verified_context

_SECONDS = 15.0
_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")


def certificate_end(connection: Any) -> datetime | None:
    """Of a connection whose certificate was verified; None in plain text."""
    told = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC) if told else None


def ask_to_send(account: MailAccount, recipient: str) -> tuple[datetime | None, int, str]:
    """Log in as for sending, name a recipient, send nothing: end of the certificate, the server's code and words.

    Raises OSError where there is no verified way in.
    """
    with Mailer(account, connect_seconds=_SECONDS, reply_seconds=_SECONDS) as post:
        post.login()
        ends_at = certificate_end(post.smtp.sock)
        code, words = post.smtp.mail(account.from_address)
        if code // 100 == 2:
            code, words = post.smtp.rcpt(recipient)
        post.smtp.rset()
        return ends_at, code, words.decode("utf-8", "replace")[:200]


def ask_mail_box(settings: ImapSettings) -> datetime | None:
    """Log in as for collecting and open the INBOX: end of the certificate.

    Raises TransientError or MailboxRefusedError.
    """
    with ImapSource(settings).connected() as client:
        ends_at = certificate_end(client.socket())
        if not client.select_folder("INBOX", readonly=True).get(b"UIDVALIDITY"):
            raise MailboxRefusedError(f"mail box {settings.account}: INBOX does not number its mails for good")
        return ends_at


def greeting_time(account: MailAccount) -> datetime | None:
    """Some servers tell the time when they greet. None: this one does not, or does not answer."""
    try:
        with socket.create_connection((account.host, account.port), timeout=_SECONDS) as plain:
            if account.security != Security.TLS:
                return _dated(plain.recv(512))
            with verified_context(account.cafile).wrap_socket(plain, server_hostname=account.host) as spoken:
                return _dated(spoken.recv(512))
    except OSError:
        return None


def _dated(greeting: bytes) -> datetime | None:
    found = _DATE.search(greeting.decode("ascii", "replace"))
    return parsedate_to_datetime(found[0]) if found else None


def http_time(url: str) -> datetime | None:
    """The Date of whatever answers there."""
    try:
        with urlopen(Request(url, method="HEAD"), timeout=_SECONDS) as answer:  # noqa: S310  the operator's own setting
            told = answer.headers["Date"]
    except HTTPError as refused:
        told = refused.headers["Date"]
        refused.close()
    except (URLError, OSError, ValueError):
        return None
    return parsedate_to_datetime(told) if told else None
