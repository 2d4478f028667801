"""What every office asked to sign meant to do, and how its sign-off must end: written into the manifest, then compared
with the record, report by report.

behaviour  see ``officers.MIX``
asked      when each request came
said       [{at, by, round, deed, text, counts}]
deeds      what the record must hold, in order: ask, agree, return, defer, move, lapse
state      in which the sign-off must end
by         whose signature was the last
stands     whether it is a signature under the very figures that were frozen
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.campaigns import Campaign
from oneledger.domain.schedule import Milestone, report_milestones, turns
from oneledger.domain.work_calendar import WorkCalendar
from rehearsal.manifest import read_manifest
from rehearsal.officers import Officers, Word
from rehearsal.sign_course import Branch, Course
from rehearsal.verify import Seen, sums_at

Line = dict[str, Any]


def meant_by_offices(
    manifest: Path, campaign: Campaign, calendar: WorkCalendar, officers: Officers, looked: Sequence[datetime]
) -> list[Line]:
    """One line an office, in order of code. ``looked``: when the pipeline really looked."""
    zone = ZoneInfo(campaign.timezone)
    looked = [at.astimezone(zone) for at in sorted(looked)]
    found: dict[str, Line] = {}
    for phase in campaign.phases:
        for milestone in report_milestones(campaign, phase.phase, calendar):
            for code, meant in _of_report(manifest, campaign, calendar, officers, looked, milestone):
                unit = officers.units[code]
                line = {"office": code, "name": unit.name, "level": unit.level, "milestones": {}}
                found.setdefault(code, line)["milestones"][milestone.key] = meant
    return [found[code] for code in sorted(found)]


def _of_report(
    manifest: Path, campaign: Campaign, calendar: WorkCalendar, officers: Officers, looked: Sequence[datetime],
    milestone: Milestone,
) -> Iterator[tuple[str, Line]]:  # fmt: skip
    turn_of = {turn.level: turn for turn in turns(campaign, milestone, calendar)}
    first = min((turn.asks_at for turn in turn_of.values()), default=milestone.at)
    asking = [at for at in looked if first <= at < milestone.at]
    frozen_at = next((at for at in looked if at >= milestone.at), None)
    if not asking or frozen_at is None:
        return
    seen = [Seen(milestone.phase, milestone.at, at, at) for at in asking]
    seen.append(Seen(milestone.phase, milestone.at, milestone.at, frozen_at))
    offices = {code for code, unit in officers.units.items() if unit.level in turn_of}
    sums = sums_at(manifest, {code: unit.parent for code, unit in officers.units.items()}, seen, offices)
    for code in sorted(offices):
        branches = {at: Branch.of(each[code]) for at, each in zip(asking, sums, strict=False) if code in each}
        said = [each for each in officers.said if (each.milestone, each.unit) == (milestone.key, code)]
        course = Course(turn_of[officers.units[code].level], milestone.at)
        course.run(looked, branches, said)
        if course.deeds:
            frozen = Branch.of(sums[-1][code]) if code in sums[-1] else None
            yield code, _as_line(officers, milestone.key, code, course, frozen, said)


def _as_line(
    officers: Officers, milestone: str, code: str, course: Course, frozen: Branch | None, said: Iterable[Word]
) -> Line:
    return {
        "behaviour": officers.behaviours.get((milestone, code), "never asked"),
        "asked": [at.isoformat() for at in officers.asked.get((milestone, code), ())],
        "said": [
            {"at": each.at.isoformat(), "by": each.by, "round": each.round, "deed": each.deed, "text": each.text,
             "counts": each.counts}
            for each in said
        ],
        "deeds": course.deeds,
        "state": course.state,
        "by": course.signed_by,
        "stands": course.signed is not None and course.signed == frozen,
    }  # fmt: skip


def check_signatures(lines: Iterable[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """``rows``: as ``oneledger signatures --json`` tells them. Every difference, one a line."""
    meant = {(key, line["office"]): each for line in lines for key, each in line["milestones"].items()}
    found = {(row["milestone"], row["unit"]): row for row in rows}
    for key in sorted(meant.keys() ^ found.keys()):
        yield f"{key}: meant to be asked or recorded as asked, but not both"
    for key in sorted(meant.keys() & found.keys()):
        for what, must_be, is_ in _beside(meant[key], found[key]):
            if must_be != is_:
                yield f"{key} {meant[key]['behaviour']}: {what} must be {must_be}, found {is_}"


def _beside(meant: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield "requests that came", meant["deeds"].count("ask"), len(meant["asked"])
    yield "deeds", meant["deeds"], [each["deed"] for each in row["entries"]]
    yield "state", meant["state"], row["state"]
    yield "signed by", meant["by"], row["signed_by"]
    yield (
        "signed as frozen",
        meant["stands"],
        row["signed_digest"] != "" and row["signed_digest"] == row["frozen_digest"],
    )


def check_sent_back(directory: Path, last: datetime) -> Iterator[str]:
    """Who was sent back was told so once for each return; nobody else was."""
    wanted: Counter[tuple[str, str]] = Counter()
    for line in read_manifest(directory / "manifest.jsonl"):
        accepted = [datetime.fromisoformat(each["at"]) for each in line["answers"] if each["verdict"] == "accepted"]
        back = [datetime.fromisoformat(each) for each in line["sent_back"]]
        wanted[line["deliverable"], line["unit"]] += sum(
            at <= last and any(each < at for each in accepted) for at in back
        )
    told: Counter[tuple[str, str]] = Counter()
    with (directory / "delivered.jsonl").open(encoding="utf-8") as file:
        for mail in map(json.loads, file):
            notice, *about = mail["kind"].split("/")
            if notice == "sent-back":
                told[about[1], about[2]] += 1
    for (deliverable, unit), count in sorted((wanted - told).items()):
        yield f"{unit} {deliverable}: {count} more to come: sent-back"
    for (deliverable, unit), count in sorted((told - wanted).items()):
        yield f"{unit} {deliverable}: {count} too many: sent-back"
