"""One record of a form drawn from what the form itself says: types, choices, bounds, what is required, every rule."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field as member
from datetime import date, datetime, time, timedelta
from typing import Any

from oneledger.domain.expressions import compiled
from oneledger.domain.forms import CrossRule, Field, FieldType
from rehearsal import wording
from rehearsal.mending import Mender, Values, tree_of
from rehearsal.names import person_name

Suggestion = Callable[[Values], Any]
_OPTIONAL_SHARE = 0.4
_MOST_ROUNDS = 60
_LONG = 200


class NoAnswerError(Exception):
    """The rules of a form contradict one another for some unit: nobody could answer it."""


@dataclass(frozen=True)
class Scope:
    """What a writer knows besides the form."""

    today: date
    opens_on: date
    values: Mapping[str, Any] = member(default_factory=dict)  # what rules may read: forms.CONTEXT, printed values


@dataclass(frozen=True)
class RecordKind:
    """The fields and rules of one list of facts, or of one row of a table."""

    fields: Sequence[Field]
    rules: Sequence[CrossRule]


class Pen:
    """Draws records of one kind for one writer. ``suggestions``: better values for some fields, from those before."""

    def __init__(
        self, kind: RecordKind, scope: Scope, rng: random.Random, suggestions: Mapping[str, Suggestion] | None = None
    ) -> None:
        self._kind = kind
        self._scope = scope
        self._rng = rng
        self._suggestions = suggestions or {}
        self._fields = {field.key: field for field in kind.fields}
        self._values: Values = {}

    def record(self, printed: Mapping[str, Any] | None = None) -> Values:
        """Raises NoAnswerError where no values satisfy the rules. ``printed``: values that stand in the row already."""
        self._values = {field.key: None for field in self._kind.fields} | dict(printed or {})
        for field in self._kind.fields:
            if not field.locked and self._values[field.key] is None and self._is_wanted(field):
                self._values[field.key] = self._drawn(field)
        for _ in range(_MOST_ROUNDS):
            if not self._settle():
                return self._values
        broken = [rule.id for rule in self._kind.rules if self._is_broken(rule)]
        raise NoAnswerError(f"no answer keeps {'、'.join(broken)}: {self._values}")

    def _is_wanted(self, field: Field) -> bool:
        """Conditions may read later fields: they are looked at again when all are drawn."""
        if field.key in self._suggestions or field.required is True:
            return True
        if isinstance(field.required, str):
            return bool(compiled(field.required).holds(self._all()))
        return self._rng.random() < _OPTIONAL_SHARE

    def _drawn(self, field: Field) -> Any:
        suggestion = self._suggestions.get(field.key)
        if suggestion is None:
            return plain_value(field, self._scope, self._rng)
        try:
            value = suggestion(self._values)
        except KeyError:  # made for another form of that name, which has the fields it reads
            return plain_value(field, self._scope, self._rng)
        return value if _may_stand(field, value) else plain_value(field, self._scope, self._rng)

    def _settle(self) -> bool:
        """One round of mending; says whether anything was amiss."""
        amiss = False
        for field in self._kind.fields:
            if self._values[field.key] is None and not field.locked and self._is_required(field):
                self._values[field.key] = plain_value(field, self._scope, self._rng)
                amiss = True
        for rule in self._kind.rules:
            if self._is_broken(rule):
                amiss = True
                self._mend(rule)
        return amiss

    def _is_required(self, field: Field) -> bool:
        if isinstance(field.required, str):
            return bool(compiled(field.required).holds(self._all()))
        return field.required

    def _is_broken(self, rule: CrossRule) -> bool:
        everything = self._all()
        applies = rule.when is None or compiled(rule.when).holds(everything) is True
        return applies and compiled(rule.check).holds(everything) is False

    def _mend(self, rule: CrossRule) -> None:
        mender = Mender(
            self._fields, self._values, self._scope.values, lambda field: plain_value(field, self._scope, self._rng)
        )
        moved = mender.mend(tree_of(rule.check), self._rng)
        if rule.when is not None and (not moved or self._is_broken(rule)):
            mender.mend(tree_of(rule.when), self._rng, holds=False)

    def _all(self) -> Mapping[str, Any]:
        return {**self._scope.values, **self._values}


def _may_stand(field: Field, value: Any) -> bool:
    if value is None or not field.choices:
        return True
    return all(each in field.choices for each in (value if isinstance(value, list | tuple) else (value,)))


def plain_value(field: Field, scope: Scope, rng: random.Random) -> Any:  # noqa: PLR0911  one line a type
    """A plausible value of the field's type, by its bounds and the words of its title."""
    match field.type:
        case FieldType.INT:
            return int(_number(field, rng))
        case FieldType.NUMBER:
            return _number(field, rng)
        case FieldType.YESNO:
            return "是" if rng.random() < 0.85 else "否"
        case FieldType.CHOICE:
            return rng.choice(field.choices)
        case FieldType.MULTI:
            picked = set(rng.sample(field.choices, rng.randint(1, min(3, len(field.choices)))))
            return [choice for choice in field.choices if choice in picked]
        case FieldType.DATE:
            return day_between(rng, scope.opens_on, scope.today)
        case FieldType.DATETIME:
            return datetime.combine(day_between(rng, scope.opens_on, scope.today), time(10, 30))
        case FieldType.TEXT:
            return _text(field, scope, rng)
    return _address(field, rng)


def _number(field: Field, rng: random.Random) -> float:
    low = int(field.min or 0)
    high = int(field.max) if field.max is not None else low + 100
    return rng.randint(low, min(high, low + 40))


def day_between(rng: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))


def _text(field: Field, scope: Scope, rng: random.Random) -> str:  # noqa: PLR0911  one line a kind of title
    least, most = field.min_len or 0, field.max_len or _LONG
    if field.personal:
        return person_name(rng)
    if "职务" in field.title:
        return rng.choice(wording.JOBS)[:most]
    if "文号" in field.title:
        return wording.document_no(rng, scope.today.year)
    if "部门" in field.title or "单位" in field.title or "机构" in field.title:
        return rng.choice(wording.DEPARTMENTS)
    if "佐证" in field.title or "文件名" in field.title:
        return rng.choice(wording.EVIDENCE)
    if most > 5 * _LONG:
        return wording.long_text(rng, field.title, least, most)
    return wording.short_text(rng, least, most)


def _address(field: Field, rng: random.Random) -> str:
    """Of telephones, mail boxes and web pages: none that exists."""
    number = rng.randrange(1000, 10000)
    if field.type == FieldType.EMAIL:
        return f"office{number}@rehearsal.invalid"
    return f"http://www.office{number}.rehearsal.invalid/" if field.type == FieldType.URL else wording.telephone(rng)
