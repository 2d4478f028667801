"""Hand mails to the server: claimed and committed first, sent once, settled by what the server said."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import cycle
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect import task
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from oneledger.adapters.mail_out import MailAccount, Mailer
from oneledger.adapters.mail_turns import HANDED_OVER, InTurns
from oneledger.domain.mailing import Limits, Scope, SendOutcome, SendState, allowance, retry_delay
from oneledger.settings import MailSettings
from oneledger.store import outbox, unsettled
from oneledger.store.database import Store
from oneledger.store.outbox import Claim
from tasks.apart import CORES, worked_aside
from tasks.leasing import alone
from tasks.office import Office, office
from tasks.retrying import STORE_RETRIES
from tasks.settling import settle_unknown

LEASE = timedelta(minutes=30)  # of one mail; longer than the longest a server may keep us after the final dot
BATCH = 200
LONG_WORK = 300  # mails
SHOWN_EVERY = 2  # seconds
GIVE_UP_AFTER = 30  # tries: two days of hourly ones


@dataclass
class SendTally:
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0
    stopped: str = ""  # why it ended early: the account needs an operator, or must slow down

    @property
    def handled(self) -> int:
        return self.sent + self.deferred + self.failed + self.unknown

    def count(self, outcome: SendOutcome) -> None:
        name = {SendState.SENT: "sent", SendState.FAILED: "failed", SendState.UNKNOWN: "unknown"}.get(outcome.state)
        setattr(self, name or "deferred", getattr(self, name or "deferred") + 1)


@task(task_run_name="send-due", **{**STORE_RETRIES, "retries": 0})
def send_due(as_of: datetime) -> SendTally:
    """Send what is due, urgent mails first, as far as the account's limits allow at ``as_of``.

    One sender at a time: two would go twice as fast as the provider allows.
    """
    return send_alone(as_of, is_shown=True)


@task(task_run_name="send-aside", **{**STORE_RETRIES, "retries": 0})
def send_aside(as_of: datetime) -> SendTally:
    """As ``send_due``, from another core: of all campaigns, and what is planned while it is at work."""
    return worked_aside(send_alone, as_of)


def is_worth_an_aside(as_of: datetime) -> bool:
    """Much waits, and for us rather than for the provider: where the account has limits, what is urgent may be planned
    yet and must not find them used up."""
    here = office()
    if CORES == 1 or here.mail.limits != Limits():
        return False
    with here.store.read() as connection:
        return outbox.waiting(connection, as_of) >= LONG_WORK


def send_alone(as_of: datetime, *, is_shown: bool = False) -> SendTally:
    """``is_shown``: by a bar on the page of the run within which it is called."""
    here = office()
    with alone(here, "send") as is_mine:
        return _send_due(here, as_of, is_shown=is_shown) if is_mine else SendTally()


def _send_due(here: Office, as_of: datetime, *, is_shown: bool) -> SendTally:
    with here.store.write() as connection:
        unsettled.expire_leases(connection, as_of)
    settle_unknown(here, as_of)
    with here.store.write() as connection:
        waiting = outbox.waiting(connection, as_of)
    room = _room(here.store, here.mail, as_of)
    with mailers(here.mail) as posts, shown_progress(waiting if is_shown else 0) as show:
        round_ = Round(here.store, posts, here.mail, as_of)
        while (room is None or room > 0) and not round_.tally.stopped:
            most = BATCH if room is None else min(BATCH, room)
            with here.store.write() as connection:
                claims = outbox.claim(connection, round_.now, most=most, lease=LEASE)
            if not claims:
                break
            round_.send(claims)
            show(round_.tally.handled)
            room = None if room is None else room - len(claims)
    return round_.tally


@contextmanager
def shown_progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on the run's page for long work only: each step of it is a call to the server, and so is seldom taken."""
    if total < LONG_WORK:
        yield lambda _done: None
        return
    number = cast("UUID", create_progress_artifact(0.0, key="sending", description=f"待发 {total} 封"))
    last, shown_at = 0, time.monotonic()

    def show(done: int) -> None:
        nonlocal last, shown_at
        last = done
        if time.monotonic() - shown_at >= SHOWN_EVERY:
            update_progress_artifact(number, min(100.0, done * 100 / total))
            shown_at = time.monotonic()

    yield show
    update_progress_artifact(number, min(100.0, last * 100 / total))


@contextmanager
def mailers(mail: MailSettings) -> Iterator[list[Mailer]]:
    """As many as the settings allow, and no more than mails may leave in a second. They connect when they are used."""
    number = min(mail.sender.connections, max(1, int(mail.per_second or mail.sender.connections)))
    with ExitStack() as stack:
        yield [stack.enter_context(Mailer(account_of(mail))) for _ in range(number)]


def account_of(mail: MailSettings) -> MailAccount:
    sender = mail.sender
    return MailAccount(
        sender.host, sender.port, sender.security, sender.user or None, sender.password or None, sender.address,
        sender.cafile,
    )  # fmt: skip


def _room(store: Store, mail: MailSettings, as_of: datetime) -> int | None:
    midnight = as_of.astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=0, minute=0, second=0, microsecond=0)
    with store.read() as connection:
        quarter = outbox.sent_since(connection, as_of - timedelta(minutes=15))
        today = outbox.sent_since(connection, midnight)
    return allowance(mail.limits, quarter, today)


@dataclass
class Round:
    """One sender at work, over one connection or several. ``as_of`` is its moment; leases run on from there with the
    time that really passes."""

    store: Store
    posts: Sequence[Mailer]
    mail: MailSettings
    as_of: datetime
    tally: SendTally = field(default_factory=SendTally)
    started: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        return self.as_of + timedelta(seconds=time.monotonic() - self.started)

    def send(self, claims: Sequence[Claim]) -> None:
        """For half of the connections at a time: what the server does with one half's mails, it does while the other
        half's are begun. Outcomes are committed together with the beginning of the next: a crash leaves one mail a
        connection in doubt, and no more."""
        halves = [half for half in (self.posts[::2], self.posts[1::2]) if half]
        under_way: deque[tuple[Sequence[Claim], InTurns]] = deque()
        outcomes: list[dict[str, Any]] = []
        left = list(claims)
        with self.store.writing() as write:
            for posts in cycle(halves):
                if not left or self.tally.stopped:
                    break
                some, left = left[: len(posts)], left[len(posts) :]
                not_after = time.monotonic() + LEASE.total_seconds() / 2
                with write() as connection:
                    outbox.settle(connection, outcomes)
                    begun = outbox.begin(connection, some, self.now + LEASE, self.mail.journal_name)
                under_way.append((begun, self._handed_over(posts, begun, not_after)))
                outcomes = self._heard(*under_way.popleft()) if len(under_way) == len(halves) else []
            outcomes += [each for turn in under_way for each in self._heard(*turn)]
            with write() as connection:
                outbox.settle(connection, outcomes)
                outbox.release(connection, left, self.as_of)

    def _handed_over(self, posts: Sequence[Mailer], claims: Sequence[Claim], not_after: float) -> InTurns:
        sender, copy_to = self.mail.sender.address, self.mail.journal.bcc if self.mail.journal else ""
        talks = InTurns(
            post.conversation(sender, claim.address, claim.content, copy_to=copy_to, not_after=not_after)
            for post, claim in zip(posts, claims, strict=False)
        )
        talks.step(HANDED_OVER)
        if self.mail.per_second:
            time.sleep(len(claims) / self.mail.per_second)
        return talks

    def _heard(self, claims: Sequence[Claim], talks: InTurns) -> list[dict[str, Any]]:
        outcomes = talks.outcomes()
        for outcome in outcomes:
            self.tally.count(outcome)
            self.tally.stopped = self.tally.stopped or _reason_to_stop(outcome)
        return [_settled(claim, outcome, self.as_of) for claim, outcome in zip(claims, outcomes, strict=True)]


def _reason_to_stop(outcome: SendOutcome) -> str:
    if outcome.needs_operator or outcome.scope is Scope.SENDER:
        return f"{outcome.code} {outcome.text}"
    return "no connection" if outcome.scope is Scope.CONNECTION and outcome.state is SendState.DEFERRED else ""


def _settled(claim: Claim, outcome: SendOutcome, as_of: datetime) -> dict[str, Any]:
    given_up = outcome.state is SendState.DEFERRED and claim.tries >= GIVE_UP_AFTER
    return {
        "id": claim.id,
        "fence": claim.fence,
        "state": SendState.FAILED if given_up else outcome.state,
        "code": outcome.code,
        "reply": outcome.text[:500],
        "at": as_of,
        "next_try_at": as_of + retry_delay(claim.tries),
        "sha256": sha256(claim.content).hexdigest(),
    }
