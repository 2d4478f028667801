"""All simulated units together: they read their mail, answer in campaign time, and leave a true account behind."""

import heapq
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Form
from oneledger.domain.work_calendar import WorkCalendar
from rehearsal.authoring import Job, Piece, Written, openpyxl_share
from rehearsal.behaviours import IN_THE_XML, MIX, Fault, Mix, Timing, first_contacts_gone, reaction_at
from rehearsal.desks import Desk, Key, Sent, first_timed, not_before
from rehearsal.letter_box import Delivery
from rehearsal.looks import is_over
from rehearsal.manifest import Account, write_manifest
from rehearsal.moving import Change, History
from rehearsal.obligations import Definitions, World
from rehearsal.officers import Acting, Officers, Request
from rehearsal.papers import Paper
from rehearsal.post_office_client import PostOffice
from rehearsal.posting import Writers, send_in_time
from rehearsal.registry import Registry
from rehearsal.second_thoughts import SecondThoughts

MOST_WORKBOOKS = 8  # in one mail
_READ_AT_ONCE, _SENT_AT_ONCE = 2**22, 10_000  # bytes of the index; mails. A country's would fill memory
_MARKED_COPY_SHARE = 0.7  # of those who mend: in the copy that came back, not in their own
_ASKS = ("ask", "inspect-ask")
_NOTICE_OF = {"returned": "correction", "refused": "refusal"}


@dataclass
class ActTally:
    """What the units did in one act."""

    read: Counter[str] = field(default_factory=Counter)  # mails delivered to them, by kind
    sent: int = 0  # mails
    workbooks: Counter[str] = field(default_factory=Counter)  # by what is to become of them
    complaints: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(order=True)
class _Due:
    at: datetime
    serial: int
    desk: Desk = field(compare=False)
    pieces: tuple[Piece, ...] = field(compare=False)
    source: str = field(compare=False)  # "": a colleague's mail
    answers: str = field(compare=False)


class Village:
    """``units``: those of the campaign, parents before children. Everything is decided by ``seed`` alone."""

    def __init__(
        self, directory: Path, *, units: Iterable[CampaignUnit], campaign: Campaign, forms: Mapping[str, Form],
        calendar: WorkCalendar, seed: int, post: PostOffice, exempt: Collection[str] = (), mix: Mix = MIX,
        processes: int = 2, changes: Sequence[Change] = (),
    ) -> None:  # fmt: skip
        definitions = Definitions(campaign, forms)
        listed = {unit.code: _excused(unit, exempt) for unit in units}
        gone = first_contacts_gone(listed.values(), seed, mix.schools)
        everyone = {code: _without_first(unit) if code in gone else unit for code, unit in listed.items()}
        self.complaints: list[str] = []
        self.seconds = 0.0
        self._directory = directory
        self._zone = ZoneInfo(campaign.timezone)
        share = openpyxl_share(len(listed))
        self._writers = Writers(definitions, seed, directory, openpyxl_share=share, processes=processes)
        self._registry = Registry(World(definitions, everyone, calendar), self._writers.author, mix, seed, gone)
        self.officers = Officers(directory, everyone, seed)
        self._again = SecondThoughts(self._registry, self.officers, self._plan, self._busy)
        self._changes = list(changes)  # still to come
        self._open(post, 0)
        self._boxes = {contact.email.lower(): unit.code for unit in listed.values() for contact in unit.contacts}
        self._phase_of_mailboxes = ""
        self._looks: list[datetime] = []
        self._due: list[_Due] = []
        self._serial = 0
        self._offset = 0
        self._now = datetime(2000, 1, 1, tzinfo=self._zone)

    def _open(self, post: PostOffice, end: int) -> None:
        self._post, self._account = post, Account(self._directory / "answers.jsonl", end)

    def __getstate__(self) -> dict[str, Any]:
        """All but the post office and the open file: see ``resuming``."""
        self._account.flush()
        kept = {key: value for key, value in vars(self).items() if key not in ("_post", "_account")}
        return kept | {"_end": self._account.end}

    def shared(self) -> list[list[Any]]:
        """See ``Registry.shared``."""
        return self._registry.shared()

    def go_on(self, post: PostOffice) -> Self:
        """One that was kept, in a new process."""
        self._open(post, vars(self).pop("_end"))
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes that write."""
        self._writers.close()
        self._account.close()

    def act(self, until: datetime) -> ActTally:
        """Everything the units do up to a moment of campaign time: read, decide, fill in, send."""
        begun = time.perf_counter()
        until = until.astimezone(self._zone)
        tally = ActTally()
        self._set_mailboxes(until)
        self._read_all(tally)
        while self._perform(until, tally):
            self._read_all(tally)
        if letters := self._again.letters(until):
            send_in_time(self._post, letters)
            tally.sent += len(letters)
        self._now = max(self._now, until)
        tally.seconds = time.perf_counter() - begun
        self.seconds += tally.seconds
        self.complaints += tally.complaints
        return tally

    def looked_at(self, at: datetime) -> None:
        """The pipeline looks at that moment: whoever owes something from now on must be asked."""
        at = at.astimezone(self._zone)
        self._looks.append(at)
        world = self._registry.world
        for phase in self._opened(at):
            is_new = phase not in self._registry.owed
            if is_new or not is_over(world.campaign, world.calendar, phase, self._looks):
                self._registry.open(phase, at)

    def stated_mix(self) -> dict[str, dict[str, float]]:
        """The weights behaviours are drawn by, and how many units showed each of them in each phase."""
        told = {"schools": dict(self._registry.mix.schools), "upper": dict(self._registry.mix.upper)}
        for desk in (each for mine in self._registry.desks.values() for each in mine):
            seen = told.setdefault(desk.phase, {})
            seen[desk.behaviour.name] = seen.get(desk.behaviour.name, 0) + 1
        return told

    def dead_boxes(self) -> dict[str, set[str]]:
        """By phase: units whose boxes take no mail while it lasts."""
        phases = self._opened(self._now)
        boxes = {phase: self._registry.mailboxes(phase).items() for phase in phases}
        return {
            phase: {
                self._boxes[address.lower()]
                for address, does in found
                if does in ("hard_bounce", "reject") and address not in self._registry.gone.values()
            }
            for phase, found in boxes.items()
        }

    def write_manifest(self) -> Path:
        """DIR/manifest.jsonl: for every unit and return what it meant and how it behaved; see ``manifest``."""
        begun = time.perf_counter()
        for phase in self._opened(self._now):
            if phase not in self._registry.owed:
                self._registry.open(phase, self._now)
        path = write_manifest(self._directory / "manifest.jsonl", self._registry, self._account)
        self.seconds += time.perf_counter() - begun
        return path

    def forget(self) -> None:
        """What was owed, planned and sent: it stands in the manifest, and a country's fills memory."""
        self._registry.forget()
        self._due.clear()

    def _opened(self, now: datetime) -> list[str]:
        phases = self._registry.world.campaign.phases
        return [phase.phase for phase in phases if phase.opens_on and phase.opens_on <= now.date()]

    def _set_mailboxes(self, now: datetime) -> None:
        current = (self._opened(now) or [self._registry.world.campaign.phases[0].phase])[-1]
        if current != self._phase_of_mailboxes:
            self._phase_of_mailboxes = current
            self._post.set_behaviours(self._registry.mailboxes(current))

    def _read_all(self, tally: ActTally) -> None:
        while True:
            deliveries, self._offset = self._post.deliveries(self._offset, _READ_AT_ONCE)
            if not deliveries:
                return
            for delivery in deliveries:
                self._read(delivery, tally)

    def _read(self, delivery: Delivery, tally: ActTally) -> None:
        notice, _, rest = delivery.kind.partition("/")
        phase, _, subject = rest.partition("/")
        tally.read[notice or "other"] += 1
        unit = self._boxes.get(delivery.rcpt.lower(), "")
        if not unit:
            tally.complaints.append(f"{delivery.file}: nobody has the address {delivery.rcpt}")
        elif notice in _ASKS:
            if phase not in self._registry.owed:
                self._registry.open(phase, self._at(delivery))
            desks, request = self._registry.desks_of(phase, unit), int(subject.rpartition("/")[2])
            self._asked(delivery, desks[request - 1] if request <= len(desks) else None, tally)
        elif notice == "remind":
            for desk in self._registry.desks_of(phase, unit):
                self._reminded(delivery, desk)
        elif notice == "sign-ask":
            asked = Request(delivery.file, unit, phase, subject.partition("/")[0], self._at(delivery))
            self.officers.are_asked(asked, self._again.pick, self._again.correct)
        elif notice == "supplement" and self.officers.is_asked_by(delivery.file):
            asked = Request(delivery.file, unit, phase, subject.partition("/")[0], self._at(delivery))
            self.officers.are_asked(asked, lambda _: "", self._again.correct)
        elif notice == "sent-back":
            deliverable, _, about = subject.rpartition("/")[0].partition("/")
            mine = self._registry.desk_about(phase, unit, (deliverable, about))
            tally.complaints += self._again.sent_back(delivery, mine, (deliverable, about), self._at(delivery))
        elif notice in _NOTICE_OF.values():
            deliverable, _, about = subject.rpartition("/")[0].partition("/")
            key = deliverable, about
            self._told(delivery, notice, self._registry.desk_about(phase, unit, key), key, tally)

    def _busy(self) -> set[Desk]:
        return {each.desk for each in self._due}

    def newly_acting(self) -> list[Acting]:
        """Who signs for whom from now on: the operator is to record it before he looks."""
        named = self.officers.newly_acting()
        self._boxes |= {each.address.lower(): each.unit for each in named}
        return named

    def newly_moved(self, at: datetime) -> list[Change]:
        """Who belongs elsewhere from now on: the operator is to record it before he looks."""
        come = [each for each in self._changes if each.at <= at]
        self._changes = self._changes[len(come) :]
        if come:
            self._registry.moved(come)
        return come

    @property
    def history(self) -> History:
        return self._registry.history

    def _at(self, delivery: Delivery) -> datetime:
        return datetime.fromisoformat(delivery.at).astimezone(self._zone)

    def _asked(self, delivery: Delivery, desk: Desk | None, tally: ActTally) -> None:
        if desk is None or desk.ask:
            what = "is asked again" if desk else "owes nothing and is asked"
            tally.complaints.append(f"{delivery.file}: {delivery.rcpt} {what}: {delivery.kind}")
            return
        desk.ask, desk.asked_at = delivery.file, self._at(delivery)
        planner = self._registry.planner
        desk.known, desk.selfchecks = planner.known(desk), planner.beside(desk)
        desk.behaviour = planner.settled(desk, has_colleague=self._registry.colleague(desk) is not None)
        desk.waiting = tuple([act for act in desk.behaviour.acts if act.timing is Timing.WHEN_REMINDED])
        for act in first_timed(desk.behaviour.acts):
            at = planner.moment(desk, act, self._registry.dice(desk, f"{act.timing}-{act.variant}-{act.fault}"))
            if at is not None:
                source = "" if act.fault is Fault.COLLEAGUES_FILE else desk.ask
                self._plan(desk, at, planner.pieces(desk, act, at.date()), source=source, answers=desk.ask)

    def _reminded(self, delivery: Delivery, desk: Desk) -> None:
        """Those who answer only then; and those who sent the wrong file look again."""
        if not desk.ask or not desk.waiting or (first_timed(desk.behaviour.acts) and not desk.sent):
            return
        *rest, act = desk.waiting
        desk.waiting = tuple(rest)
        planner = self._registry.planner
        at = reaction_at(self._at(delivery), self._registry.dice(desk, delivery.kind))
        pieces = planner.pieces(desk, act, planner.day_when_reminded(desk))
        self._plan(desk, at, pieces, source=desk.ask, answers=delivery.file)

    def _told(self, delivery: Delivery, notice: str, desk: Desk | None, key: Key, tally: ActTally) -> None:
        """Put right what was wrong; complain of being told what was right, or told otherwise than could be expected."""
        sent = desk.sent.get(key, []) if desk else []
        faulty = next((each for each in reversed(sent) if _NOTICE_OF.get(each.verdict) == notice), None)
        if desk is None or faulty is None or faulty.piece is None:
            tally.complaints.append(f"{delivery.file}: {delivery.rcpt} does not expect {delivery.kind}")
        elif desk.behaviour.mends and key not in desk.mending:
            desk.mending |= {key}
            dice = self._registry.dice(desk, delivery.kind)
            in_copy = notice == "correction" and faulty.piece.fault not in IN_THE_XML
            source = delivery.file if in_copy and dice.random() < _MARKED_COPY_SHARE else desk.ask
            mended = (replace(faulty.piece, fault=Fault.NONE),)
            self._plan(desk, reaction_at(self._at(delivery), dice), mended, source=source, answers=delivery.file)

    def _plan(self, desk: Desk, at: datetime, pieces: tuple[Piece, ...], *, source: str, answers: str) -> None:
        self._serial += 1
        at = not_before(at, self._now)
        heapq.heappush(self._due, _Due(at, self._serial, desk, pieces, source, answers))

    def _perform(self, until: datetime, tally: ActTally) -> bool:
        """Send what is due, in order of campaign time, so much at once. Says whether there was anything."""
        due: list[tuple[_Due, Job]] = []
        while self._due and self._due[0].at <= until and len(due) < _SENT_AT_ONCE:
            each = heapq.heappop(self._due)
            due += [(each, job) for job in self._jobs(each)]
        desks = [each.desk for each, _ in due]
        written = self._writers.written([job for _, job in due])
        send_in_time(self._post, self._noted(desks, written, tally)) if due else None
        return bool(due)

    def _jobs(self, due: _Due) -> Iterator[Job]:
        """One mail, or several where there are many workbooks; papers go with the first that is sent at all."""
        desk, source = due.desk, due.source
        if not source:
            colleague = self._registry.colleague(desk)
            source = colleague.ask if colleague and colleague.ask else desk.ask
        papers = [owing for owing in desk.papers if owing.key not in desk.sent]
        owed = [self._registry.world.campaign.deliverable(owing.deliverable) for owing in papers]
        sheets = tuple(Paper(each.title, each.formats) for each in owed)
        for owing in papers:
            self._registry.note(desk, owing.key, Sent(due.at, "accepted"))
        for start in range(0, max(1, len(due.pieces)), MOST_WORKBOOKS):
            pieces = due.pieces[start : start + MOST_WORKBOOKS]
            yield Job(due.at, desk.unit, source, desk.ask, due.answers, pieces, () if start else sheets)

    def _noted(
        self, desks: Iterable[Desk], written: Iterable[tuple[Job, Written]], tally: ActTally
    ) -> Iterator[tuple[Job, Written]]:
        for desk, (job, letter) in zip(desks, written, strict=True):
            tally.sent += 1
            tally.complaints += [f"{job.source}: {each}" for each in letter.notes.complaints]
            for piece in job.pieces:
                if piece.key in letter.notes.told:
                    tally.workbooks[piece.verdict] += 1
                    told = self._account.add(letter.notes.told[piece.key])
                    self._registry.note(desk, piece.key, Sent(job.at, piece.verdict, piece, told))
            yield job, letter


def _without_first(unit: CampaignUnit) -> CampaignUnit:
    return replace(unit, contacts=unit.contacts[1:])


def _excused(unit: CampaignUnit, exempt: Collection[str]) -> CampaignUnit:
    return replace(unit, exempt_reason="exempt") if unit.code in exempt and not unit.exempt_reason else unit
