"""One mail on its way out: what it says, which state it is in, what a server's answer means, how fast we may go."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from oneledger.domain.errors import RefusedError


@dataclass(frozen=True)
class Attachment:
    filename: str
    content: bytes


@dataclass(frozen=True)
class MailDraft:
    """A mail as text and files, before it becomes bytes. message_id and references carry their angle brackets."""

    to_name: str
    to_address: str
    from_name: str
    from_address: str
    reply_to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    message_id: str
    references: tuple[str, ...] = ()
    in_reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class SendState(StrEnum):
    PLANNED = "planned"  # its bytes are stored, nobody has tried
    CLAIMED = "claimed"  # a sender has it under lease; none of it has left
    SENDING = "sending"  # committed before the first byte leaves
    SENT = "sent"  # the server said 250 after the data, or other evidence says it has it
    DEFERRED = "deferred"  # certainly not taken; to be tried again
    FAILED = "failed"  # certainly not taken; trying again is useless
    UNKNOWN = "unknown"  # nobody knows; no timer ever sends it again
    SKIPPED = "skipped"  # not wanted any more


class SendEvent(StrEnum):
    CLAIM = "claim"  # a sender takes it among its next ones
    BEGIN = "begin"  # the sender is about to talk to the server
    GIVE_BACK = "give_back"  # the sender did not come to it, or its lease ended before it began
    ACCEPTED = "accepted"
    PUT_OFF = "put_off"
    REFUSED = "refused"
    LOST = "lost"  # connection gone after the data, or the sender died
    FOUND = "found"  # evidence: its Message-ID was seen in the journal or the Sent folder
    NOT_FOUND = "not_found"  # evidence: looked for twice and absent, or an operator decided so
    GIVE_UP = "give_up"  # tries or time are used up
    ASK_AGAIN = "ask_again"  # an operator mended the cause
    WITHDRAW = "withdraw"


TRANSITIONS: Mapping[SendState, Mapping[SendEvent, SendState]] = {
    SendState.PLANNED: {
        SendEvent.CLAIM: SendState.CLAIMED,
        SendEvent.FOUND: SendState.SENT,
        SendEvent.WITHDRAW: SendState.SKIPPED,
    },
    SendState.CLAIMED: {
        SendEvent.BEGIN: SendState.SENDING,
        SendEvent.GIVE_BACK: SendState.DEFERRED,
    },
    SendState.SENDING: {
        SendEvent.ACCEPTED: SendState.SENT,
        SendEvent.PUT_OFF: SendState.DEFERRED,
        SendEvent.REFUSED: SendState.FAILED,
        SendEvent.LOST: SendState.UNKNOWN,
    },
    SendState.DEFERRED: {
        SendEvent.CLAIM: SendState.CLAIMED,
        SendEvent.FOUND: SendState.SENT,
        SendEvent.GIVE_UP: SendState.FAILED,
        SendEvent.WITHDRAW: SendState.SKIPPED,
    },
    SendState.UNKNOWN: {
        SendEvent.ACCEPTED: SendState.SENT,
        SendEvent.FOUND: SendState.SENT,
        SendEvent.NOT_FOUND: SendState.DEFERRED,
        SendEvent.WITHDRAW: SendState.SKIPPED,
    },
    SendState.FAILED: {
        SendEvent.ASK_AGAIN: SendState.DEFERRED,
        SendEvent.WITHDRAW: SendState.SKIPPED,
    },
    SendState.SENT: {},
    SendState.SKIPPED: {},
}


def next_state(current: SendState, event: SendEvent) -> SendState:
    """The state after an event. Raises RefusedError where the table has none: a sent mail is never sent again."""
    try:
        return TRANSITIONS[current][event]
    except KeyError:
        raise RefusedError([f"a mail that is {current} cannot {event}"]) from None


class Stage(StrEnum):
    """Where in the conversation a server's answer came."""

    CONNECT = "connect"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # the answer to the DATA command
    DOT = "dot"  # the answer to the final dot: the only one that can mean sent


class Scope(StrEnum):
    """Whom an outcome is about, so who must wait."""

    RECIPIENT = "recipient"  # this mail; the next one may go at once
    SENDER = "sender"  # our account: slow down, or stop if it needs an operator
    CONNECTION = "connection"  # this connection: a new one may do


@dataclass(frozen=True)
class SendOutcome:
    state: SendState
    code: int  # the server's reply code, 0 if there was none
    text: str
    scope: Scope
    needs_operator: bool = False  # every further mail would fare the same: stop and tell

    @property
    def costs_a_try(self) -> bool:
        """Only what is about this mail counts against its tries."""
        return self.scope is Scope.RECIPIENT

    @property
    def event(self) -> SendEvent:
        return _EVENT_OF_STATE[self.state]


_EVENT_OF_STATE = {
    SendState.SENT: SendEvent.ACCEPTED,
    SendState.DEFERRED: SendEvent.PUT_OFF,
    SendState.FAILED: SendEvent.REFUSED,
    SendState.UNKNOWN: SendEvent.LOST,
}

# Tencent, NetEase and Aliyun say "too fast" in words, partly under permanent codes.
_TOO_FAST = re.compile(
    r"frequency limited|too frequently sending|sending too fast|rate limit|throttl|try again tomorrow"
    r"|daily .{0,30}(limit|quota)|sending (limit|quota)|MI:SFQ|HL:(REP|ICC|IFC|MEP)|\b4\.7\.28\b",
    re.IGNORECASE,
)
_CONNECTION_FULL = re.compile(
    r"MI:DMC|RP:DRC|too many (messages|mails) (in|on|per) (this|one) (connection|session)", re.IGNORECASE
)
_THIS_BOX_LATER = re.compile(
    r"mailbox unavailable or access denied|\b5\.2\.2\b|mailbox (is )?full|over ?quota|quota exceeded", re.IGNORECASE
)
_NOT_OUR_SERVER = re.compile(
    r"relay(ing)? (access )?(denied|not permitted)|unable to relay|authentication required", re.IGNORECASE
)


def classify_reply(code: int, text: str, stage: Stage | str) -> SendOutcome:
    """What a server's answer means for one mail.

    A 2xx is only good news after the final dot, so asking about one at another stage raises ValueError.
    An answer that is no SMTP reply leaves the mail UNKNOWN after the final dot and DEFERRED before it.
    """
    stage = Stage(stage)
    if code // 100 == 2:
        if stage is not Stage.DOT:
            raise ValueError(f"{code} after {stage} is not the end of a mail")
        return SendOutcome(SendState.SENT, code, text, Scope.RECIPIENT)
    if code // 100 not in (4, 5):
        lost = SendState.UNKNOWN if stage is Stage.DOT else SendState.DEFERRED
        return SendOutcome(lost, code, text, Scope.CONNECTION)
    scope = _waiting_scope(code, text, stage)
    if scope is not None:
        return SendOutcome(SendState.DEFERRED, code, text, scope)
    if _is_about_account(code, text, stage):
        return SendOutcome(SendState.DEFERRED, code, text, Scope.SENDER, needs_operator=True)
    return SendOutcome(SendState.FAILED, code, text, Scope.RECIPIENT)


def _waiting_scope(code: int, text: str, stage: Stage) -> Scope | None:
    """Who must wait, if waiting cures it at all."""
    if _CONNECTION_FULL.search(text):
        return Scope.CONNECTION
    if _TOO_FAST.search(text):
        return Scope.SENDER
    if code == 421:
        return Scope.CONNECTION
    if stage in (Stage.RCPT, Stage.DATA, Stage.DOT) and (code < 500 or _THIS_BOX_LATER.search(text)):
        return Scope.RECIPIENT
    return Scope.SENDER if code < 500 else None


def _is_about_account(code: int, text: str, stage: Stage) -> bool:
    early = stage in (Stage.CONNECT, Stage.LOGIN, Stage.MAIL)
    return early or code in (530, 534, 535, 538) or bool(_NOT_OUR_SERVER.search(text))


FIRST_LOOK = timedelta(minutes=15)  # into the journal, after a mail was lost sight of
NEXT_LOOK = timedelta(minutes=30)
ENOUGH_LOOKS = 2  # in vain: it never arrived

_RETRY_MINUTES = (1, 5, 15, 30)


def retry_delay(tries: int) -> timedelta:
    """How long to wait after the n-th try of one mail: 1, 5, 15, 30 minutes, then hourly. None before the first."""
    if tries < 1:
        return timedelta(0)
    return timedelta(minutes=_RETRY_MINUTES[tries - 1] if tries <= len(_RETRY_MINUTES) else 60)


@dataclass(frozen=True)
class Limits:
    """What the provider lets one account send. None: no limit known."""

    per_second: float | None = None
    per_15_minutes: int | None = None
    per_day: int | None = None


def allowance(limits: Limits, sent_last_15_minutes: int, sent_today: int) -> int | None:
    """How many mails may go out in this look; None if nothing limits their number."""
    rooms = [
        limit - used
        for limit, used in ((limits.per_15_minutes, sent_last_15_minutes), (limits.per_day, sent_today))
        if limit is not None
    ]
    return max(0, min(rooms)) if rooms else None


def days_needed(n: int, limits: Limits) -> int:
    """How many days n mails take when a sender runs day and night. Raises ValueError if the limits let nothing out."""
    if n <= 0:
        return 0
    per_second = None if limits.per_second is None else limits.per_second * 86_400
    per_quarter = None if limits.per_15_minutes is None else limits.per_15_minutes * 96
    capacities = [float(cap) for cap in (per_second, per_quarter, limits.per_day) if cap is not None]
    if not capacities:
        return 1
    if min(capacities) <= 0:
        raise ValueError("these limits let no mail out")
    return math.ceil(n / min(capacities))
