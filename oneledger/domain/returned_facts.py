"""What a unit has returned before and is asked again (prefill: returned): printed, so that it writes nothing twice."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oneledger.domain.forms import RETURNED, Field, FieldType, Form
from oneledger.domain.known_answers import typed_values

Facts = dict[str, dict[str, Any]]  # form -> fact -> value
_OF_ITS_TIME = frozenset({FieldType.INT, FieldType.NUMBER, FieldType.DATE, FieldType.DATETIME})


def lasting(form: Form) -> dict[str, Field]:
    return {fact.key: fact for fact in form.facts if fact.prefill == RETURNED}


def printed_again(form: Form, returned: Facts) -> dict[str, Any]:
    """As much of it as this sheet asks."""
    known = returned.get(form.form, {})
    return {key: known[key] for key in lasting(form) if key in known}


def known_facts(campaign: str, forms: Sequence[Form], kept: Iterable[tuple[str, Mapping[str, Any]]]) -> Facts:
    """``kept``: (campaign, ledgers) of one unit's accepted returns, oldest first; the later one counts.

    Of earlier campaigns neither names, which were given for that campaign alone (PIPL 6), nor numbers and days, which
    are those of another year and might be left standing.
    """
    found: Facts = {}
    for of_campaign, ledgers in kept:
        for form in forms:
            fields = lasting(form)
            told = typed_values(fields, ledgers[form.form]["facts"]) if form.form in ledgers and fields else {}
            found.setdefault(form.form, {}).update(
                {
                    key: told[key]
                    for key, field in fields.items()
                    if key in told and (of_campaign == campaign or _outlasts(field)) and _fits(field, told[key])
                }
            )
    return {form: {key: value for key, value in facts.items() if value is not None} for form, facts in found.items()}


def _outlasts(field: Field) -> bool:
    return not field.personal and field.type not in _OF_ITS_TIME


def _fits(field: Field, value: Any) -> bool:
    """A choice that the form no longer offers is not printed."""
    if value is None or not field.allowed:
        return True
    return set(value if isinstance(value, list) else [value]) <= set(field.allowed)
