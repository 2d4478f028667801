"""Checks on every mail the schools got: none lost, none twice, each rung of the ladder once and none too many."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from sys import intern
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign, Rung
from oneledger.domain.schedule import rung_at
from oneledger.domain.work_calendar import WorkCalendar
from rehearsal.looks import is_over
from rehearsal.manifest import read_manifest, standing
from rehearsal.moving import History

_ANSWER_OF = {"accepted": "receipt", "returned": "correction", "refused": "refusal"}
_DELIVERED = "delivered.jsonl"

Line = dict[str, Any]
Received = tuple[str, str]  # unit (or a stranger's address), kind of mail


@dataclass
class MailFaults:
    """Each a list of sentences; all empty: every mail was as it must be."""

    lost: list[str] = field(default_factory=list)  # answers that nobody answered, requests that never came
    duplicates: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)  # answers to answers that were never given, or given otherwise
    ladder: list[str] = field(default_factory=list)


def check_mail(
    directory: Path, manifest: Path, campaign: Campaign, calendar: WorkCalendar, units: Mapping[str, CampaignUnit],
    looks: Sequence[datetime], noticed: Sequence[Line] = (), history: History | None = None,
) -> MailFaults:  # fmt: skip
    """``looks``: the moments at which the pipeline really looked. ``noticed``: owed by inspectors' notices."""
    lines = [_needed(line) for line in read_manifest(manifest)]
    history = history or History({code: unit.parent for code, unit in units.items()})
    dead = {line["respondent"] for line in lines if line["behaviour"] == "bounce"}
    boxes = {contact.email.lower(): unit.code for unit in units.values() for contact in unit.contacts}
    index = directory / _DELIVERED
    delivered: Counter[Received] = Counter(
        (boxes.get(_box(mail), _box(mail)), intern(mail["kind"])) for mail in _mails(index)
    )
    faults = MailFaults(duplicates=[*_twice(_mails(index)), *_again(delivered)])
    _check_requests(lines, dead, delivered, faults)
    _check_answers(lines, delivered, faults, max(looks))
    _check_offices_asked(lines, dead, delivered, history, faults)
    ladder = _Ladder(campaign, calendar, units, sorted(looks), history)
    climbing = [*lines, *noticed]
    wanted = Counter(ladder.reminders(climbing)) + Counter(ladder.digests(climbing))
    faults.ladder += _uneven(wanted, delivered, dead)
    return faults


_NEEDED = ("respondent", "unit", "phase", "deliverable", "behaviour", "due_at", "opened_at", "is_exempt", "excused_at",
           "sent_back")  # fmt: skip


def _needed(line: Line) -> Line:
    """A country's lines stand in memory together: without what was written in the workbooks, and words once for all."""
    answers = [
        {"at": each["at"], "verdict": intern(each["verdict"]), "is_zero": each["is_zero"]} for each in line["answers"]
    ]
    told = {key: intern(line[key]) if isinstance(line[key], str) else line[key] for key in _NEEDED if key in line}
    return told | {"answers": answers}


def _mails(index: Path) -> Iterator[Line]:
    with index.open(encoding="utf-8") as file:
        for text in file:
            yield orjson.loads(text)


def _box(mail: Line) -> str:
    return str(mail["rcpt"]).lower()


def _twice(mails: Iterable[Line]) -> list[str]:
    ids = Counter(mail["message_id"] for mail in mails if mail["message_id"])
    return [f"Message-ID {each} was delivered {count} times" for each, count in ids.items() if count > 1]


def _again(delivered: Mapping[Received, int]) -> list[str]:
    twice = [(unit, kind, count) for (unit, kind), count in delivered.items() if kind and count > 1]
    return [f"{unit} got {kind} {count} times" for unit, kind, count in twice]


def _check_requests(
    lines: Iterable[Line], dead: set[str], delivered: Mapping[Received, int], faults: MailFaults
) -> None:
    """One request to each respondent, phase and look that found it owing."""
    found = {(line["respondent"], line["phase"], line["opened_at"]) for line in lines if not line["is_exempt"]}
    owing = Counter((unit, phase) for unit, phase, _ in found)
    asked = Counter((unit, kind.split("/")[1]) for unit, kind in delivered if kind.startswith(("ask/", "inspect-ask/")))
    faults.lost += [f"{unit} was never asked in {phase}" for unit, phase in sorted(owing - asked) if unit not in dead]
    faults.unexpected += [f"{unit} owes nothing in {phase}, but was asked" for unit, phase in sorted(asked - owing)]


def _check_offices_asked(
    lines: Iterable[Line], dead: set[str], delivered: Mapping[Received, int], history: History, faults: MailFaults
) -> None:  # fmt: skip
    """The office above each unit whose addresses are all dead is asked for another; of the others nobody is."""
    lost = {line["respondent"] for line in lines if line["respondent"] in dead and not line["is_exempt"]}
    above = [history.parents_ever(code) for code in lost]
    wanted = {office for offices in above for office in offices if len(offices) == 1}
    possible = set[str]().union(*above)  # who was moved may be asked about at either office
    asked = {unit for unit, kind in delivered if kind.startswith("address-wanted/")}
    faults.lost += [f"{unit} was never asked for an address" for unit in sorted(wanted - asked)]
    faults.unexpected += [f"{unit} was asked for an address" for unit in sorted(asked - possible)]


def _check_answers(
    lines: Iterable[Line], delivered: Mapping[Received, int], faults: MailFaults, last: datetime
) -> None:
    """One answer to each workbook and paper that came before the last look: a receipt, a correction or a refusal."""
    told: Counter[tuple[str, str, str]] = Counter()  # notice, deliverable, unit about which
    for (_, kind), count in delivered.items():
        notice, *rest = kind.split("/")
        if notice in {*_ANSWER_OF.values(), "plan-received"} and len(rest) >= 3:
            told["receipt" if notice == "plan-received" else notice, rest[1], rest[2]] += count
    given: Counter[tuple[str, str, str]] = Counter()
    looked_at: Counter[tuple[str, str, str]] = Counter()
    for line in lines:
        for each in line["answers"]:
            if each["verdict"] in _ANSWER_OF:
                key = _ANSWER_OF[each["verdict"]], line["deliverable"], line["unit"]
                given[key] += 1
                looked_at[key] += _moment(each["at"]) <= last
    for (notice, deliverable, unit), count in sorted((looked_at - told).items()):
        faults.lost.append(f"{unit} {deliverable}: {count} more to come: {notice}")
    for (notice, deliverable, unit), count in sorted((told - given).items()):
        faults.unexpected.append(f"{unit} {deliverable}: {count} too many: {notice}")


@dataclass(frozen=True)
class _Ladder:
    """What must have gone out, worked out look by look: the latest rung reached, once, while anything is open."""

    campaign: Campaign
    calendar: WorkCalendar
    units: Mapping[str, CampaignUnit]
    looks: Sequence[datetime]
    history: History
    _looked: dict[str, Sequence[datetime]] = field(default_factory=dict)
    _ever: dict[str, set[str]] = field(default_factory=dict)

    def reminders(self, lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
        groups: dict[tuple[str, str, datetime], list[Line]] = {}
        for line in lines:
            if not line["is_exempt"]:
                groups.setdefault((line["respondent"], line["phase"], _moment(line["due_at"])), []).append(line)
        for (respondent, phase, due), theirs in groups.items():
            for rung in self._due_rungs(self.campaign.reminders.rungs, due, theirs):
                yield respondent, intern(f"remind/{phase}/{self._subject(phase, due)}/{rung}")

    def digests(self, lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
        """To every collector above a respondent that the campaign wants told."""
        groups: dict[tuple[str, str, datetime], list[Line]] = {}
        for line in lines:
            for collector in self._ever_collecting(line["respondent"]) if not line["is_exempt"] else ():
                groups.setdefault((collector, line["phase"], _moment(line["due_at"])), []).append(line)
        for (collector, phase, due), below in groups.items():
            for rung in self._due_rungs(self.campaign.reminders.digests, due, below, collector):
                yield collector, intern(f"digest/{phase}/{self._subject(phase, due)}/{rung}")

    def _subject(self, phase: str, due: datetime) -> str:
        return f"{phase}@{due.astimezone(ZoneInfo(self.campaign.timezone)):%m%d}"

    def _ever_collecting(self, code: str) -> set[str]:
        if code not in self._ever:
            moments = (self.looks[0], *(each.at for each in self.history.changes))
            self._ever[code] = {above for at in moments for above in self._collectors(code, at)}
        return self._ever[code]

    def _collectors(self, code: str, at: datetime) -> Iterator[str]:
        parents = self.history.parents_at(at)
        above = self.units.get(parents[code] or "")
        while above is not None:
            if above.level in self.campaign.reminders.digest_levels and above.contacts:
                yield above.code
            above = self.units.get(parents[above.code] or "")

    def _due_rungs(
        self, rungs: Iterable[Rung], due: datetime, theirs: Sequence[Line], collector: str = ""
    ) -> Iterator[str]:
        """``collector``: told of those who are below it that day. Else a reminder: never on the heels of the mail that
        asked."""
        moments = [(rung_at(self.campaign, due, rung, self.calendar), rung) for rung in rungs]
        gone: set[str] = set()
        for look in self._looks_of(theirs[0]["phase"]):
            reached = [rung for at, rung in moments if at <= look]
            if not reached:
                continue
            latest = max(reached, key=lambda rung: rung.days)
            mine = [line for line in theirs if not collector or collector in self._collectors(line["respondent"], look)]
            if latest.rung not in gone and _is_waited_for(mine, look, is_reminder=not collector):
                gone.add(latest.rung)
                yield latest.rung

    def _looks_of(self, phase: str) -> Sequence[datetime]:
        """Those that bring the phase forward."""
        if phase not in self._looked:
            day = self.campaign.phase(phase).opens_on
            zone = ZoneInfo(self.campaign.timezone)
            self._looked[phase] = [
                look
                for number, look in enumerate(self.looks, 1)
                if day
                and look.astimezone(zone).date() >= day
                and not is_over(self.campaign, self.calendar, phase, self.looks[:number])
            ]
        return self._looked[phase]


def _is_waited_for(theirs: Sequence[Line], look: datetime, *, is_reminder: bool) -> bool:
    owing = [line for line in theirs if _moment(line["opened_at"]) <= look]
    waited = [_moment(line["opened_at"]) for line in owing if standing(line, look).status == "missing"]
    return bool(waited) and not (is_reminder and min(waited) == look)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _uneven(wanted: Mapping[Received, int], delivered: Mapping[Received, int], dead: set[str]) -> Iterator[str]:
    """Mail to dead boxes came back, so it is not in the index."""
    got = {key for key in delivered if key[1].startswith(("remind/", "digest/"))}
    for unit, kind in sorted(wanted.keys() - got):
        if unit not in dead:
            yield f"{unit} never got {kind}"
    for unit, kind in sorted(got - wanted.keys()):
        yield f"{unit} got {kind}, which was not due"
