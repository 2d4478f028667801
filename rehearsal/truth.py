"""What each unit means to report, from a seed alone: the same for whoever asks again, never shown to the pipeline."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import PhaseKind
from oneledger.domain.expressions import compiled
from oneledger.domain.forms import CrossRule, Field, Form, Rows, Table
from rehearsal.beside import concluded, with_agreement
from rehearsal.case import WAS, Case, always
from rehearsal.drawing import Pen, RecordKind, Scope, Suggestion
from rehearsal.filler import Meant, Values
from rehearsal.obligations import Definitions
from rehearsal.problem_book import may_follow
from rehearsal.truth_facts import FACTS
from rehearsal.truth_rows import ROWS

CANDID_SHARE = 0.05
"""Of the units, those that tell an awkward truth: not every pupil screened, a mechanism still missing. It is accepted,
with a question (level: query)."""


@dataclass(frozen=True)
class Occasion:
    """One answer of one unit. ``variant`` tells its several answers apart; ``known``: rows of its own ledger;
    ``selfcheck``: rows of the self-check that stands beside an inspection."""

    deliverable: str
    unit: CampaignUnit
    today: date  # when it is first filled in: no date in it is later
    due_on: date
    variant: int = 0
    is_zero: bool = False
    known: Sequence[Values] = field(default_factory=tuple)
    selfcheck: Sequence[Values] = field(default_factory=tuple)


class Truth:
    def __init__(self, definitions: Definitions, seed: int, candid_share: float = CANDID_SHARE) -> None:
        self._definitions = definitions
        self._seed = seed
        self._candid_share = candid_share

    def is_candid(self, unit: str) -> bool:
        return self._rng(unit, "candid").random() < self._candid_share

    def problem_count(self, unit: CampaignUnit, variant: int, *, is_zero: bool) -> int:
        """How many rows its problem ledger has: most schools two or three, a large one more."""
        if is_zero:
            return 0
        rng = self._rng(unit.code, f"problems-{variant}")
        return rng.choices((1, 2, 3, 4, 5, 6, 8), (20, 28, 24, 14, 8, 4, 2))[0]

    def meant(self, occasion: Occasion) -> Meant:
        facts: dict[str, Values] = {}
        rows: dict[str, Sequence[Values]] = {}
        for form in self._definitions.forms_of(occasion.deliverable, occasion.unit.level):
            facts[form.form], rows[form.form] = self._form(form, occasion, rows)
        return Meant(facts, {name: each for name, each in rows.items() if each})

    def _form(
        self, form: Form, occasion: Occasion, before: Mapping[str, Sequence[Values]]
    ) -> tuple[Values, Sequence[Values]]:
        rng = self._rng(occasion.unit.code, f"{occasion.deliverable}-{form.form}-{occasion.variant}")
        case = Case(
            rng=rng,
            unit=occasion.unit,
            today=occasion.today,
            opens_on=self._opens_on(occasion),
            rectify_ends_on=self._rectify_ends_on(),
            is_candid=self.is_candid(occasion.unit.code),
            is_zero=occasion.is_zero,
            rows_of=before,
            degrees={tier.code: tier.title for tier in reversed(self._definitions.campaign.severity)},
        )
        printed = self._printed(form, occasion)
        scope = self._scope(case, occasion, len(printed))
        rows = self._rows(form, case, scope, printed)
        rows = [with_agreement(form, occasion.selfcheck, row) for row in rows]
        facts = self._facts(form, case, scope, rows)
        return facts, rows

    def _rng(self, unit: str, purpose: str) -> random.Random:
        return random.Random(f"{self._seed}:{unit}:{purpose}")

    def _opens_on(self, occasion: Occasion) -> date:
        deliverable = self._definitions.campaign.deliverable(occasion.deliverable)
        return self._definitions.campaign.phase(deliverable.phase).opens_on or occasion.today

    def _rectify_ends_on(self) -> date | None:
        ends = [phase.ends_on for phase in self._definitions.campaign.phases if phase.kind is PhaseKind.RECTIFY]
        return max((end for end in ends if end), default=None)

    def _scope(self, case: Case, occasion: Occasion, table_rows: int) -> Scope:
        """What rules may read besides the form: forms.CONTEXT. The day of receipt is the day of writing, or later."""
        phase = self._definitions.campaign.deliverable(occasion.deliverable).phase
        known: dict[str, Any] = {
            "phase_opens_on": case.opens_on,
            "phase_ends_on": self._definitions.campaign.phase(phase).ends_on,
            "rectify_ends_on": case.rectify_ends_on,
            "received_on": occasion.today,
            "due_on_unit": occasion.due_on,
            "table_rows": table_rows,
            "stage": occasion.unit.stage,
            "level": occasion.unit.level,
        }
        return Scope(occasion.today, case.opens_on, known)

    def _printed(self, form: Form, occasion: Occasion) -> list[Values]:
        """What stands in each row before anything is written: blank rows of an open table, as many as are meant."""
        table = form.table
        if table is None:
            return []
        if table.rows == Rows.FIXED:
            items: list[Values] = [{table.key: item.no, **item.values} for item in table.items]
            if form.agreement is None:
                return items
            told = form.agreement.told
            return [{**item, told: concluded(form, occasion.selfcheck, item)} for item in items]
        if table.rows == Rows.PREFILLED:
            return [_as_printed(table, row) for row in occasion.known]
        return [{} for _ in range(self.problem_count(occasion.unit, occasion.variant, is_zero=occasion.is_zero))]

    def _rows(self, form: Form, case: Case, scope: Scope, printed: Sequence[Values]) -> list[Values]:
        if form.table is None:
            return []
        kind = RecordKind(form.columns, [rule for rule in _kept(form, case) if _is_about(rule, form.columns)])
        suggest = ROWS.get(form.form)
        rows: list[Values] = []
        for number, values in enumerate(printed, 1):
            suggestions = suggest(case, number, values, rows) if suggest else dict(_next_states(form, case, values))
            suggestions = _of(form.columns, {form.table.key: always(number), **suggestions})
            rows.append(Pen(kind, scope, case.rng, suggestions).record(values))
        return rows

    def _facts(self, form: Form, case: Case, scope: Scope, rows: Sequence[Values]) -> Values:
        kind = RecordKind(form.facts, [rule for rule in _kept(form, case) if not _is_about(rule, form.columns)])
        suggest = FACTS.get(form.form)
        suggestions = dict(suggest(case, rows)) if suggest else {}
        if form.zero_fact:
            suggestions[form.zero_fact] = lambda _: "否" if rows else "是"
        return Pen(kind, scope, case.rng, _of(form.facts, suggestions)).record()


def _next_states(form: Form, case: Case, printed: Values) -> Iterator[tuple[str, Suggestion]]:
    """A progress sheet of any form tells a state that may follow the last one."""
    for column in form.columns if form.role == "progress" else ():
        if column.key == "state" and column.choices:
            yield "state", always(case.rng.choice([each for each in column.choices if may_follow(printed[WAS], each)]))


def _kept(form: Form, case: Case) -> Sequence[CrossRule]:
    """A candid unit keeps what must be kept (errors), and lets itself be asked about the rest (queries)."""
    return [rule for rule in form.rules if rule.level == "error" or not case.is_candid]


def _of(fields: Sequence[Field], suggestions: Mapping[str, Suggestion]) -> dict[str, Suggestion]:
    """Only what this level is asked, and may write."""
    asked = {field.key for field in fields if not field.locked}
    return {key: suggestion for key, suggestion in suggestions.items() if key in asked}


def _is_about(rule: CrossRule, columns: Sequence[Field]) -> bool:
    """Whether a rule is read over a row of the table."""
    keys = {column.key for column in columns}
    when = compiled(rule.when).names if rule.when else frozenset()
    return bool(keys & (compiled(rule.check).names | when))


def _as_printed(table: Table, row: Values) -> Values:
    """A row of the unit's ledger as a later sheet prints it; its number is given by the other side."""
    names = {column.key: (column.prefill or "").partition(".")[2] for column in table.columns if column.locked}
    return {key: row.get(name) for key, name in names.items()} | {WAS: row.get("state")}
