"""What every office asked to sign meant to do, and how its sign-off must end: written into the manifest, then compared
with the record, for each report and each supplement to it.

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
from oneledger.domain.work_calendar import WorkCalendar
from rehearsal.manifest import read_manifest
from rehearsal.moving import ParentsAt
from rehearsal.officers import Officers
from rehearsal.sign_truth import Meant, Truth

Line = dict[str, Any]


def meant_by_offices(
    manifest: Path,
    campaign: Campaign,
    calendar: WorkCalendar,
    officers: Officers,
    looked: Sequence[datetime],
    parents_at: ParentsAt,
) -> list[Line]:
    """One line an office, in order of code. ``looked``: when the pipeline really looked."""
    zone = ZoneInfo(campaign.timezone)
    truth = Truth(manifest, campaign, calendar, officers, [at.astimezone(zone) for at in sorted(looked)], parents_at)
    found: dict[str, Line] = {}
    for each in truth.courses():
        unit = officers.units[each.office]
        line = {"office": unit.code, "name": unit.name, "level": unit.level, "milestones": {}}
        found.setdefault(unit.code, line)["milestones"][each.key] = _as_line(officers, each)
    return [found[code] for code in sorted(found)]


def _as_line(officers: Officers, meant: Meant) -> Line:
    course, key = meant.course, (meant.key, meant.office)
    return {
        "behaviour": officers.behaviours.get(key, "never asked"),
        "asked": [at.isoformat() for at in officers.asked.get(key, ())],
        "said": [
            {"at": each.at.isoformat(), "by": each.by, "round": each.round, "deed": each.deed, "text": each.text,
             "counts": each.counts}
            for each in officers.said
            if (each.milestone, each.unit) == key
        ],
        "deeds": course.deeds,
        "state": course.state,
        "by": course.signed_by,
        "stands": course.signed is not None and course.signed == meant.frozen,
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
