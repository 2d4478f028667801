"""The fields of one row, or of the list of facts: values, and a finding for each cell that is not as asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field as member
from typing import Any, NamedTuple

from oneledger.domain.cells import cell_name, is_blank
from oneledger.domain.expressions import Expression, compiled
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, FieldType, Form
from oneledger.domain.layout import Placed, Position
from oneledger.domain.parsed import BLANK, Parsed, folded, shown, written
from oneledger.domain.pupil_data import Source, masked, may_hold_pupil_data, pupil_data_in, source_of
from oneledger.domain.remembered import once_a_form
from oneledger.domain.returns import CellValue
from oneledger.domain.rules import structural
from oneledger.domain.values import expected, parse, reader_of
from oneledger.domain.written_dates import since_1900

Values = Mapping[str, Any]


@dataclass
class Reading:
    values: dict[str, Any] = member(default_factory=dict)
    broken: set[str] = member(default_factory=set)  # a finding says why there is no value: no rule may judge it
    told: dict[str, list[Finding]] = member(default_factory=dict)  # by field, in the form's order

    def findings(self) -> list[Finding]:
        return [finding for findings in self.told.values() for finding in findings]


class Asked(NamedTuple):
    """A field as every cell of it is read."""

    field: Field
    key: str
    read: Callable[[CellValue], Parsed]
    is_locked: bool
    is_text: bool
    source: Source | None  # where it is searched for pupils' data
    is_date: bool
    must: bool | Expression  # be filled, or be filled where this holds


class AskedOf(NamedTuple):
    facts: Sequence[Asked]
    columns: Sequence[Asked]


@once_a_form
def asked_in(form: Form) -> AskedOf:
    return AskedOf([*map(_asked, form.facts)], [*map(_asked, form.columns)])


def _asked(field: Field) -> Asked:
    is_text = field.type is FieldType.TEXT
    must = compiled(field.required) if isinstance(field.required, str) else field.required
    return Asked(
        field, field.key, reader_of(field), field.locked, is_text, source_of(field) if is_text else None,
        field.type is FieldType.DATE, False if field.locked else must,
    )  # fmt: skip


class CellReader:
    """Reads the fields of one sheet."""

    def __init__(self, placed: Placed) -> None:
        self._placed = placed
        self._sheet = placed.sheet.name
        self._form = placed.form
        self._from_1904 = placed.sheet.from_1904
        self._without_result = frozenset(placed.sheet.formulas_without_value)
        self._has_riddles = bool(self._without_result or placed.unclear)  # blanks that are not simply blank

    def read(
        self, asked: Sequence[Asked], places: Mapping[str, Position], scope: Values, ours: Values | None
    ) -> Reading:
        """``scope``: what a condition may read besides these fields. ``ours``: what we printed, None if not known."""
        reading = Reading()
        values, at = reading.values, self._placed.at
        blank: list[Asked] = []
        for each in asked:
            key = each.key
            place = places.get(key)
            if each.is_locked and ours is not None and key in ours:
                values[key] = self._take_ours(each, place, ours[key], reading)
                continue
            raw = at(place) if place is not None else None
            if self._from_1904 and each.is_date and type(raw) is float:
                raw = since_1900(raw)
            parsed = BLANK if raw is None else each.read(raw)
            values[key] = value = parsed.value
            if value is None and each.must:
                blank.append(each)
            if place is None:
                reading.broken.add(key)
                continue
            tells = each.source is not None and may_hold_pupil_data(value)
            if tells or parsed.note or parsed.fault or self._has_riddles:
                self._look_closer(each, place, parsed, reading, may_tell=tells)
        self._miss(blank, places, scope, reading)
        if len(reading.told) > 1:
            reading.told = {each.key: reading.told[each.key] for each in asked if each.key in reading.told}
        return reading

    def _look_closer(self, asked: Asked, place: Position, parsed: Parsed, reading: Reading, *, may_tell: bool) -> None:
        raw, field, source = self._placed.at(place), asked.field, asked.source
        if self._has_riddles and self._is_riddle(field, place, parsed, reading):
            return
        if parsed.fault:
            reading.broken.add(field.key)
            self._tell(field, reading, self._fault(field, place, raw, parsed.fault))
        elif parsed.note:
            self._tell(field, reading, self._note(field, place, raw, parsed.note))
        if may_tell and source is not None:
            for rule in pupil_data_in(parsed.value, source):
                told = shown(masked(parsed.value, source))
                self._tell(field, reading, structural(rule, self._sheet, cell_name(*place), found=told))

    def _is_riddle(self, field: Field, place: Position, parsed: Parsed, reading: Reading) -> bool:
        """A merged cell that was told already, or a formula that nobody calculated."""
        if place in self._placed.unclear:
            reading.values[field.key] = None
        elif parsed is BLANK and cell_name(*place) in self._without_result:
            self._tell(field, reading, structural("WB-041", self._sheet, cell_name(*place), title=field.title))
        else:
            return False
        reading.broken.add(field.key)
        return True

    def _take_ours(self, asked: Asked, place: Position | None, ours: Any, reading: Reading) -> Any:
        as_printed, field = _as_printed(ours), asked.field
        raw = self._placed.at(place) if place else None
        if place is not None and raw != as_printed and not is_blank(raw) and not _same(field, raw, as_printed):
            words = {"title": field.title, "ours": shown(as_printed) or "空白"}
            self._tell(field, reading, structural("WB-051", self._sheet, cell_name(*place), found=shown(raw), **words))
        if asked.is_text:
            return as_printed
        mine = asked.read(as_printed)
        return as_printed if mine.fault else mine.value

    def _miss(self, blank: Sequence[Asked], places: Mapping[str, Position], scope: Values, reading: Reading) -> None:
        """Required fields left blank."""
        everything: Values | None = None
        held: dict[str, bool | None] = {}  # by condition: most fields of a row share one
        for each in blank:
            key, must = each.key, each.must
            if key in reading.broken:
                continue
            if isinstance(must, Expression):
                if must.text not in held:
                    everything = everything or {**scope, **reading.values}
                    held[must.text] = must.names.isdisjoint(reading.broken) and must.holds(everything)
                if not held[must.text]:
                    continue
            place = places[key]
            fault = "必填，现在是空白，请填写"
            self._tell(each.field, reading, self._fault(each.field, place, self._placed.at(place), fault))

    def _fault(self, field: Field, place: Position, raw: CellValue, fault: str) -> Finding:
        mend = "" if "请" in fault else "，请改正"
        remedy = f"{field.title}：{fault}{mend}。"
        return Finding(self._form.rule_of(field), self._sheet, cell_name(*place), shown(raw), expected(field), remedy)

    def _note(self, field: Field, place: Position, raw: CellValue, note: str) -> Finding:
        return Finding(self._form.rule_of(field), self._sheet, cell_name(*place), shown(raw), "", f"{note}。", "note")

    def _tell(self, field: Field, reading: Reading, finding: Finding) -> None:
        reading.told.setdefault(field.key, []).append(finding)


def _as_printed(ours: Any) -> CellValue:
    """Several choices are printed in one cell."""
    if isinstance(ours, list | tuple):
        return "、".join(str(each) for each in ours)
    value: CellValue = ours
    return value


def _same(field: Field, theirs: CellValue, ours: CellValue) -> bool:
    if folded(written(theirs)) == folded(written(ours)):
        return True
    one, other = parse(field, theirs), parse(field, ours)
    return one.value is not None and one.value == other.value
