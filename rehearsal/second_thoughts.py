"""Units whose accepted returns an office sends back, or that correct them by themselves once the office has signed."""

import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from rehearsal.authoring import Job, Piece, Written
from rehearsal.behaviours import Fault
from rehearsal.desks import Desk, Key
from rehearsal.letter_box import Delivery
from rehearsal.officers import Officers, Request
from rehearsal.registry import Registry

AGAIN = 2  # the variant of what is sent then: other figures


class _Plan(Protocol):
    def __call__(self, desk: Desk, at: datetime, pieces: tuple[Piece, ...], *, source: str, answers: str) -> None: ...


@dataclass
class SecondThoughts:
    """``busy``: desks that have something more to send."""

    registry: Registry
    officers: Officers
    plan: _Plan
    busy: Callable[[], Collection[Desk]]
    _taken: set[tuple[str, str]] = field(default_factory=set)  # by phase and unit, who was picked before

    def pick(self, request: Request) -> str:
        """A school below the office that has returned all it owes in the phase, soundly and by itself."""
        busy = self.busy()
        able = [
            desk.unit.code
            for desk in _desks_below(self.registry, request)
            if desk not in busy and (request.phase, desk.unit.code) not in self._taken and _is_done(self.registry, desk)
        ]
        found = min(able, key=lambda code: _lot(self.registry.seed, code, request.phase), default="")
        self._taken |= {(request.phase, found)} if found else set()
        return found

    def correct(self, request: Request, unit: str, at: datetime) -> None:
        (desk,) = self.registry.desks_of(request.phase, unit)
        self.plan(desk, at, _again(desk), source=desk.ask, answers=desk.ask)

    def letters(self, until: datetime) -> list[tuple[Job, Written]]:
        """What the officers write until then."""
        told = len(self.officers.said)
        letters = self.officers.letters(until)
        for word in self.officers.said[told:]:
            if word.back:
                self.registry.sent_back.setdefault((word.phase, word.back), []).append(word.at)
        return letters

    def sent_back(self, delivery: Delivery, desk: Desk | None, key: Key, at: datetime) -> list[str]:
        """Whoever was sent back answers within two hours; complaints of whoever was not."""
        if desk is None or (desk.phase, desk.unit.code) not in self.registry.sent_back:
            return [f"{delivery.file}: {delivery.rcpt} was not to be sent back: {delivery.kind}"]
        soon = timedelta(minutes=self.registry.dice(desk, delivery.kind).randint(60, 120))
        self.plan(desk, at + soon, _again(desk, key), source=desk.ask, answers=delivery.file)
        return []


def _lot(seed: int, code: str, phase: str) -> float:
    """Each unit's own, so that who is picked does not depend on how many are able."""
    return random.Random(f"{seed}:{code}:{phase}:again").random()


def _desks_below(registry: Registry, request: Request) -> Iterator[Desk]:
    for unit in registry.world.below(request.unit):
        desks = registry.desks_of(request.phase, unit)
        if len(desks) == 1:
            yield desks[0]


def _is_done(registry: Registry, desk: Desk) -> bool:
    unit = desk.unit
    if unit.level != "school" or unit.code in registry.gone or desk.behaviour.mailbox or desk.waiting or desk.mending:
        return False
    if (desk.phase, unit.code) in registry.not_alone:
        return False
    return all(_is_sound(desk, owing.key) for owing in desk.owings)


def _is_sound(desk: Desk, key: Key) -> bool:
    sent = desk.sent.get(key, [])
    last = sent[-1].piece if sent else None
    return last is not None and not last.is_zero and all(each.verdict == "accepted" for each in sent)


def _again(desk: Desk, key: Key | None = None) -> tuple[Piece, ...]:
    """What it sent last, told otherwise; of all it sent, where no return is named."""
    last = [sent[-1].piece for each, sent in desk.sent.items() if key in (None, each)]
    return tuple(replace(piece, fault=Fault.NONE, variant=AGAIN) for piece in last if piece is not None)
