"""Incidents (学生欺凌事件): reports and deeds as one chain that only grows, and what the chain says by now.

Every entry carries the digest of the one before it: an entry that was changed or taken out later shows.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

Kind = Literal["first", "follow", "final", "told", "police", "filed"]
REPORTS = ("first", "follow", "final")
KIND_OF: Mapping[str, Kind] = {"首报": "first", "续报": "follow", "终报": "final"}
WITHOUT_CHANGE = frozenset({"report_kind", "incident_no", "change_note"})  # of one report, not of the incident
NEEDED_AT_THE_END = ("judgement", "severity", "outcome")


@dataclass(frozen=True)
class Entry:
    """``at``: the moment that counts (a report's receipt, a deed's own). ``recorded_at``: when we wrote it down."""

    campaign: str
    incident_no: str
    step: int
    kind: Kind
    about: str  # the unit where it happened
    unit: str  # who reported, or who was told
    at: datetime
    recorded_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)  # of a report: values, verdict, findings, file
    inbox: int | None = None
    part: str | None = None
    prior: str = ""
    digest: str = ""

    def sealed(self, prior: str) -> "Entry":
        words = {key: value for key, value in vars(self).items() if key not in ("prior", "digest")}
        words |= {"at": self.at.timestamp(), "recorded_at": self.recorded_at.timestamp(), "prior": prior}
        text = json.dumps(words, ensure_ascii=False, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Entry(**{**vars(self), "prior": prior, "digest": digest})


@dataclass(frozen=True)
class Incident:
    entries: tuple[Entry, ...]

    @property
    def incident_no(self) -> str:
        return self.entries[0].incident_no

    @property
    def about(self) -> str:
        return self.entries[0].about

    @cached_property
    def reports(self) -> tuple[Entry, ...]:
        return tuple(each for each in self.entries if each.kind in REPORTS)

    @cached_property
    def values(self) -> dict[str, Any]:
        """What was told last of each fact."""
        return {
            key: value
            for report in self.reports
            for key, value in report.data["values"].items()
            if value not in (None, "", []) and key not in WITHOUT_CHANGE
        }

    @property
    def is_closed(self) -> bool:
        return self.reports[-1].kind == "final" and not self.in_correction

    @property
    def in_correction(self) -> bool:
        return bool(self.reports[-1].data["verdict"] == "returned")

    @property
    def told(self) -> dict[str, datetime]:
        """Offices that got the alarm, since when."""
        found: dict[str, datetime] = {}
        for each in self.entries:
            if each.kind == "told":
                found.setdefault(each.unit, each.at)
        return found

    def deed(self, kind: Kind) -> Entry | None:
        return next((each for each in self.entries if each.kind == kind), None)

    def moments(self, key: str) -> list[datetime]:
        """Every moment a report gave for a fact, in the order they came."""
        told = (report.data["values"].get(key) for report in self.reports)
        return [datetime.fromisoformat(each) for each in told if each]

    @property
    def is_intact(self) -> bool:
        """False where an entry was changed, added or taken out by someone else than this program."""
        prior = ""
        for each in self.entries:
            if each.sealed(prior).digest != each.digest:
                return False
            prior = each.digest
        return True


def chained(entries: Iterable[Entry]) -> list[Incident]:
    """By number."""
    by_number: dict[str, list[Entry]] = {}
    for each in entries:
        by_number.setdefault(each.incident_no, []).append(each)
    return [Incident(tuple(sorted(by_number[no], key=lambda each: each.step))) for no in sorted(by_number)]


def extended(incident: Incident | None, entries: Sequence[Entry]) -> Incident:
    """The chain with new entries at its end, numbered and sealed."""
    chain = list(incident.entries) if incident else []
    for each in entries:
        numbered = Entry(**{**vars(each), "step": len(chain) + 1})
        chain.append(numbered.sealed(chain[-1].digest if chain else ""))
    return Incident(tuple(chain))


def next_number(unit: str, year: int, known: Iterable[Incident]) -> str:
    """``2121000317-2021-SJ01``: given once, never re-used."""
    head = f"{unit}-{year}-SJ"
    serials = [int(each.incident_no.removeprefix(head)) for each in known if each.incident_no.startswith(head)]
    return f"{head}{max(serials, default=0) + 1:02d}"


def is_blank(values: Mapping[str, Any]) -> bool:
    """Our own empty form come back: it tells of no incident."""
    told = ("found_at", "occurred_at", "course", "severity", "change_note", "judgement", "place")
    return not any(values.get(key) for key in told)


@dataclass(frozen=True)
class Joined:
    """Which chain a report belongs to; ``fault``: a rule of IC-, where it cannot be told."""

    incident: Incident | None = None
    rule: str = ""


def join(values: Mapping[str, Any], unit: str, known: Sequence[Incident]) -> Joined:
    """``known``: the incidents of the unit. A report finds its chain by its number; a first report without one is the
    same incident again where it tells the same discovery, or where its last report is still to be mended.

    A follow-up that names no incident we know belongs to the unit's only open one; else nobody can tell.
    """
    number = str(values.get("incident_no") or "").strip().upper()
    mine = [each for each in known if each.about == unit]
    named = next((each for each in mine if each.incident_no == number), None)
    if named is not None:
        return Joined(named)
    if KIND_OF.get(str(values.get("report_kind"))) in (None, "first"):
        return Joined(_same(values, mine))
    opened = [each for each in mine if not each.is_closed]
    if len(opened) == 1:
        return Joined(opened[0], "IC-002")
    return Joined(None, "IC-001")


def _same(values: Mapping[str, Any], mine: Sequence[Incident]) -> Incident | None:
    found_at = values.get("found_at")
    for each in reversed(mine):
        known = each.values.get("found_at")
        if (found_at and found_at == known) or (each.in_correction and not (found_at and known)):
            return each
    return None


def changed(incident: Incident, values: Mapping[str, Any]) -> list[str]:
    """Facts that a report tells otherwise than the chain did, in the report's order."""
    before = incident.values
    return [
        key
        for key, value in values.items()
        if value not in (None, "", []) and key not in WITHOUT_CHANGE and before.get(key) != value
    ]


def lacking_at_the_end(incident: Incident | None, values: Mapping[str, Any]) -> list[str]:
    """Facts that a final report must leave known; a decision is due where an inquiry was opened (004-B30)."""
    whole = (incident.values if incident else {}) | {key: value for key, value in values.items() if value}
    needed = [*NEEDED_AT_THE_END, *(["decided_at"] if whole.get("inquiry_opened_at") else [])]
    if whole.get("judgement") == "玩笑打闹或一般纠纷":
        needed.remove("outcome")
    return [key for key in needed if not whole.get(key)]


def step_title(incident: Incident, entry: Entry) -> str:
    """首报, 续报1, 续报2, 终报."""
    if entry.kind == "follow":
        before = [each for each in incident.reports if each.kind == "follow" and each.step <= entry.step]
        return f"续报{len(before)}"
    return {"first": "首报", "final": "终报"}[entry.kind]
