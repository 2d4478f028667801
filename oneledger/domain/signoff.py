"""Sign-off (审核签报): county, then city, then province stand for what is there, its gaps named, before it goes up.

One table says what may follow what. A signature is for the figures it was asked about, known by their digest: where
they move it no longer holds, and nobody else's is touched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.rolling import digest
from oneledger.domain.rollup import Number, Rollup
from oneledger.domain.schedule import Turn
from oneledger.domain.units import Contact


class State(StrEnum):
    WAITING = "waiting"  # its turn has not come
    ASKED = "asked"
    SIGNED = "signed"
    RETURNED = "returned"  # it sent units back, and waits for what they mend
    DEFERRED = "deferred"
    STALE = "stale"  # signed; then the figures moved
    UNREVIEWED = "unreviewed"  # nobody signed by the deadline: it goes up as 未经审核


class Deed(StrEnum):
    ASK = "ask"
    AGREE = "agree"
    RETURN = "return"
    DEFER = "defer"
    MOVE = "move"
    LAPSE = "lapse"


_ANSWERS = {Deed.AGREE: State.SIGNED, Deed.RETURN: State.RETURNED, Deed.DEFER: State.DEFERRED}
_LAPSES = {Deed.LAPSE: State.UNREVIEWED}

MOVES: Mapping[State, Mapping[Deed, State]] = {
    State.WAITING: {**_ANSWERS, **_LAPSES, Deed.ASK: State.ASKED},
    State.ASKED: {**_ANSWERS, **_LAPSES, Deed.ASK: State.ASKED},
    State.RETURNED: {**_ANSWERS, **_LAPSES, Deed.ASK: State.ASKED},
    State.DEFERRED: {**_ANSWERS, **_LAPSES, Deed.ASK: State.ASKED},
    State.SIGNED: {Deed.RETURN: State.RETURNED, Deed.DEFER: State.DEFERRED, Deed.MOVE: State.STALE},
    State.STALE: {**_ANSWERS, **_LAPSES, Deed.ASK: State.ASKED},
    State.UNREVIEWED: dict(_ANSWERS),  # a late answer is recorded as one
}
"""What is not in the table does not happen: signing twice is once."""

STATE_WORDS: Mapping[State, str] = {
    State.WAITING: "未到审核时间",
    State.ASKED: "待审核",
    State.SIGNED: "已审核",
    State.RETURNED: "已退回，待更正",
    State.DEFERRED: "暂缓",
    State.STALE: "审核后有变动，待重新审核",
    State.UNREVIEWED: "未经审核",
}


@dataclass(frozen=True)
class Entry:
    """One row of the record; rows are only added."""

    id: int
    phase: str
    milestone: str
    unit: str
    deed: Deed
    at: datetime
    by: str  # an address, or a post
    digest: str  # of the figures it is about
    detail: Mapping[str, Any] = field(default_factory=dict)
    inbox: int | None = None


@dataclass(frozen=True)
class Standing:
    """How one office's sign-off of one report stands."""

    state: State = State.WAITING
    signed: Entry | None = None  # the signature that was given last; it holds while its digest is the figures'
    asked: Entry | None = None  # the last request
    last: Entry | None = None  # what led to the state
    requests: int = 0

    @property
    def due_at(self) -> datetime | None:
        return datetime.fromisoformat(self.asked.detail["due_at"]) if self.asked else None

    def is_silent(self, moment: datetime) -> bool:
        """Its day is over and it has neither signed nor sent anything back."""
        return self.state in (State.ASKED, State.DEFERRED) and self.due_at is not None and self.due_at <= moment

    @property
    def is_late(self) -> bool:
        """Signed after the deadline it was asked for."""
        return bool(self.signed and self.due_at and self.signed.at > self.due_at)


def after(before: Standing, entry: Entry) -> Standing:
    """Unchanged where the table knows no such step, and where figures are signed that are no longer asked about."""
    state = MOVES[before.state].get(entry.deed)
    if state is None or (entry.deed is Deed.AGREE and is_outdated(before, entry.digest)):
        return before
    asks = entry.deed is Deed.ASK
    return Standing(
        state,
        entry if entry.deed is Deed.AGREE else before.signed,
        entry if asks else before.asked,
        entry,
        before.requests + asks,
    )


def is_outdated(before: Standing, digest_signed: str) -> bool:
    """They have moved since, and that was seen; or another request has taken the place of the one that is answered."""
    if before.state is State.STALE and before.signed is not None and before.signed.digest == digest_signed:
        return True
    return before.asked is not None and before.asked.digest != digest_signed


def standings(entries: Iterable[Entry], until: datetime | None = None) -> dict[tuple[str, str], Standing]:
    """By milestone and unit, of entries in the order in which they were recorded."""
    found: dict[tuple[str, str], Standing] = {}
    for each in entries:
        if until is None or each.at <= until:
            key = each.milestone, each.unit
            found[key] = after(found.get(key, Standing()), each)
    return found


def unit_digest(unit: str, rollup: Rollup) -> str:
    return digest({unit: rollup})


def reviewed_state(standing: Standing | None, digest_now: str) -> State:
    """What frozen figures may say of themselves: signed only where these very figures were."""
    if standing is None:
        return State.UNREVIEWED
    if standing.state is State.SIGNED:
        return State.SIGNED if standing.signed and standing.signed.digest == digest_now else State.STALE
    return State.UNREVIEWED if standing.state in (State.WAITING, State.ASKED) else standing.state


@dataclass(frozen=True)
class Turnout:
    """What a look does about one office: whether its signature fell, whether it is asked, whether its time is up."""

    moved: bool = False
    asks: bool = False
    lapses: bool = False


def next_steps(
    standing: Standing, turn: Turn, digest_now: str, as_of: datetime, zone: ZoneInfo, *, is_mended: bool,
    is_frozen: bool,
) -> Turnout:  # fmt: skip
    """``is_mended``: all that it sent back has come again. One request a day at most. Who sent units back has answered,
    and so has who signed before his figures moved: his time is up when the figures are frozen, or after he was asked
    again. So a second look of the same moment, or another worker's, finds what the first found."""
    due = max(standing.due_at or turn.due_at, turn.due_at) if standing.asked else turn.due_at
    if is_frozen:
        return Turnout(lapses=Deed.LAPSE in MOVES[standing.state])
    moved = standing.state is State.SIGNED and standing.signed is not None and standing.signed.digest != digest_now
    today = as_of.astimezone(zone).date()
    was_asked_today = standing.asked is not None and standing.asked.at.astimezone(zone).date() == today
    wants = {State.WAITING: True, State.STALE: True, State.RETURNED: is_mended}.get(standing.state, moved)
    asks = wants and not was_asked_today
    has_answered = moved or standing.state in (State.RETURNED, State.STALE)
    lapses = not asks and not has_answered and as_of > due and Deed.LAPSE in MOVES[standing.state]
    return Turnout(moved, asks, lapses)


def moved_figures(before: Rollup, now: Rollup) -> list[tuple[str, Number, Number]]:
    """(key, before, after) of every figure that is not what it was, coverage among them."""
    return [
        (key, was.get(key, 0), is_.get(key, 0))
        for was, is_ in [(_countable(before), _countable(now))]
        for key in sorted(was.keys() | is_.keys())
        if was.get(key, 0) != is_.get(key, 0)
    ]


def _countable(rollup: Rollup) -> dict[str, Number]:
    answered = {f"answered.{form}": count for form, count in rollup.answered.items()}
    return {**{f"coverage.{key}": value for key, value in vars(rollup.coverage).items()}, **answered, **rollup.figures}


@dataclass(frozen=True)
class Acting:
    """Somebody else signs for an office for a time (代签)."""

    unit: str
    address: str
    valid_from: date
    valid_until: date
    reason: str
    by: str
    at: datetime


SIGNER_ROLE = "signer"


def may_sign(address: str, contacts: Sequence[Contact], acting: Iterable[Acting], day: date) -> bool:
    """The office's own: those in the role signer where there are such, else any; and who acts for it that day."""
    signers = [each for each in contacts if each.role in (SIGNER_ROLE, "签报人", "审核人")] or list(contacts)
    own = {each.email.lower() for each in signers if each.email}
    deputies = {each.address.lower() for each in acting if each.valid_from <= day <= each.valid_until}
    return address.lower() in own | deputies
