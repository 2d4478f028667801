"""How an assignment stands after its versions were judged anew, and whether a judgement is another one at all."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from oneledger.domain.assignments import Assignment
from oneledger.domain.findings import Finding


@dataclass(frozen=True)
class Version:
    submission: int
    version: int
    is_accepted: bool
    is_zero: bool
    is_late: bool


def standing_after(before: Assignment, versions: Sequence[Version]) -> Assignment:
    """The last valid version counts; without one, the unit has not answered yet."""
    counting = next((each for each in reversed(versions) if each.is_accepted), None)
    if before.status == "exempt":
        return before
    if counting is None:
        return replace(before, status="missing", is_late=False, in_correction=bool(versions), accepted=None)
    return replace(
        before,
        status="zero" if counting.is_zero else "returned",
        is_late=counting.is_late,
        in_correction=False,
        accepted=counting.submission,
    )


class Kept(Protocol):
    @property
    def verdict(self) -> str: ...
    @property
    def is_zero(self) -> bool: ...
    @property
    def ledgers(self) -> dict[str, Any]: ...
    @property
    def figures(self) -> dict[str, Any]: ...
    @property
    def findings(self) -> list[Finding]: ...


def differs(kept: Kept, row: Mapping[str, Any], unsealed: Callable[[Any], Any]) -> bool:
    """Compared as the store keeps it: dates are text there. A sealed value looks different each time it is sealed."""
    findings = [vars(each) for each in kept.findings]
    before = (kept.verdict, bool(kept.is_zero), kept.ledgers, kept.figures, findings)
    after = tuple(row[name] for name in ("verdict", "is_zero", "ledgers", "figures", "findings"))
    return bool(_opened(_plain(before), unsealed) != _opened(_plain(after), unsealed))


def _opened(value: Any, unsealed: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _opened(each, unsealed) for key, each in value.items()}
    if isinstance(value, list):
        return [_opened(each, unsealed) for each in value]
    return unsealed(value)


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))
