"""The fields of one row, or of the list of facts: values, and a finding for each cell that is not as asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field as member
from typing import Any

from oneledger.domain.cells import cell_name, is_blank
from oneledger.domain.expressions import compiled
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, FieldType
from oneledger.domain.layout import Placed, Position
from oneledger.domain.parsed import Parsed, folded, shown, written
from oneledger.domain.pupil_data import pupil_data_in
from oneledger.domain.returns import CellValue
from oneledger.domain.rules import structural
from oneledger.domain.values import expected, parse

Values = Mapping[str, Any]


@dataclass
class Reading:
    values: dict[str, Any] = member(default_factory=dict)
    broken: set[str] = member(default_factory=set)  # a finding says why there is no value: no rule may judge it
    told: dict[str, list[Finding]] = member(default_factory=dict)  # by field, in the form's order

    def findings(self) -> list[Finding]:
        return [finding for findings in self.told.values() for finding in findings]


class CellReader:
    """Reads the fields of one sheet."""

    def __init__(self, placed: Placed) -> None:
        self._placed = placed
        self._sheet = placed.sheet.name
        self._form = placed.form
        self._formulas = frozenset(placed.sheet.formulas_without_value)

    def read(
        self, fields: Sequence[Field], places: Mapping[str, Position], scope: Values, ours: Values | None
    ) -> Reading:
        """``scope``: what a condition may read besides these fields. ``ours``: what we printed, None if not known."""
        reading = Reading({field.key: None for field in fields})
        for field in fields:
            place = places.get(field.key)
            if field.locked and ours is not None and field.key in ours:
                self._take_ours(field, place, ours[field.key], reading)
            elif place is None:
                reading.broken.add(field.key)
            else:
                self._take_theirs(field, place, reading)
        self._miss(fields, places, scope, reading)
        if len(reading.told) > 1:
            reading.told = {field.key: reading.told[field.key] for field in fields if field.key in reading.told}
        return reading

    def _take_theirs(self, field: Field, place: Position, reading: Reading) -> None:
        raw = self._placed.at(place)
        if raw is None or is_blank(raw):
            if self._formulas or self._placed.unclear:
                self._explain_blank(field, place, reading)
            return
        if place in self._placed.unclear:
            reading.broken.add(field.key)
            return
        parsed = parse(field, raw)
        reading.values[field.key] = parsed.value
        if parsed.fault:
            reading.broken.add(field.key)
            self._tell(field, reading, self._fault(field, place, raw, parsed.fault))
        elif parsed.note:
            self._tell(field, reading, self._note(field, place, raw, parsed.note))
        if field.type == FieldType.TEXT and isinstance(parsed.value, str) and not (field.personal or field.locked):
            for rule in pupil_data_in(parsed.value):
                self._tell(field, reading, structural(rule, self._sheet, cell_name(*place), found=shown(raw)))

    def _explain_blank(self, field: Field, place: Position, reading: Reading) -> None:
        if place in self._placed.unclear:
            reading.broken.add(field.key)
        elif cell_name(*place) in self._formulas:
            reading.broken.add(field.key)
            self._tell(field, reading, structural("WB-041", self._sheet, cell_name(*place), title=field.title))

    def _take_ours(self, field: Field, place: Position | None, ours: Any, reading: Reading) -> None:
        as_printed = _as_printed(ours)
        mine = Parsed(as_printed) if field.type == FieldType.TEXT else parse(field, as_printed)
        reading.values[field.key] = as_printed if mine.fault else mine.value
        raw = self._placed.at(place) if place else None
        if place is None or raw == as_printed or is_blank(raw) or _same(field, raw, as_printed):
            return
        words = {"title": field.title, "ours": shown(as_printed) or "空白"}
        self._tell(field, reading, structural("WB-051", self._sheet, cell_name(*place), found=shown(raw), **words))

    def _miss(self, fields: Sequence[Field], places: Mapping[str, Position], scope: Values, reading: Reading) -> None:
        """Required fields left blank."""
        everything: Values | None = None
        for field in fields:
            if field.required is False or field.locked or reading.values[field.key] is not None:
                continue
            if field.key in reading.broken:
                continue
            if isinstance(field.required, str):
                condition = compiled(field.required)
                everything = everything or {**scope, **reading.values}
                if condition.names & reading.broken or not condition.holds(everything):
                    continue
            place = places[field.key]
            fault = "必填，现在是空白，请填写"
            self._tell(field, reading, self._fault(field, place, self._placed.at(place), fault))

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
