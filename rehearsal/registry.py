"""Every desk of every phase: opened when the phase begins, by what the units themselves reported until then."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from oneledger.domain.assignments import CampaignUnit
from rehearsal.authoring import Author, Piece
from rehearsal.behaviours import Behaviour, Mix, draw_behaviour
from rehearsal.desks import Desk, Planner, Sent
from rehearsal.obligations import Owing, World, has_problem_rows, owings


@dataclass
class Registry:
    world: World
    author: Author
    mix: Mix
    seed: int
    owed: dict[str, list[Owing]] = field(default_factory=dict)  # by phase, exempt units included
    desks: dict[tuple[str, str], Desk] = field(default_factory=dict)  # by phase and respondent
    ledgers: dict[str, Piece] = field(default_factory=dict)  # each unit's last answer that opened problems
    selfchecks: dict[str, Piece] = field(default_factory=dict)  # each unit's last answer that holds a self-check
    printed: dict[str, dict[str, Piece]] = field(default_factory=dict)  # by phase: those known when it was asked
    _neighbours: dict[tuple[str, str | None], list[Desk]] = field(default_factory=dict)

    @property
    def planner(self) -> Planner:
        return Planner(self.world, self.author, self.ledgers, self.printed)

    def drawn(self, unit: CampaignUnit, phase: str) -> Behaviour:
        return draw_behaviour(self.mix.of_level(unit.level), self.seed, unit.code, phase)

    def dice(self, desk: Desk, purpose: str) -> random.Random:
        return random.Random(f"{self.seed}:{desk.unit.code}:{desk.phase}:{purpose}")

    def mailboxes(self, phase: str) -> Mapping[str, str]:
        """Address -> what its mail box does while the phase lasts."""
        found: dict[str, str] = {}
        for unit in self.world.units.values():
            mailbox = self.drawn(unit, phase).mailbox
            if mailbox:
                found |= {contact.email: mailbox for contact in unit.contacts}
        return found

    def open(self, phase: str) -> None:
        """Once. Units with open problems are those whose own ledger said so."""
        if phase in self.owed:
            return
        self.printed[phase] = dict(self.selfchecks)
        truth = self.author.truth
        troubled = {
            code
            for code, piece in self.ledgers.items()
            if truth.problem_count(piece.unit, piece.variant, is_zero=piece.is_zero)
        }
        self.owed[phase] = owings(self.world, phase, troubled)
        for owing in self.owed[phase]:
            if not self.world.units[owing.unit].exempt_reason:
                self._desk(owing).owings.append(owing)

    def _desk(self, owing: Owing) -> Desk:
        key = owing.phase, owing.respondent
        if key not in self.desks:
            unit = self.world.units[owing.respondent]
            self.desks[key] = desk = Desk(unit, owing.phase, self.drawn(unit, owing.phase), [])
            self._neighbours.setdefault((owing.phase, unit.parent), []).append(desk)
        return self.desks[key]

    def colleague(self, desk: Desk) -> Desk | None:
        """The next unit under the same office that owes the same workbook and gets its mail."""
        around = self._neighbours[desk.phase, desk.unit.parent]
        start = around.index(desk) + 1
        wanted = {owing.deliverable for owing in desk.workbooks}
        return next(
            (
                each
                for each in (*around[start:], *around[: start - 1])
                if {owing.deliverable for owing in each.workbooks} == wanted and each.behaviour.mailbox != "hard_bounce"
            ),
            None,
        )

    def note(self, desk: Desk, key: tuple[str, str], sent: Sent) -> None:
        desk.sent.setdefault(key, []).append(sent)
        desk.mending.discard(key)
        piece = sent.piece
        if piece is None or sent.verdict != "accepted":
            return
        if any(has_problem_rows(form) for form in self.author.forms_of(piece)):
            self.ledgers[piece.unit.code] = piece
        if any(form.form in self._compared for form in self.author.forms_of(piece)):
            self.selfchecks[piece.unit.code] = piece

    @property
    def _compared(self) -> set[str]:
        return {form.agreement.form for form in self.world.definitions.forms.values() if form.agreement}
