"""What was done, sealed block by block: each seal holds the one before, so nothing sealed changes without showing."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FIRST = "0" * 64  # what the first seal holds instead of a seal before it


@dataclass(frozen=True)
class Entry:
    """One deed. ``detail`` names the thing by its hash where it is a mail, a file or a set of figures."""

    id: int
    at: datetime  # aware
    actor: str
    deed: str
    campaign: str | None
    unit: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Seal:
    """Over the entries after the seal before, up to and with ``last``."""

    number: int
    sealed_at: datetime
    last: int
    count: int
    prior: str
    digest: str


def sealed(prior: str, entries: Iterable[Entry]) -> str:
    """SHA-256 of the seal before and of the entries, one canonical line each."""
    digest = hashlib.sha256(prior.encode())
    for entry in entries:
        digest.update(_line(entry).encode())
    return digest.hexdigest()


def _line(entry: Entry) -> str:
    told = [entry.id, entry.at.astimezone(UTC).isoformat(), entry.actor, entry.deed, entry.campaign, entry.unit]
    return json.dumps([*told, entry.detail], ensure_ascii=False, sort_keys=True, default=str) + "\n"


def faults(seals: Sequence[Seal], entries: Sequence[Entry]) -> list[str]:
    """Where the chain does not hold, in words. ``entries``: all there are, by number."""
    found: list[str] = []
    prior, after = FIRST, 0
    for number, seal in enumerate(seals, start=1):
        block = [entry for entry in entries if after < entry.id <= seal.last]
        if seal.number != number:
            found.append(f"seal {number} is missing")
        if seal.prior != prior:
            found.append(f"seal {seal.number} does not hold the seal before it")
        if len(block) != seal.count:
            found.append(f"seal {seal.number} is over {seal.count} entries, {len(block)} are left of them")
        elif sealed(seal.prior, block) != seal.digest:
            found.append(f"an entry from {after + 1} to {seal.last} was altered after seal {seal.number}")
        prior, after = seal.digest, seal.last
    return found
