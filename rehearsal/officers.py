"""Officers of counties, cities and the province, asked to sign: some sign, some twice, late, with a question first;
some wait or never answer. Drawn from the seed; what each meant is kept, and compared with the record in the end."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from oneledger.domain.assignments import CampaignUnit
from rehearsal.authoring import Job, Notes, Written
from rehearsal.letter_box import headers_of
from rehearsal.replies import CLIENTS, Answer, compose_reply, recipient_of

MIX: Mapping[str, float] = {
    "signs": 0.45, "signs_twice": 0.12, "signs_late": 0.12, "asks_first": 0.11, "defers": 0.08, "ignores": 0.12,
}  # fmt: skip
_LATE = timedelta(hours=25)


@dataclass(frozen=True)
class Word:
    """One mail of an officer. ``round``: which request it answers."""

    at: datetime
    unit: str
    milestone: str
    round: int
    text: str
    ask: str  # the file of the request

    @property
    def deed(self) -> str:
        return {"同意": "agree", "暂缓，等会议研究": "defer"}.get(self.text, "")


@dataclass
class Officers:
    directory: Path
    units: Mapping[str, CampaignUnit]
    seed: int
    asked: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)  # milestone, unit -> requests
    said: list[Word] = field(default_factory=list)
    _waiting: list[Word] = field(default_factory=list)

    def behaviour(self, milestone: str, unit: str) -> str:
        rng = random.Random(f"{self.seed}:{unit}:{milestone}:officer")
        return rng.choices(list(MIX), list(MIX.values()))[0]

    def are_asked(self, file: str, unit: str, milestone: str, at: datetime) -> None:
        rounds = self.asked.setdefault((milestone, unit), [])
        rounds.append(at)
        rng = random.Random(f"{self.seed}:{unit}:{milestone}:{len(rounds)}:word")
        soon = at + timedelta(hours=1, minutes=rng.randint(0, 90))
        words = {
            "signs": [(soon, "同意")],
            "signs_twice": [(soon, "同意"), (soon + timedelta(minutes=20), "同意")],
            "signs_late": [(at + _LATE, "同意")],
            "asks_first": [(soon, "请问怎么答复？"), (soon + timedelta(minutes=40), "同意")],
            "defers": [(soon, "暂缓，等会议研究")],
            "ignores": [],
        }[self.behaviour(milestone, unit)]
        self._waiting += [Word(when, unit, milestone, len(rounds), text, file) for when, text in words]

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
        content = compose_reply(client, Answer(headers, unit.name, unit.address, word.at, word.text, ()))
        job = Job(word.at, unit, word.ask, word.ask, word.ask, (), ())
        return job, Written(unit.address, recipient_of(headers), content, Notes())


def check_signatures(officers: Officers, rows: Sequence[Mapping[str, Any]], last: datetime) -> Iterator[str]:
    """``rows``: as ``oneledger signatures --json`` tells them. ``last``: the last look."""
    found = {(row["milestone"], row["unit"]): row for row in rows}
    for key in sorted(officers.asked.keys() ^ found.keys()):
        yield f"{key}: asked or recorded, but not both"
    for key in sorted(officers.asked.keys() & found.keys()):
        row, rounds = found[key], officers.asked[key]
        words = [each for each in officers.said if (each.milestone, each.unit) == key and each.at <= last]
        told = [each for each in words if each.deed and _is_newest(each, rounds)]
        meant = list(dict.fromkeys((each.round, each.deed) for each in told))
        recorded = [each["deed"] for each in row["entries"] if each["deed"] in ("agree", "defer", "return")]
        if [deed for _, deed in meant] != recorded:
            yield f"{key}: meant {meant}, recorded {recorded}"
        has_signed = bool(meant) and meant[-1] == (len(rounds), "agree")
        moved = [each["deed"] for each in row["entries"] if each["deed"] in ("agree", "move")][-1:] == ["move"]
        wanted = {"signed"} if has_signed and not moved else {"unreviewed", "deferred"}
        if row["state"] not in wanted:
            yield f"{key}: {officers.behaviour(*key)} ends as {row['state']}, not as {sorted(wanted)}"


def _is_newest(word: Word, rounds: Sequence[datetime]) -> bool:
    return not any(rounds[word.round - 1] < at <= word.at for at in rounds)
