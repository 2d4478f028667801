"""Hand mails to the server: claimed and committed first, sent once, settled by what the server said."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect import task
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from oneledger.adapters.mail_out import MailAccount, Mailer
from oneledger.domain.mailing import Scope, SendOutcome, SendState, allowance, retry_delay
from oneledger.settings import MailSettings
from oneledger.store import outbox
from oneledger.store.database import Store
from oneledger.store.outbox import Claim
from tasks.office import office
from tasks.retrying import STORE_RETRIES

LEASE = timedelta(minutes=30)  # longer than the longest a server may keep us after the final dot, times the batch
BATCH = 50
LONG_WORK = 300  # mails
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
    """Send what is due, urgent mails first, as far as the account's limits allow at ``as_of``."""
    here = office()
    with here.store.write() as connection:
        outbox.expire_leases(connection, as_of)
        waiting = outbox.waiting(connection, as_of)
    tally = SendTally()
    room = _room(here.store, here.mail, as_of)
    with mailer(here.mail) as post, shown_progress(waiting) as show:
        while (room is None or room > 0) and not tally.stopped:
            with here.store.write() as connection:
                claims = outbox.claim(connection, as_of, most=BATCH if room is None else min(BATCH, room), lease=LEASE)
            if not claims:
                break
            _send_batch(here.store, post, here.mail, claims, as_of, tally)
            show(tally.handled)
            room = None if room is None else room - len(claims)
    return tally


@contextmanager
def shown_progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on the run's page for long work only: each step of it is a call to the server."""
    if total < LONG_WORK:
        yield lambda _done: None
        return
    number = cast("UUID", create_progress_artifact(0.0, key="sending", description=f"待发 {total} 封"))

    def show(done: int) -> None:
        update_progress_artifact(number, min(100.0, done * 100 / total))

    yield show


def mailer(mail: MailSettings) -> Mailer:
    sender = mail.sender
    return Mailer(
        MailAccount(
            sender.host, sender.port, sender.security, sender.user or None, sender.password or None, sender.address,
            sender.cafile,
        )
    )  # fmt: skip


def _room(store: Store, mail: MailSettings, as_of: datetime) -> int | None:
    midnight = as_of.astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=0, minute=0, second=0, microsecond=0)
    with store.read() as connection:
        quarter = outbox.sent_since(connection, as_of - timedelta(minutes=15))
        today = outbox.sent_since(connection, midnight)
    return allowance(mail.limits, quarter, today)


def _send_batch(
    store: Store, post: Mailer, mail: MailSettings, claims: Sequence[Claim], as_of: datetime, tally: SendTally
) -> None:
    outcomes: list[dict[str, Any]] = []
    untried: list[Claim] = []
    for claim in claims:
        if tally.stopped:
            untried.append(claim)
            continue
        outcome = post.send_bytes(mail.sender.address, claim.address, claim.content)
        outcomes.append(_settled(claim, outcome, as_of))
        tally.count(outcome)
        tally.stopped = _reason_to_stop(outcome)
        if mail.per_second:
            time.sleep(1 / mail.per_second)
    with store.write() as connection:
        outbox.settle(connection, outcomes)
        outbox.release(connection, untried, as_of)


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
