"""A rule of a launched campaign that is mended: a new reading of what comes and came, on the sheets that are out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oneledger.domain.forms import Field, Form

_CHECKS: dict[str, Any] = {"required": False, "min": None, "max": None, "min_len": None, "max_len": None}


@dataclass(frozen=True)
class Amendment:
    form: str  # ledger-v1
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    by: str
    at: datetime
    id: int = 0


def amendment_faults(before: Form, after: Form) -> list[str]:
    """Only rules and the limits of a field may change: what is printed, where, and what its values mean stay."""
    if _without_checks(before) == _without_checks(after):
        return [] if before != after else ["nothing differs from the form as it is now"]
    one, other = _without_checks(before).model_dump(), _without_checks(after).model_dump()
    differing = [key for key in one if one[key] != other[key]]
    may = "only rules, and required, min, max, min_len, max_len of a field, may change"
    return [f"{', '.join(differing)}: {may}; sheets that are out cannot be altered"]


def changed_rules(before: Form, after: Form) -> list[str]:
    """Ids of the rules that are judged otherwise from now on, those taken away and added among them."""
    one, other = _rules(before), _rules(after)
    return sorted(rule for rule in one.keys() | other.keys() if one.get(rule) != other.get(rule))


def rule_ids(form: Form) -> set[str]:
    return set(_rules(form))


def _rules(form: Form) -> dict[str, Any]:
    fields = {form.rule_of(field): field.model_dump() for field in (*form.facts, *form.columns)}
    return fields | {rule.id: rule.model_dump() for rule in form.rules}


def _without_checks(form: Form) -> Form:
    table = form.table
    if table is not None:
        table = table.model_copy(update={"columns": _bare(table.columns)})
    return form.model_copy(update={"rules": (), "facts": _bare(form.facts), "table": table})


def _bare(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(field.model_copy(update=_CHECKS) for field in fields)
