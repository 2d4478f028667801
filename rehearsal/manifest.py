"""The truth on disk, one line a unit and return, then one line an office that was asked to sign and one
a unit that was moved or merged: DIR/manifest.jsonl.

phase, deliverable, unit, name, level, parent, respondent, behaviour, is_document, is_exempt, due_at, top_at,
first_contact_gone  mail to the respondent's first address comes back; the next one has to be used
opened_at   the look from which it was owed
sent_back   when an office sent back what the unit had returned
excused_at  when it was merged into another, or null: what has not come by then is no longer expected
forms       that the workbook asks, without the cover
answers     [{at, verdict, fault, variant, is_zero, figures, <form>: {facts, rows}}], in order of time;
            figures only where the answer is to be accepted
expected    snapshot -> how the return must stand in it: status, is_late, in_correction

office, name, level,
milestones  report -> {behaviour, asked, said, deeds, state, by, stands}; see ``offices``

change, unit, other, at   moved | merged, under or into which, when; see ``moving``
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from oneledger.domain.schedule import report_milestones
from rehearsal.counting import answered
from rehearsal.desks import Desk, Sent
from rehearsal.obligations import Owing
from rehearsal.registry import Registry


class Account:
    """What was written in each workbook that was sent; kept on disk, for it is long."""

    def __init__(self, path: Path, end: int = 0) -> None:
        """``end``: how much of the file that is there holds; 0 for a new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("r+b" if end else "w+b")
        self._file.truncate(end)
        self.end = end

    def add(self, told: str) -> tuple[int, int]:
        """Where it stands: offset and length."""
        line = told.encode("utf-8")
        self._file.seek(self.end)
        self._file.write(line + b"\n")
        place = self.end, len(line)
        self.end += len(line) + 1
        return place

    def told(self, place: tuple[int, int]) -> dict[str, Any]:
        self._file.seek(place[0])
        words: dict[str, Any] = orjson.loads(self._file.read(place[1]) or b"{}")
        return words

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class Standing:
    """How a return stands at a moment."""

    status: str  # returned | zero | exempt | missing
    is_late: bool = False
    in_correction: bool = False
    answer: int | None = None  # the one that counts, by its place among the answers


def standing(line: Mapping[str, Any], moment: datetime) -> Standing:
    """The last answer that is to be accepted counts, unless an office has sent it back; faulty ones, and what was sent
    back, leave a missing return in correction."""
    if line["is_exempt"]:
        return Standing("exempt")
    come = [(number, each) for number, each in enumerate(line["answers"]) if _moment(each["at"]) <= moment]
    good = [(number, each) for number, each in come if each["verdict"] == "accepted"]
    back = [_moment(each) for each in line.get("sent_back", ()) if _moment(each) <= moment]
    excused_at = line.get("excused_at")
    if not good or any(_moment(good[-1][1]["at"]) < each for each in back):
        if excused_at and _moment(excused_at) <= moment:
            return Standing("exempt")
        faulty = any(each["verdict"] in ("returned", "refused") for _, each in come)
        return Standing("missing", in_correction=faulty or bool(good))
    number, last = good[-1]
    status = "zero" if last["is_zero"] else "returned"
    in_time = [each for _, each in good if not back or _moment(each["at"]) < back[0]] or [last]
    return Standing(status, is_late=_moment(in_time[-1]["at"]) > _moment(line["due_at"]), answer=number)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def write_manifest(path: Path, registry: Registry, account: Account) -> Path:
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        for phase, owed in registry.owed.items():
            milestones = report_milestones(registry.world.campaign, phase, registry.world.calendar)
            snapshots = {each.key: each.at for each in milestones}
            for owing in owed:
                line = _line(registry, owing, account)
                line["expected"] = dict(_expected(line, owing, snapshots))
                file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return unfinished.replace(path)


def _expected(
    line: Mapping[str, Any], owing: Owing, snapshots: Mapping[str, datetime]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A snapshot speaks only of what was owed by then."""
    for key, at in snapshots.items():
        if owing.top_at <= at:
            stands = standing(line, at)
            yield key, {"status": stands.status, "is_late": stands.is_late, "in_correction": stands.in_correction}


def _line(registry: Registry, owing: Owing, account: Account) -> dict[str, Any]:
    unit = registry.world.units[owing.unit]
    desk = registry.desk_about(owing.phase, owing.respondent, owing.key)
    opened_at, excused_at = owing.opened_at, registry.history.excused_at(unit.code)
    assert opened_at is not None
    is_exempt = registry.is_exempt(unit.code, opened_at)
    forms = () if owing.is_document else registry.world.definitions.forms_of(owing.deliverable, unit.level)
    return {
        "phase": owing.phase,
        "deliverable": owing.deliverable,
        "unit": unit.code,
        "name": unit.name,
        "level": unit.level,
        "parent": unit.parent,
        "respondent": owing.respondent,
        "behaviour": desk.behaviour.name if desk and not is_exempt else "exempt",
        "first_contact_gone": owing.respondent in registry.gone,
        "is_document": owing.is_document,
        "is_exempt": is_exempt,
        "excused_at": excused_at.isoformat() if excused_at else None,
        "due_at": owing.due_at.isoformat(),
        "top_at": owing.top_at.isoformat(),
        "opened_at": opened_at.isoformat(),
        "sent_back": [at.isoformat() for at in registry.sent_back.get((owing.phase, owing.unit), ())],
        "forms": answered(forms),
        "answers": list(_answers(desk, owing, account)),
    }


def _answers(desk: Desk | None, owing: Owing, account: Account) -> Iterator[dict[str, Any]]:
    sent: Iterable[Sent] = desk.sent.get(owing.key, ()) if desk else ()
    for each in sent:
        piece = each.piece
        yield {
            "at": each.at.isoformat(),
            "verdict": each.verdict,
            "fault": piece.fault.value if piece else "",
            "variant": piece.variant if piece else 0,
            "is_zero": bool(piece and piece.is_zero),
            **(account.told(each.told) if piece else {}),
        }


def read_manifest(
    path: Path, phase: str = "", is_wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[dict[str, Any]]:
    """The returns, of one phase where one is named, line by line: never the whole of it in memory. ``is_wanted``: by
    code of the unit; whatever is not is not parsed."""
    begins = _RETURN + json.dumps(phase) if phase else _RETURN
    with path.open(encoding="utf-8") as file:
        for text in file:
            if text.startswith(begins) and is_wanted(text.partition(_UNIT)[2].partition('"')[0]):
                yield orjson.loads(text)


_RETURN, _UNIT = '{"phase":', '"unit":"'
_OFFICE = '{"office":'


def add_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    with path.open("a", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_offices(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            if text.startswith(_OFFICE):
                yield orjson.loads(text)
