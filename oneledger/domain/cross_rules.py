"""A form's cross rules, sorted once into those of a row and those of the facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oneledger.domain.cells import cell_name
from oneledger.domain.expressions import Expression, compiled
from oneledger.domain.findings import Finding
from oneledger.domain.forms import CrossRule, Form
from oneledger.domain.layout import Placed, Position
from oneledger.domain.parsed import shown
from oneledger.domain.remembered import once_a_form

Values = Mapping[str, Any]


@dataclass(frozen=True)
class _Rule:
    rule: CrossRule
    check: Expression
    when: Expression | None
    names: frozenset[str]

    def fails(self, values: Values, broken: frozenset[str]) -> bool:
        """A rule that reads a value nobody knows says nothing."""
        if broken and not self.names.isdisjoint(broken):
            return False
        if self.when is not None and not self.when.holds(values):
            return False
        return self.check.holds(values) is False


@dataclass(frozen=True)
class RulePlan:
    of_row: Sequence[_Rule]
    of_facts: Sequence[_Rule]

    def broken_by_row(
        self, values: Values, broken: frozenset[str], places: Mapping[str, Position], placed: Placed
    ) -> list[Finding]:
        return [_finding(each.rule, places, placed) for each in self.of_row if each.fails(values, broken)]

    def broken_by_facts(self, values: Values, broken: frozenset[str], placed: Placed) -> list[Finding]:
        places = placed.facts.cells
        return [_finding(each.rule, places, placed) for each in self.of_facts if each.fails(values, broken)]

    def judges_zero(self, zero_fact: str) -> bool:
        """Whether the form says in its own words what a zero report may hold."""
        return any({zero_fact, "table_rows"} <= each.names for each in self.of_facts)


@once_a_form
def plan_of(form: Form) -> RulePlan:
    columns = {column.key for column in form.columns}
    rules = [_rule(rule) for rule in form.rules]
    return RulePlan(
        [rule for rule in rules if rule.names & columns],
        [rule for rule in rules if not rule.names & columns],
    )


def _rule(rule: CrossRule) -> _Rule:
    check = compiled(rule.check)
    when = compiled(rule.when) if rule.when else None
    names = check.names | {rule.cell} | (when.names if when else frozenset())
    return _Rule(rule, check, when, names)


def _finding(rule: CrossRule, places: Mapping[str, Position], placed: Placed) -> Finding:
    place = places.get(rule.cell)
    cell, found = (cell_name(*place), shown(placed.at(place))) if place else ("", "")
    return Finding(rule.id, placed.sheet.name, cell, found, "", rule.message, rule.level)
