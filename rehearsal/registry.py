"""Every desk of every phase: opened when the phase begins, by what the units themselves reported until then."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from oneledger.domain.assignments import CampaignUnit
from rehearsal.authoring import Author, Piece
from rehearsal.behaviours import Behaviour, Mix, draw_behaviour
from rehearsal.desks import Desk, Key, Planner, Sent
from rehearsal.moving import Change, History, rearranged
from rehearsal.obligations import Owing, World, asks_known_rows, opens_problems, owings


@dataclass
class Registry:
    world: World
    author: Author
    mix: Mix
    seed: int
    gone: Mapping[str, str] = field(default_factory=dict)  # units whose first contact has left, and that address
    owed: dict[str, list[Owing]] = field(default_factory=dict)  # by phase, exempt units included
    not_alone: set[tuple[str, str]] = field(default_factory=set)  # by phase and unit: of whom others tell, or papers
    desks: dict[tuple[str, str], list[Desk]] = field(default_factory=dict)  # by phase and respondent; one a request
    histories: dict[str, tuple[Piece, ...]] = field(default_factory=dict)  # accepted answers about a unit's problems
    selfchecks: dict[str, Piece] = field(default_factory=dict)  # each unit's last answer that holds a self-check
    sent_back: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)  # by phase and unit: by an office
    history: History = field(default_factory=lambda: History({}))
    _neighbours: dict[tuple[str, str | None], list[Desk]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.history.launched:
            self.history = History({code: unit.parent for code, unit in self.world.units.items()})

    def moved(self, changes: Sequence[Change]) -> None:
        """The tree from now on."""
        self.history = History(self.history.launched, [*self.history.changes, *changes])
        parents = self.history.parents_at(changes[-1].at)
        self.world = replace(self.world, units=rearranged(self.world.units, parents))

    def shared(self) -> list[list[Any]]:
        """What there is most of, each kind before those that refer to it: units, what they owe, their desks."""
        desks = [desk for mine in self.desks.values() for desk in mine]
        units = {id(each): each for each in (*self.world.units.values(), *(desk.unit for desk in desks))}
        return [[*units.values()], [owing for owed in self.owed.values() for owing in owed], desks]

    def forget(self) -> None:
        """All but the tree."""
        owed = (self.owed, self.not_alone, self.desks, self._neighbours)
        for each in (*owed, self.histories, self.selfchecks):
            each.clear()

    def is_exempt(self, unit: str, at: datetime) -> bool:
        excused_at = self.history.excused_at(unit)
        return bool(self.world.units[unit].exempt_reason) or (excused_at is not None and excused_at <= at)

    @property
    def planner(self) -> Planner:
        return Planner(self.world, self.author, self.histories, self.selfchecks)

    def drawn(self, unit: CampaignUnit, phase: str) -> Behaviour:
        return draw_behaviour(self.mix.of_level(unit.level), self.seed, unit.code, phase)

    def dice(self, desk: Desk, purpose: str) -> random.Random:
        return random.Random(f"{self.seed}:{desk.unit.code}:{desk.phase}:{purpose}")

    def mailboxes(self, phase: str) -> Mapping[str, str]:
        """Address -> what its mail box does while the phase lasts."""
        found = dict.fromkeys(self.gone.values(), "hard_bounce")
        for unit in self.world.units.values():
            mailbox = self.drawn(unit, phase).mailbox
            if mailbox:
                found |= {contact.email: mailbox for contact in unit.contacts}
        return found

    def open(self, phase: str, at: datetime) -> None:
        """What is owed from that look on. Units with open problems are those whose own answers say so by then: a later
        look may find more of them, and asks them for that alone."""
        known = {owing.key for owing in self.owed.get(phase, ())}
        if known and not self.world.is_narrowed(phase):
            return
        troubled = {code for code, history in self.histories.items() if self.author.open_problems(history)}
        fresh = [owing for owing in owings(self.world, phase, troubled, at) if owing.key not in known]
        self.owed.setdefault(phase, []).extend(fresh)
        made: dict[str, Desk] = {}
        for owing in fresh:
            if owing.respondent != owing.unit or owing.is_document:
                self.not_alone.add((phase, owing.unit))
            if not self.is_exempt(owing.unit, at):
                if owing.respondent not in made:
                    made[owing.respondent] = self._new_desk(owing)
                made[owing.respondent].owings.append(owing)

    def _new_desk(self, owing: Owing) -> Desk:
        unit = self.world.units[owing.respondent]
        desk = Desk(unit, owing.phase, self.drawn(unit, owing.phase), [])
        self.desks.setdefault((owing.phase, owing.respondent), []).append(desk)
        self._neighbours.setdefault((owing.phase, unit.parent), []).append(desk)
        return desk

    def desks_of(self, phase: str, unit: str) -> list[Desk]:
        return self.desks.get((phase, unit), [])

    def desk_about(self, phase: str, unit: str, key: Key) -> Desk | None:
        return next((desk for desk in self.desks_of(phase, unit) if key in {each.key for each in desk.owings}), None)

    def colleague(self, desk: Desk) -> Desk | None:
        """The next unit under the same office that owes the same workbook and gets its mail."""
        around = self._neighbours[desk.phase, desk.unit.parent]
        start = around.index(desk) + 1
        wanted = {owing.deliverable for owing in desk.workbooks}
        return next(
            (
                each
                for each in (*around[start:], *around[: start - 1])
                if {owing.deliverable for owing in each.workbooks} == wanted
                and each.behaviour.mailbox != "hard_bounce"
                and each.unit.code not in self.gone  # its mail comes days later, by the next address
            ),
            None,
        )

    def note(self, desk: Desk, key: Key, sent: Sent) -> None:
        desk.sent.setdefault(key, []).append(sent)
        if key in desk.mending:  # a new empty set for each desk of a country is 40 MB
            desk.mending -= {key}
        piece = sent.piece
        if piece is None or sent.verdict != "accepted" or piece.unit.code != desk.unit.code:
            return  # what inspectors say of a unit is not its own ledger
        if any(opens_problems(form) or asks_known_rows(form) for form in self.author.forms_of(piece)):
            self.histories[piece.unit.code] = (*self.histories.get(piece.unit.code, ()), piece)
        if any(form.form in self._compared for form in self.author.forms_of(piece)):
            self.selfchecks[piece.unit.code] = piece

    @property
    def _compared(self) -> set[str]:
        return {form.agreement.form for form in self.world.definitions.forms.values() if form.agreement}
