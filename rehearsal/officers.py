"""Officers of counties, cities and the province, asked to sign: some sign, some twice, late, with a question first;
some send a unit back, see one correct itself after they signed, have somebody act for them, wait, or never answer.

Drawn from the seed. What each meant is kept, and compared with the record in the end (``offices``).
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from oneledger.domain.assignments import CampaignUnit
from rehearsal.authoring import Job, Notes, Written
from rehearsal.letter_box import headers_of
from rehearsal.replies import CLIENTS, Answer, compose_reply, recipient_of

MIX: Mapping[str, float] = {
    "signs": 0.34, "signs_twice": 0.08, "signs_late": 0.11, "asks_first": 0.08, "defers": 0.06, "ignores": 0.09,
    "returns": 0.09, "is_corrected": 0.08, "is_replaced": 0.07,
}  # fmt: skip
_LATE = 24 * 60
_WORDS: Mapping[str, tuple[tuple[int, str], ...]] = {  # minutes after the first word could come
    **dict.fromkeys(MIX, ((0, "同意"),)),
    "signs_twice": ((0, "同意"), (20, "同意")),
    "signs_late": ((_LATE, "同意"),),
    "asks_first": ((0, "请问怎么答复？"), (40, "同意")),
    "defers": ((0, "暂缓，等会议研究"),),
    "ignores": (),
}
_AFTERWARDS = timedelta(minutes=70)  # a unit corrects itself so long after the signature
_DEEDS = {"同意": "agree", "暂缓": "defer", "退回": "return"}


@dataclass(frozen=True)
class Word:
    """One mail of an officer. ``round``: which request it answers. ``counts``: its writer may sign that day."""

    at: datetime
    unit: str
    phase: str
    milestone: str
    round: int
    text: str
    ask: str  # the file of the request
    by: str
    back: str = ""  # the unit that is sent back
    counts: bool = True

    @property
    def deed(self) -> str:
        return _DEEDS.get(self.text[:2], "")


@dataclass(frozen=True)
class Acting:
    """Somebody signs for an office from one day to another; the operator must be told."""

    unit: str
    address: str
    first: date
    last: date


@dataclass(frozen=True)
class Request:
    file: str
    unit: str
    phase: str
    milestone: str
    at: datetime


Pick = Callable[[Request], str]
"""A unit below the office whose return can be sent back or corrected; empty: there is none."""
Correct = Callable[[Request, str, datetime], None]


@dataclass
class Officers:
    directory: Path
    units: Mapping[str, CampaignUnit]
    seed: int
    asked: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)  # milestone, unit -> requests
    behaviours: dict[tuple[str, str], str] = field(default_factory=dict)
    said: list[Word] = field(default_factory=list)
    _waiting: list[Word] = field(default_factory=list)
    _acting: list[Acting] = field(default_factory=list)

    def drawn(self, milestone: str, unit: str) -> str:
        rng = random.Random(f"{self.seed}:{unit}:{milestone}:officer")
        return rng.choices(list(MIX), list(MIX.values()))[0]

    def are_asked(self, request: Request, pick: Pick, correct: Correct) -> None:
        key = request.milestone, request.unit
        rounds = self.asked.setdefault(key, [])
        rounds.append(request.at)
        rng = random.Random(f"{self.seed}:{request.unit}:{request.milestone}:{len(rounds)}:word")
        soon = request.at + timedelta(hours=1, minutes=rng.randint(0, 90))
        other = ""
        if len(rounds) == 1:
            self.behaviours[key] = self.drawn(*key)
            if self.behaviours[key] in ("returns", "is_corrected") and not (other := pick(request)):
                self.behaviours[key] = "signs"
            if other and self.behaviours[key] == "is_corrected":
                correct(request, other, soon + _AFTERWARDS)
        self._waiting += self._words(request, len(rounds), self.behaviours[key], soon, other)

    def is_asked_by(self, file: str) -> bool:
        """Its answer would be known by a mark of ours: it asks for one."""
        return "+" in recipient_of(headers_of((self.directory / file).read_bytes()))

    def _words(self, request: Request, round_: int, behaviour: str, soon: datetime, other: str) -> list[Word]:
        def word(minutes: int, text: str, by: str = "", **more: str | bool) -> Word:
            at, by = soon + timedelta(minutes=minutes), by or self.units[request.unit].address
            about = (request.unit, request.phase, request.milestone, round_)
            return Word(at, *about, text, request.file, by, **more)  # type: ignore[arg-type]

        if behaviour == "returns" and round_ == 1:
            name = self.units[other].name
            return [word(0, f"退回\n{name}（{other}）：台账与统计表对不上，请核对", back=other)]
        if behaviour == "is_replaced":
            former, acting = self._replaced(request, is_first=round_ == 1)
            return [word(0, "同意", former, counts=False), word(30, "同意", acting)]
        return [word(minutes, text) for minutes, text in _WORDS[behaviour]]

    def _replaced(self, request: Request, *, is_first: bool) -> tuple[str, str]:
        """Whose time was over yesterday, and whose began today."""
        unit, day = self.units[request.unit], request.at.date()
        former, acting = f"former.{unit.address}", f"acting.{unit.address}"
        if is_first:
            week = timedelta(days=7)
            self._acting.append(Acting(unit.code, former, day - week, day - timedelta(days=1)))
            self._acting.append(Acting(unit.code, acting, day, day + week))
        return former, acting

    def newly_acting(self) -> list[Acting]:
        """Since it was last asked for."""
        named, self._acting = self._acting, []
        return named

    def letters(self, until: datetime) -> list[tuple[Job, Written]]:
        """What is due, in order of campaign time."""
        due = sorted((each for each in self._waiting if each.at <= until), key=lambda each: (each.at, each.unit))
        self._waiting = [each for each in self._waiting if each.at > until]
        self.said += due
        return [self._written(each) for each in due]

    def _written(self, word: Word) -> tuple[Job, Written]:
        unit = self.units[word.unit]
        headers = headers_of((self.directory / word.ask).read_bytes())
        client = CLIENTS[int(word.unit) % len(CLIENTS)]
        content = compose_reply(client, Answer(headers, unit.name, word.by, word.at, word.text, ()))
        job = Job(word.at, unit, word.ask, word.ask, word.ask, (), ())
        return job, Written(word.by, recipient_of(headers), content, Notes())
