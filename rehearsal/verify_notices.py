"""What inspectors found must have reached the school: one notice for each record that names a problem, and no other."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

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


def _names_problems(answer: Mapping[str, Any], columns: Mapping[str, str], last: datetime) -> bool:
    if answer["verdict"] != "accepted" or datetime.fromisoformat(answer["at"]) > last:
        return False
    return any(row.get(column) for form, column in columns.items() for row in answer.get(form, {}).get("rows", ()))
