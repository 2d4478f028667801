"""Who said what of a problem, and when: one event for each change, written beside it and never altered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from oneledger.domain.problem_states import WITHDRAWN
from oneledger.domain.problems import Problem

DEEDS: Mapping[str, str] = {
    "opened": "登记",
    "changed": "更改内容",
    "told": "报送进展",
    "withdrawn": "撤回",
    "reopened": "重新登记",
    "escalated": "逾期上报",
    "carried": "转入",
}


@dataclass(frozen=True)
class ProblemEvent:
    """``cause`` with problem and deed is unique: what is recorded twice stands once."""

    problem_no: str
    at: datetime
    deed: str
    by: str  # code of the unit that said it, or the post that did it
    cause: str  # submission 12, county@2021-06-15, liaoning-2021
    before: str
    after: str
    submission: int | None = None
    said: Mapping[str, Any] = field(default_factory=dict)  # only what changed


def events_between(
    before: Sequence[Problem], after: Sequence[Problem], *, at: datetime, by: str, submission: int
) -> list[ProblemEvent]:
    """What one accepted return did to a unit's problems; nothing for those it left as they were."""
    known = {problem.problem_no: problem for problem in before}
    found = []
    for problem in after:
        old = known.get(problem.problem_no)
        said = _said(old, problem)
        if said or old is None or old.state != problem.state:
            deed, was = _deed(old, problem), old.state if old else ""
            cause = f"submission {submission}"
            found.append(ProblemEvent(problem.problem_no, at, deed, by, cause, was, problem.state, submission, said))
    return found


def _deed(old: Problem | None, new: Problem) -> str:
    if old is None:
        return "opened"
    if old.state != WITHDRAWN == new.state:
        return "withdrawn"
    if old.state == WITHDRAWN != new.state:
        return "reopened"
    return "told" if _plain(old.progress) != _plain(new.progress) else "changed"


def _said(old: Problem | None, new: Problem) -> dict[str, Any]:
    """Its own values, and what was told of it beyond them, as far as they are new."""
    was = {**_plain(old.values), **_plain(old.progress)} if old else {}
    now = {**_plain(new.values), **_plain(new.progress)}
    return {key: value for key, value in now.items() if value != was.get(key)}


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """As the store gives them back: dates as text."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in (values or {}).items()}
