"""The volume of articles as a file, and on the terminal what should be asked before it is printed."""

from datetime import datetime
from pathlib import Path
from typing import Any

from oneledger.domain.errors import RefusedError
from tasks.office import running
from tasks.volume import compiled_of, volume


def write_volume(name: str, unit: str, path: Path, as_of: datetime) -> dict[str, Any]:
    """{articles, units, without, questions}. Raises RefusedError where the campaign compiles nothing or none came."""
    here = running(name)
    top = unit or here.campaign.root
    if not compiled_of(here):
        raise RefusedError([f"{name} compiles no document: no deliverable says is_compiled"])
    if top not in here.units:
        raise RefusedError([f"no unit {top} in {name}"])
    made = volume(here, top, as_of)
    if not made.content:
        raise RefusedError([f"no article of {here.units[top].name} has come yet"])
    path.write_bytes(made.content)
    return {
        "articles": made.articles,
        "units": made.units,
        "without": [{"unit": code, "name": here.units[code].name} for code in made.without],
        "questions": [
            {"unit": code, "name": here.units[code].name, "rule": finding.rule, "sentence": finding.sentence()}
            for code, finding in made.questions
        ],
    }
