"""How much mail of one sender is worked on in a day; what is over it is kept and waits for another day.

A mail with a token of ours counts apart: who only borrows a school's address cannot use up what the school may send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["known", "machine", "stranger"]
Bucket = tuple[str, str]  # kind, address; an empty address: all strangers together
Used = tuple[int, int]  # mails, bytes
MIB = 2**20


class Quota(BaseModel):
    """Of one local day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mails: int = Field(gt=0)
    megabytes: int = Field(gt=0)

    def has_room(self, used: Used, size: int) -> bool:
        return used[0] < self.mails and used[1] + size <= self.megabytes * MIB


class Quotas(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    known: Quota = Quota(mails=300, megabytes=1000)  # a registered address; an office may pass on a county's returns
    stranger: Quota = Quota(mails=20, megabytes=50)
    machine: Quota = Quota(mails=2000, megabytes=100)  # mailer-daemon of one provider
    strangers: Quota = Quota(mails=3000, megabytes=2000)  # all of them together: an address costs nothing

    def of(self, bucket: Bucket) -> Quota:
        kind, address = bucket
        if kind == "stranger":
            return self.stranger if address else self.strangers
        return self.machine if kind == "machine" else self.known


@dataclass(frozen=True)
class Arrival:
    sender: str
    kind: Kind
    has_token: bool
    size: int

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        if self.kind == "stranger":
            return ("stranger", self.sender), ("stranger", "")
        return ((self.kind, f"{self.sender} with token" if self.has_token else self.sender),)


def over_quota(arrivals: Sequence[Arrival], earlier: Mapping[Bucket, Used], quotas: Quotas) -> list[bool]:
    """For each in order, whether it must wait. ``earlier``: what was taken of the same day before; see ``count``."""
    used = dict(earlier)
    waits = []
    for each in arrivals:
        is_over = any(not quotas.of(bucket).has_room(used.get(bucket, (0, 0)), each.size) for bucket in each.buckets)
        waits.append(is_over)
        if not is_over:
            count(used, each)
    return waits


def count(used: dict[Bucket, Used], arrival: Arrival) -> None:
    for bucket in arrival.buckets:
        mails, size = used.get(bucket, (0, 0))
        used[bucket] = (mails + 1, size + arrival.size)
