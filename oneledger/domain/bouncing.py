"""What follows when a mail of ours comes back: to the next contact, once more later, or to whoever knows better."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.incoming import BounceKind, status_of
from oneledger.domain.notices import Notice

RETRY_AFTER = timedelta(hours=24)
WATCHED = 200  # mails sent last, without copies: those go where an address was wrong before
MOST_HARD = 10  # of them: 5 %
COPY_MARK = "~"  # in the round of a copy
_RETRIED = "r"

NOT_REPEATED = frozenset({Notice.RECEIPT, Notice.PLAN_RECEIVED, Notice.UNMATCHED})
"""Nobody waits for them: what they acknowledge has come. UNMATCHED goes to strangers."""

ONLY_THE_LATEST = frozenset({Notice.REMIND, Notice.DIGEST, Notice.ESCALATE, Notice.ADDRESS_WANTED})
"""Of several that came back, the last says all."""


@dataclass(frozen=True)
class Returned:
    """A mail of ours that came back, or was refused at the door, and of which nothing has become yet."""

    id: int
    unit: str
    phase: str
    subject_of: str
    kind: str
    round: str
    address: str
    bounce: str  # hard | soft | sender
    bounced_at: datetime | None


def hardened(kind: BounceKind, round_: str) -> BounceKind:
    """A mailbox that was full a day ago and is still full is no way to reach anybody."""
    return BounceKind.HARD if kind is BounceKind.SOFT and was_retried(round_) else kind


def was_retried(round_: str) -> bool:
    return COPY_MARK in round_ and round_.endswith(_RETRIED)


def copy_round(round_: str, address: str, *, is_retry: bool = False) -> str:
    """The round of a copy: the same mail goes once to each address, and once more where that is tried again."""
    mark = hashlib.sha256(address.lower().encode()).hexdigest()[:6]
    return f"{round_.partition(COPY_MARK)[0]}{COPY_MARK}{mark}{_RETRIED if is_retry else ''}"


def kind_of_refusal(code: int, reply: str) -> BounceKind:
    """Of an answer in the SMTP conversation after which we gave the mail up."""
    status = status_of(reply) or ("5.7.1" if code == 554 else "5.0.0" if code >= 500 else "4.0.0")
    if status.startswith("5.7"):
        return BounceKind.SENDER
    return BounceKind.SOFT if re.fullmatch(r"4\..*|5\.2\.[23]|5\.3\.4", status) else BounceKind.HARD


def is_due(mail: Returned, as_of: datetime) -> bool:
    """Soft and sender's problems wait a day."""
    return mail.bounce == BounceKind.HARD or mail.bounced_at is None or mail.bounced_at + RETRY_AFTER <= as_of


def unwanted(mails: Iterable[Returned]) -> set[int]:
    """Those that need no copy: acknowledgements, and all but the last of what repeats itself."""
    found = list(mails)
    last = {(each.unit, each.phase, each.kind): each.id for each in sorted(found, key=lambda each: each.id)}
    return {
        each.id
        for each in found
        if each.kind in NOT_REPEATED
        or (each.kind in ONLY_THE_LATEST and last[each.unit, each.phase, each.kind] != each.id)
    }


def next_address(unit: CampaignUnit, mail: Returned) -> tuple[str, bool] | None:
    """Where the copy goes and whether it is the same address once more; None: nobody is left.

    A sender's problem is tried once more and then left to the operator: then ("", True).
    """
    if mail.bounce != BounceKind.HARD:
        return ("", True) if was_retried(mail.round) else (mail.address, True)
    other = next((each.email for each in unit.living if each.email.lower() != mail.address.lower()), None)
    return (other, False) if other else None


def must_pause(hard: int) -> bool:
    """``hard``: of the WATCHED mails sent last, or of the fewer that have been sent."""
    return hard > MOST_HARD


def dead_mark(unit: CampaignUnit) -> str:
    """Of the dead addresses of a unit: they are asked about once, until there are others."""
    return _mark(each.email.lower() for each in unit.contacts)


def list_mark(units: Iterable[CampaignUnit]) -> str:
    """Of one list of unreachable units."""
    return _mark(f"{unit.code}/{dead_mark(unit)}" for unit in units)


def _mark(words: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(sorted(words)).encode()).hexdigest()[:12]


def diagnosis(words: str) -> str:
    """What a mail system said, in a few words for people."""
    status = status_of(words) or ""
    meaning = next((said for pattern, said in _DIAGNOSES.items() if re.match(pattern, status)), "被退回，原因不明")
    return f"{meaning}（{status}）" if status else meaning


_DIAGNOSES = {
    r"5\.1\.2|5\.4\.": "邮箱的域名不存在或连接不上",
    r"5\.1\.": "邮箱地址不存在",
    r"5\.2\.1": "邮箱已停用",
    r"5\.2\.2|4\.2\.2": "邮箱已满，隔日再发仍被退回",
    r"5\.2\.3|5\.3\.4": "对方邮箱不收这样大的邮件",
    r"4\.": "对方邮件服务器一直没有接收",
}
