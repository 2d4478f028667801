"""How much a campaign asks of one unit of each level: cells to fill in by hand, and cells that are filled in for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from oneledger.domain.campaigns import Campaign, Deliverable
from oneledger.domain.forms import RETURNED, Field, Form, Rows, asked_of
from oneledger.domain.schedule import answering_levels


@dataclass(frozen=True)
class Burden:
    """One workbook of one unit. Unit: cells. A row is one that the unit adds, or one of its own that was printed."""

    phase: str
    deliverable: str
    title: str
    level: str  # who fills it in
    required: int
    if_it_applies: int  # asked only when another answer calls for it, or left to the unit
    prefilled: int
    row_required: int = 0
    row_if_it_applies: int = 0
    row_prefilled: int = 0


def burdens(campaign: Campaign, forms: Mapping[str, Form], cover: Form) -> tuple[Burden, ...]:
    """``forms`` by reference (ledger-v1). In the order of the phases."""
    return tuple(
        _burden(
            each, level,
            [asked_of(form, _about(each, level)) for form in _sheets(each, forms, cover)],
            {form.form for other in _answered_before(campaign, each, level) for form in _sheets(other, forms, cover)},
        )
        for phase in campaign.phases
        for each in campaign.deliverables_of(phase.phase)
        if each.kind == "workbook"
        for level in answering_levels(each)
    )  # fmt: skip


def _sheets(each: Deliverable, forms: Mapping[str, Form], cover: Form) -> list[Form]:
    return [cover, *(forms[reference] for reference in each.forms)]


def _about(each: Deliverable, level: str) -> str:
    """The level whose questions the sheets hold; an inspector answers those about a school."""
    return level if each.respondents.levels and each.respondents.answered_by is None else "school"


def _burden(each: Deliverable, level: str, sheets: list[Form], known: set[str]) -> Burden:
    """``known``: forms whose lasting facts the unit has told before."""
    facts = [(form.form, fact) for form in sheets for fact in form.facts]
    again = [fact for form, fact in facts if fact.prefill == RETURNED and form in known]
    asked = [fact for _, fact in facts if not fact.locked and fact not in again]
    asked += [column for form in sheets for column in _asked_in_fixed_rows(form)]
    rows = [column for form in sheets if form.table and form.table.rows != Rows.FIXED for column in form.columns]
    hand = [column for column in rows if not column.locked]
    ours = [form.columns for form in sheets if form.table and form.table.rows == Rows.PREFILLED]
    return Burden(
        each.phase,
        each.deliverable,
        each.title,
        level,
        *_split(asked),
        prefilled=len(again) + sum(fact.locked for _, fact in facts),
        row_required=_split(hand)[0],
        row_if_it_applies=_split(hand)[1],
        row_prefilled=sum(column.locked for columns in ours for column in columns),
    )


def _asked_in_fixed_rows(form: Form) -> list[Field]:
    if form.table is None or form.table.rows != Rows.FIXED:
        return []
    return [column for column in form.columns if not column.locked] * len(form.table.items)


def _split(fields: list[Field]) -> tuple[int, int]:
    always = sum(field.required is True for field in fields)
    return always, len(fields) - always


def _answered_before(campaign: Campaign, each: Deliverable, level: str) -> list[Deliverable]:
    """Workbooks that every unit of this level has answered about itself in an earlier phase."""
    if _about(each, level) != level or not each.respondents.levels:
        return []
    order = [phase.phase for phase in campaign.phases]
    earlier = [other for other in campaign.deliverables if order.index(other.phase) < order.index(each.phase)]
    return [other for other in earlier if other.kind == "workbook" and _asks_everyone(other, level)]


def _asks_everyone(each: Deliverable, level: str) -> bool:
    who = each.respondents
    narrowed = who.sample or who.with_open_problems or who.with_earlier_incidents or who.directly_under
    return level in who.levels and who.answered_by is None and not narrowed
