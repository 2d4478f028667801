"""What one unit has on its desk in one phase: what it owes, how it behaves, what it has sent."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.forms import Form
from rehearsal.authoring import Author, Piece
from rehearsal.behaviours import ON_TIME, Act, Behaviour, Fault, Timing, Verdict, Window, moment_of
from rehearsal.obligations import Owing, World, asks_known_rows, has_problem_rows
from rehearsal.spoiling import is_possible

Key = tuple[str, str]  # deliverable, unit


@dataclass(frozen=True, slots=True)
class Sent:
    """One workbook or paper that went out. ``told``: where its words stand in the book of answers."""

    at: datetime
    verdict: Verdict
    piece: Piece | None = None  # None: a paper
    told: tuple[int, int] = (0, 0)


_NOTHING: Mapping[str, Any] = {}  # one for all: most desks have nothing, and a country has 210,000


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(eq=False, slots=True)
class Desk:
    unit: CampaignUnit
    phase: str
    behaviour: Behaviour
    owings: list[Owing]
    ask: str = ""  # the file of the mail that asked
    asked_at: datetime | None = None
    known: Mapping[str, tuple[Piece, ...]] = field(default_factory=_nothing)  # see ``Planner.known``, as it was then
    selfchecks: Mapping[str, Piece] = field(default_factory=_nothing)  # by unit, as they were then
    waiting: tuple[Act, ...] = ()  # until it is reminded
    mending: frozenset[Key] = frozenset()  # told what is wrong, and about to put it right
    sent: dict[Key, list[Sent]] = field(default_factory=dict)

    @property
    def window(self) -> Window:
        """Of what is due first."""
        first = min(self.owings, key=lambda owing: owing.due_at)
        assert self.asked_at is not None
        return Window(self.asked_at, first.due_at, first.top_at)

    @property
    def workbooks(self) -> list[Owing]:
        return [owing for owing in self.owings if not owing.is_document]

    @property
    def papers(self) -> list[Owing]:
        return [owing for owing in self.owings if owing.is_document]


@dataclass(frozen=True)
class Planner:
    """Turns behaviours into dated pieces of work. ``histories``: each unit's accepted answers about its problems."""

    world: World
    author: Author
    histories: Mapping[str, tuple[Piece, ...]]
    selfchecks: Mapping[str, Piece] = field(default_factory=dict)  # each unit's last answer that holds a self-check

    def settled(self, desk: Desk, *, has_colleague: bool) -> Behaviour:
        """The drawn behaviour, or plain punctuality where the forms give no occasion for it."""
        first = next(iter(desk.workbooks), None)
        behaviour = desk.behaviour
        if first is None:  # papers are sent once, and nothing is odd about them
            return replace(behaviour, acts=tuple(replace(act, fault=Fault.NONE) for act in behaviour.acts[:1]))
        forms = self._forms(first)
        rows = self._own_rows(desk, first)
        if behaviour.is_zero and not any(form.zero_fact for form in forms):
            return ON_TIME
        possible = (
            has_colleague if act.fault is Fault.COLLEAGUES_FILE else is_possible(act.fault, forms, rows)
            for act in behaviour.acts
        )
        return behaviour if all(possible) else ON_TIME

    def _own_rows(self, desk: Desk, owing: Owing) -> int:
        history = self.histories.get(owing.unit, ())
        forms = self._forms(owing)
        if any(asks_known_rows(form) for form in forms) and history:
            return self.author.open_problems(history)
        if any(has_problem_rows(form) for form in forms):
            return self.author.truth.problem_count(desk.unit, 0, is_zero=desk.behaviour.is_zero)
        return 0

    def moment(self, desk: Desk, act: Act, rng: random.Random) -> datetime | None:
        return moment_of(act.timing, desk.window, self.world.calendar, rng)

    def pieces(self, desk: Desk, act: Act, day: date) -> tuple[Piece, ...]:
        """Every workbook the unit owes; what is odd is odd in the first."""
        return tuple(
            Piece(
                deliverable=owing.deliverable,
                unit=self.world.units[owing.unit],
                due_on=owing.due_at.date(),
                today=day,
                variant=act.variant,
                fault=act.fault if number == 0 else Fault.NONE,
                is_zero=desk.behaviour.is_zero,
                history=desk.known.get(owing.unit, ()),
                selfcheck=desk.selfchecks.get(owing.unit),
            )
            for number, owing in enumerate(desk.workbooks)
        )

    def known(self, desk: Desk) -> Mapping[str, tuple[Piece, ...]]:
        """Of each unit whose problems a workbook asks about: what it has told of them until it is asked."""
        asked = [each for each in desk.workbooks if any(asks_known_rows(form) for form in self._forms(each))]
        return {each.unit: self.histories.get(each.unit, ()) for each in asked} or _NOTHING

    def beside(self, desk: Desk) -> Mapping[str, Piece]:
        """Of each unit that is inspected: the self-check that is printed beside the record."""
        inspected = [each for each in desk.workbooks if any(form.agreement for form in self._forms(each))]
        return {each.unit: self.selfchecks[each.unit] for each in inspected if each.unit in self.selfchecks} or _NOTHING

    def _forms(self, owing: Owing) -> tuple[Form, ...]:
        return self.world.definitions.forms_of(owing.deliverable, self.world.units[owing.unit].level)

    def day_when_reminded(self, desk: Desk) -> date:
        """What an answer says that waits for a reminder was so soon after the first mail."""
        assert desk.asked_at is not None
        return self.world.calendar.add_working_days(desk.asked_at.date(), 1)


def first_timed(acts: Sequence[Act]) -> list[Act]:
    return [act for act in acts if act.timing is not Timing.WHEN_REMINDED]


def counted(sent: Sequence[Sent], moment: datetime) -> Sent | None:
    """The last answer that counts among those that had come by then."""
    return next((each for each in reversed(sent) if each.at <= moment and each.verdict == "accepted"), None)


def not_before(at: datetime, now: datetime) -> datetime:
    return at if at > now else now + timedelta(minutes=1)
