"""The one way mail goes out: our own bytes over a connection that yagmail made.

What yagmail does by itself is closed off here: a login for every mail, blind repeats after a lost reply, certificates
nobody checks, a prompt for the password.
"""

import logging
import re
import ssl
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

import yagmail

from oneledger.adapters.mail_tls import Security, check_security, verified_context
from oneledger.adapters.mail_turns import Conversation, in_turns
from oneledger.adapters.mail_words import decode_bytes
from oneledger.domain.errors import RefusedError
from oneledger.domain.mailing import Scope, SendOutcome, SendState, Stage, classify_reply

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 30.0
_REPLY_SECONDS = 300.0
_AFTER_DOT_SECONDS = 600.0  # RFC 5321 4.5.3.2.6: giving up earlier makes second copies
_LEAST_SECONDS = 0.05  # for an answer that may lie there already
_QUIT_SECONDS = 5.0
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


@dataclass(frozen=True)
class MailAccount:
    """Where mail is handed in. Without a user there is no login; a user needs a password."""

    host: str
    port: int
    security: str  # none, starttls or tls; none only on this machine
    user: str | None
    password: str | None = field(repr=False)
    from_address: str
    cafile: str | None = None


_OK = 2
_WANTED = {Stage.MAIL: _OK, Stage.RCPT: _OK, Stage.DATA: 3}


class Mailer(yagmail.SMTP):  # type: ignore[misc]  # yagmail ships no types
    """One account, one connection for many mails, one thread.

    It connects when the first mail goes out, and anew after `mails_per_connection` or when the server closed an idle
    connection. It never sends a mail a second time by itself.
    """

    smtp: Any

    def __init__(
        self,
        account: MailAccount,
        *,
        mails_per_connection: int = 100,
        connect_seconds: float = _CONNECT_SECONDS,
        reply_seconds: float = _REPLY_SECONDS,
        after_dot_seconds: float = _AFTER_DOT_SECONDS,
    ) -> None:
        security = check_security(account.host, account.security)
        _check_login(account)
        context = None if security is Security.NONE else verified_context(account.cafile)
        super().__init__(
            user=account.from_address,
            password=account.password or "",
            host=account.host,
            port=account.port,
            smtp_ssl=security is Security.TLS,
            smtp_starttls={"context": context} if security is Security.STARTTLS else False,
            smtp_skip_login=not account.user,
            soft_email_validation=False,  # its pattern is not ours to trust
            timeout=connect_seconds,
            local_hostname="[127.0.0.1]",  # else every connection looks our own name up and tells it
            **({"context": context} if security is Security.TLS else {}),
        )
        self.user = account.user or account.from_address
        self.is_closed = True
        self._mails_per_connection = mails_per_connection
        self._mails_on_connection = 0
        self._reply_seconds = reply_seconds
        self._after_dot_seconds = after_dot_seconds
        self._stage = Stage.CONNECT
        self._copy_to = ""
        self._not_after: float | None = None

    def send_bytes(
        self, envelope_sender: str, rcpt: str, content: bytes, *, copy_to: str = "", not_after: float | None = None
    ) -> SendOutcome:
        """Hand one mail to the server, once: a whole ``conversation``."""
        talk = self.conversation(envelope_sender, rcpt, content, copy_to=copy_to, not_after=not_after)
        return in_turns([talk])[0]

    def conversation(
        self, envelope_sender: str, rcpt: str, content: bytes, *, copy_to: str = "", not_after: float | None = None
    ) -> Conversation:
        """Hand one mail to the server, once. The row must be committed as SENDING before. It pauses wherever the server
        has to answer; see ``in_turns``.

        Trouble is an outcome, never an exception: UNKNOWN if the connection broke after the final dot, DEFERRED if it
        broke before. An outcome that needs an operator would be met by every further mail.

        ``copy_to``: an address of our own that gets the same bytes in the same conversation; where it is refused,
        nothing goes out, since a mail without its copy could never be found again. ``not_after``: the monotonic second
        after which the end of the mail may not leave any more.
        """
        for address in (envelope_sender, rcpt, *([copy_to] if copy_to else [])):
            if not _ADDRESS.fullmatch(address):
                return SendOutcome(SendState.FAILED, 0, f"not an address: {address!r}", Scope.RECIPIENT)
        if self._mails_on_connection >= self._mails_per_connection:
            self.close()
        used = not self.is_closed and self._mails_on_connection > 0
        self._copy_to, self._not_after = copy_to, not_after
        outcome = yield from self._connect_and_hand_over(envelope_sender, rcpt, content)
        if used and self._stage is Stage.MAIL and outcome.scope is Scope.CONNECTION:
            # The server closed an old connection; it has not been given anything of this mail.
            outcome = yield from self._connect_and_hand_over(envelope_sender, rcpt, content)
        return outcome

    def _connect_and_hand_over(self, envelope_sender: str, rcpt: str, content: bytes) -> Conversation:
        try:
            if self.is_closed:
                self._stage = Stage.CONNECT
                self.login()
            outcome = yield from self._hand_over(envelope_sender, rcpt, content)
        except OSError as error:  # everything the connection raises is one
            outcome = self._outcome_of_error(error)
            self._hang_up()
        if outcome.scope is Scope.CONNECTION or outcome.needs_operator:
            self.close()
        return outcome

    def _hand_over(self, envelope_sender: str, rcpt: str, content: bytes) -> Conversation:
        """Sender and recipients go in one packet where the server takes it (RFC 2920), and DATA when all are good."""
        self._mails_on_connection += 1
        envelope = [(Stage.MAIL, f"MAIL FROM:<{envelope_sender}>"), (Stage.RCPT, f"RCPT TO:<{rcpt}>")]
        envelope += [(Stage.RCPT, f"RCPT TO:<{self._copy_to}>")] if self._copy_to else []
        packets = [envelope] if self.smtp.has_extn("pipelining") else [[each] for each in envelope]
        asked = 0
        for packet in (*packets, [(Stage.DATA, "DATA")]):
            answers = yield from self._asked(packet)
            for (self._stage, _), (code, reply) in zip(packet, answers, strict=False):
                asked += 1
                if code // 100 != _WANTED[self._stage]:
                    outcome = self._refused(code, reply)
                    return _of_journal(outcome) if asked == len(envelope) and self._copy_to else outcome
        if self._not_after is not None and time.monotonic() > self._not_after:
            raise OSError("our lease ended before the mail did")
        self.smtp.sock.settimeout(self._after_dot_seconds)
        self.smtp.send(_dotted(content))  # raises only if the end of the mail did not leave this machine
        self._stage = Stage.DOT
        since = time.monotonic()
        yield
        code, reply = self._answer(since, self._after_dot_seconds)
        return classify_reply(code, _readable(reply), Stage.DOT)

    def _asked(self, packet: list[tuple[Stage, str]]) -> Generator[None, None, list[tuple[int, bytes]]]:
        """The answers; fewer than the lines where the server hung up after it had refused one."""
        self._stage = packet[0][0]
        self.smtp.sock.settimeout(self._reply_seconds)
        self.smtp.send("".join(f"{line}\r\n" for _, line in packet))
        since = time.monotonic()
        yield
        answers: list[tuple[int, bytes]] = []
        for self._stage, _ in packet:
            try:
                answers.append(self._answer(since, self._reply_seconds))
            except OSError:
                if all(code // 100 == _OK for code, _ in answers):
                    raise
                break
        return answers

    def _answer(self, since: float, seconds: float) -> tuple[int, bytes]:
        """Within so many seconds of what was sent: others may have been listened to meanwhile."""
        self.smtp.sock.settimeout(max(_LEAST_SECONDS, since + seconds - time.monotonic()))
        code, reply = self.smtp.getreply()
        return code, reply

    def _refused(self, code: int, reply: bytes) -> SendOutcome:
        outcome = classify_reply(code if code // 100 in (4, 5) else -1, _readable(reply), self._stage)
        if outcome.scope is not Scope.CONNECTION:
            try:
                self.smtp.rset()
            except OSError:
                self.close()
        return outcome

    def _outcome_of_error(self, error: OSError) -> SendOutcome:
        code, text = getattr(error, "smtp_code", 0), getattr(error, "smtp_error", None)
        reason = _readable(text if isinstance(text, bytes) else str(text or error).encode())
        if self._stage is Stage.DOT:
            return SendOutcome(SendState.UNKNOWN, 0, reason, Scope.CONNECTION)
        if code:
            return classify_reply(code if code // 100 in (4, 5) else -1, reason, self._stage)
        if _is_for_an_operator(error):
            return SendOutcome(SendState.DEFERRED, 0, reason, Scope.SENDER, needs_operator=True)
        return SendOutcome(SendState.DEFERRED, 0, reason, Scope.CONNECTION)

    def login(self) -> None:
        """Connect and log in. Raises OSError; send_bytes does this when needed."""
        self._mails_on_connection = 0
        try:
            super().login()
            self.smtp.ehlo_or_helo_if_needed()
        except BaseException:
            self.close()
            raise
        self.is_closed = False
        self.smtp.sock.settimeout(self._reply_seconds)

    def close(self) -> None:
        """End the connection, politely if the server still listens. Never raises for a dead one."""
        connection, self.smtp, self.is_closed = self.smtp, None, True
        if connection is None:
            return
        try:
            if connection.sock is not None:
                connection.sock.settimeout(_QUIT_SECONDS)
                connection.quit()
        except OSError:
            log.debug("the server had closed the connection")
        finally:
            connection.close()

    def _hang_up(self) -> None:
        """Without a word: between DATA and the final dot even QUIT would be a line of the mail."""
        connection, self.smtp, self.is_closed = self.smtp, None, True
        if connection is not None:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def set_logging(self, log_level: int | None = None, file_path_name: str | None = None) -> None:
        """Our logger instead of yagmail's own, which prints every line on the terminal too."""
        del log_level, file_path_name
        super().set_logging(None)
        self.log = log

    @staticmethod
    def handle_password(user: str, password: str | None) -> str:
        """The password as configured; a missing one is never asked for on a terminal or looked up elsewhere."""
        if not password:
            raise RefusedError([f"mail account {user}: has no password"])
        return password

    def send(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise RefusedError(["mail goes out by send_bytes, which never repeats itself"])

    send_unsent = _attempt_send = feedback = send

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Mailer holds a password and a connection, so it stays in its process")


def _of_journal(outcome: SendOutcome) -> SendOutcome:
    """A refused copy says nothing about the recipient: the mail waits, and an operator hears of it."""
    if outcome.scope is Scope.CONNECTION:
        return outcome
    text = f"the journal address is refused: {outcome.text}"
    return SendOutcome(SendState.DEFERRED, outcome.code, text, Scope.SENDER, needs_operator=True)


def _check_login(account: MailAccount) -> None:
    faults = []
    if not _ADDRESS.fullmatch(account.from_address):
        faults.append(f"mail account: {account.from_address!r} is no address to send from")
    if account.user and not account.password:
        faults.append(f"mail account {account.user}: has no password")
    if not f"{account.user or ''}{account.password or ''}".isascii():
        faults.append("mail account: user and password must be ASCII")
    if faults:
        raise RefusedError(faults)


def _dotted(content: bytes) -> bytes:
    """The mail as it stands between DATA and its end: dots at line starts doubled, the final dot behind it."""
    if content.startswith(b"."):
        content = b"." + content
    if b"\n." in content:
        content = content.replace(b"\n.", b"\n..")
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


def _readable(reply: bytes) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", decode_bytes(reply, None))[:500].strip()


def _is_for_an_operator(error: OSError) -> bool:
    """No certificate that holds, no STARTTLS, no way to log in that both sides know: waiting cures none of it."""
    if isinstance(error, ssl.SSLError):
        return not isinstance(error, ssl.SSLEOFError | ssl.SSLSyscallError)
    return type(error).__name__ in {"SMTPNotSupportedError", "SMTPException"}
