"""What inspectors found must have reached the school: one notice for each record that names a problem, and no other."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Form
from rehearsal.manifest import read_manifest

_Record = tuple[str, str]  # deliverable, unit


def check_notices(
    directory: Path, forms: Mapping[str, Form], last: datetime, dead: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """``last``: the last look. ``dead``: phase -> schools whose boxes take no mail while it lasts."""
    columns = {form.form: form.opens.row for form in forms.values() if form.opens and form.scoring}
    wanted: Counter[_Record] = Counter()
    for line in read_manifest(directory / "manifest.jsonl"):
        if line["unit"] not in dead.get(line["phase"], ()):
            found = sum(_names_problems(each, columns, last) for each in line["answers"])
            wanted[line["deliverable"], line["unit"]] += found
    told: Counter[_Record] = Counter()
    with (directory / "delivered.jsonl").open(encoding="utf-8") as file:
        for mail in map(json.loads, file):
            notice, *about = mail["kind"].split("/")
            if notice == "supervise":
                told[about[1], about[2]] += 1
    for (deliverable, unit), count in sorted((wanted - told).items()):
        yield f"{unit} {deliverable}: {count} more to come: supervise"
    for (deliverable, unit), count in sorted((told - wanted).items()):
        yield f"{unit} {deliverable}: {count} too many: supervise"


def owed_by_notice(
    manifest: Path, forms: Mapping[str, Form], campaign: Campaign, looks: Sequence[datetime]
) -> list[dict[str, Any]]:
    """As lines of a manifest, for the ladder: the sheet to mend on, owed from the look that sent the notice until the
    day the inspectors set, by each school that owed none before. The village does not answer them."""
    columns = {form.form: form.opens.row for form in forms.values() if form.opens and form.scoring}
    days = {form.form: form.opens.due for form in forms.values() if form.opens and form.scoring}
    progress = {reference for reference, form in forms.items() if form.role == "progress"}
    sheet = next((each for each in campaign.deliverables if progress & set(each.forms)), None)
    owing: set[str] = set()
    found: list[tuple[datetime, str, str]] = []
    for line in read_manifest(manifest):
        if sheet and line["deliverable"] == sheet.deliverable:
            owing.add(line["unit"])
        for each in line["answers"]:
            if sheet and line["level"] in sheet.respondents.levels and _names_problems(each, columns, looks[-1]):
                day = next(each[form]["facts"][fact] for form, fact in days.items() if form in each)
                found.append(
                    (next(look for look in looks if look >= datetime.fromisoformat(each["at"])), line["unit"], day)
                )
    owed: dict[str, dict[str, Any]] = {}
    for look, unit, day in sorted(found):
        if sheet and unit not in owing:
            due = datetime.combine(date.fromisoformat(day), campaign.due_time, ZoneInfo(campaign.timezone))
            line = {"unit": unit, "respondent": unit, "phase": sheet.phase, "is_exempt": False, "answers": []}
            owed.setdefault(unit, line | {"opened_at": look.isoformat(), "due_at": due.isoformat()})
    return list(owed.values())


def _names_problems(answer: Mapping[str, Any], columns: Mapping[str, str], last: datetime) -> bool:
    if answer["verdict"] != "accepted" or datetime.fromisoformat(answer["at"]) > last:
        return False
    return any(row.get(column) for form, column in columns.items() for row in answer.get(form, {}).get("rows", ()))
