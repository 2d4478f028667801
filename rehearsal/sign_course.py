"""How one office's sign-off of one report must go, look by look: worked out from what its branch truly returned and
what its officers wrote, without the pipeline's own table of moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from oneledger.domain.schedule import Turn
from rehearsal.officers import Word
from rehearsal.verify import Expected


class Branch(NamedTuple):
    """What an office signs: the figures of its branch, equal where nothing moved."""

    figures: frozenset[tuple[str, float]]
    answered: frozenset[tuple[str, int]]
    coverage: frozenset[tuple[str, int]]
    missing: frozenset[str]

    @classmethod
    def of(cls, sums: Expected) -> "Branch":
        """A key that is not there is 0."""
        figures, answered, coverage = (
            frozenset((key, number) for key, number in each.items() if number)
            for each in (sums.figures, sums.answered, sums.coverage)
        )
        return cls(figures, answered, coverage, frozenset(sums.missing))


@dataclass
class Course:
    turn: Turn
    report_at: datetime  # of a supplement: until when it may be answered
    may_lapse: Sequence[str] = ("asked", "returned", "deferred", "stale")
    state: str = "waiting"
    deeds: list[str] = field(default_factory=list)
    signed: Branch | None = None
    signed_by: str = ""
    signed_at: datetime | None = None  # the look that first took in a signature
    _rounds: list[Branch] = field(default_factory=list)
    _asked_at: datetime | None = None
    _due_at: datetime | None = None
    _back: set[str] = field(default_factory=set)
    _lapsed: set[int] = field(default_factory=set)  # rounds

    def run(self, looked: Sequence[datetime], branches: Mapping[datetime, Branch], words: Sequence[Word]) -> None:
        """``branches``: by look, as long as the report is to come."""
        before: datetime | None = None
        for at in looked:
            if at < self.turn.asks_at:
                continue
            for word in sorted(words, key=lambda each: each.at):
                if (before is None or before < word.at) and word.at <= at:
                    self._hear(word)
            if self.signed is not None and self.signed_at is None:
                self.signed_at = at
            if at >= self.report_at:
                self._lapse()
            elif at in branches:
                self._look(at, branches[at])
            before = at

    def _hear(self, word: Word) -> None:
        if not word.deed or not word.counts or word.round > len(self._rounds):
            return
        if word.deed == "agree":
            asked = self._rounds[word.round - 1]
            is_old = asked != self._rounds[-1] or (self.state == "stale" and asked == self.signed)
            if self.state == "signed" or is_old:
                return
            self.signed, self.signed_by = asked, word.by
        self.state = {"agree": "signed", "defer": "deferred", "return": "returned"}[word.deed]
        self._back = {word.back} if word.back else set()
        self.deeds.append(word.deed)

    def _look(self, at: datetime, now: Branch) -> None:
        has_moved = self.state == "signed" and now != self.signed
        if has_moved:
            self._enter("stale", "move")
        is_mended = self.state == "returned" and self._back.isdisjoint(now.missing)
        was_today = self._asked_at is not None and self._asked_at.date() == at.date()
        if (self.state in ("waiting", "stale") or is_mended) and not was_today:
            self._enter("asked", "ask")
            self._rounds.append(now)
            self._asked_at = at
            self._due_at = self.turn.due_at if at < self.turn.due_at else self.report_at
        elif self._due_at and at > self._due_at and self.state not in ("returned", "stale"):
            self._lapse()

    def _lapse(self) -> None:
        if self.state in self.may_lapse and len(self._rounds) not in self._lapsed:
            self._lapsed.add(len(self._rounds))
            self._enter("unreviewed", "lapse")

    def _enter(self, state: str, deed: str) -> None:
        self.state = state
        self.deeds.append(deed)
