"""Which offices must be asked to sign, for each report and each supplement to it, and how it must go: from the returns
and the officers' words alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from oneledger.domain.campaigns import Campaign
from oneledger.domain.schedule import Milestone, Turn, local_moment, report_milestones, turns
from oneledger.domain.work_calendar import WorkCalendar
from rehearsal.manifest import read_manifest
from rehearsal.moving import ParentsAt
from rehearsal.officers import Officers, Word
from rehearsal.sign_course import Branch, Course
from rehearsal.verify import Seen, sums_at

Line = Mapping[str, Any]
Branches = Mapping[str, Branch]  # by office


class Meant(NamedTuple):
    """``key``: of the report or the supplement. ``frozen``: what was frozen under it."""

    key: str
    office: str
    course: Course
    frozen: Branch | None


@dataclass(frozen=True)
class Truth:
    manifest: Path
    campaign: Campaign
    calendar: WorkCalendar
    officers: Officers
    looked: Sequence[datetime]  # when the pipeline really looked, in local time
    parents_at: ParentsAt

    def courses(self) -> Iterator[Meant]:
        for phase in self.campaign.phases:
            lines = Lines(self.manifest, phase.phase)
            reports = report_milestones(self.campaign, phase.phase, self.calendar)
            for milestone in reports:
                yield from self._of_report(lines, milestone, is_last=milestone == reports[-1])

    def _of_report(self, lines: Iterable[Line], milestone: Milestone, *, is_last: bool) -> Iterator[Meant]:
        turn_of = {turn.level: turn for turn in turns(self.campaign, milestone, self.calendar)}
        first = min((turn.asks_at for turn in turn_of.values()), default=milestone.at)
        asking = [at for at in self.looked if first <= at < milestone.at]
        after = [at for at in self.looked if at >= milestone.at]
        if not turn_of or not after:
            return
        offices = {code: turn_of[unit.level] for code, unit in self.officers.units.items() if unit.level in turn_of}
        later = after[1:] if is_last else []
        frozen = Seen(milestone.at, milestone.at, after[0])
        sums = self._branches(lines, [frozen, *(Seen(milestone.at, at, at) for at in (*asking, *later))], offices)
        by_look = dict(zip((*asking, *later), sums[1:], strict=True))
        made = list(self._signing(milestone, offices, {at: by_look[at] for at in asking}, sums[0]))
        yield from made
        moments = {at: by_look[at] for at in later}
        yield from self._supplements(milestone, after[0], sums[0], moments, made, _news(lines))

    def _branches(self, lines: Iterable[Line], seen: Sequence[Seen], offices: Mapping[str, Turn]) -> list[Branches]:
        found = sums_at(lines, self.parents_at, seen, offices)
        return [{code: Branch.of(each) for code, each in sums.items()} for sums in found]

    def _signing(
        self, milestone: Milestone, offices: Mapping[str, Turn], before: Mapping[datetime, Branches], frozen: Branches
    ) -> Iterator[Meant]:
        for code, turn in offices.items():
            course = Course(turn, milestone.at)
            mine = {at: each[code] for at, each in before.items() if code in each}
            course.run(self.looked, mine, self._words(milestone.key, code))
            if course.deeds:
                yield Meant(milestone.key, code, course, frozen.get(code))

    def _supplements(
        self, report: Milestone, frozen_at: datetime, frozen: Branches, later: Mapping[datetime, Branches],
        signing: Sequence[Meant], news: Sequence[datetime],
    ) -> Iterator[Meant]:  # fmt: skip
        """One a day at most, where something was accepted or sent back since and figures moved. Whoever had signed is
        asked anew where his own moved."""
        last, number, known = frozen, 0, list(signing)
        last_at = frozen_at
        for at, now in later.items():
            if (
                not any(last_at < each <= at for each in news)
                or (number and at.date() == last_at.date())
                or now == last
            ):
                continue
            number += 1
            key = f"{report.key}-s{number}"
            signed = {each.office for each in known if each.course.signed_at and each.course.signed_at <= at}
            for code in sorted(signed):
                if now.get(code) != last.get(code):
                    course = Course(Turn("", at, at), self._answered_by(at), may_lapse=("asked", "deferred"))
                    course.run(self.looked, {at: now[code]}, self._words(key, code))
                    known.append(Meant(key, code, course, now[code]))
                    yield known[-1]
            last, last_at = now, at

    def _answered_by(self, at: datetime) -> datetime:
        """The end of the next working day: who has said nothing by then goes up unreviewed."""
        return local_moment(self.campaign, self.calendar.add_working_days(at.date(), 1), self.campaign.due_time)

    def _words(self, key: str, office: str) -> list[Word]:
        return [each for each in self.officers.said if (each.milestone, each.unit) == (key, office)]


@dataclass(frozen=True)
class Lines(Iterable[Line]):
    """Of one phase, read anew each time: a country's do not fit into memory."""

    manifest: Path
    phase: str

    def __iter__(self) -> Iterator[Line]:
        return read_manifest(self.manifest, self.phase)


def _news(lines: Iterable[Line]) -> list[datetime]:
    """When something was accepted, or sent back."""
    return [
        datetime.fromisoformat(at)
        for line in lines
        for at in (*line["sent_back"], *(each["at"] for each in line["answers"] if each["verdict"] == "accepted"))
    ]
