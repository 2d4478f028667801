"""The fields of one row, or of the list of facts: values, and a finding for each cell that is not as asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field as member
from typing import Any

from oneledger.domain.cells import cell_name, is_blank
from oneledger.domain.expressions import compiled
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, FieldType
from oneledger.domain.layout import Placed, Position
from oneledger.domain.parsed import BLANK, Parsed, folded, shown, written
from oneledger.domain.pupil_data import masked, may_hold_pupil_data, pupil_data_in, source_of
from oneledger.domain.returns import CellValue
from oneledger.domain.rules import structural
from oneledger.domain.values import expected, parse
from oneledger.domain.written_dates import since_1900

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
        self._from_1904 = placed.sheet.from_1904
        self._without_result = frozenset(placed.sheet.formulas_without_value)
        self._has_riddles = bool(self._without_result or placed.unclear)  # blanks that are not simply blank

    def read(
        self, fields: Sequence[Field], places: Mapping[str, Position], scope: Values, ours: Values | None
    ) -> Reading:
        """``scope``: what a condition may read besides these fields. ``ours``: what we printed, None if not known."""
        reading = Reading()
        values, at = reading.values, self._placed.at
        blank: list[Field] = []
        for field in fields:
            place = places.get(field.key)
            if field.locked and ours is not None and field.key in ours:
                values[field.key] = self._take_ours(field, place, ours[field.key], reading)
                continue
            raw = at(place) if place is not None else None
            if self._from_1904 and field.type is FieldType.DATE and type(raw) is float:
                raw = since_1900(raw)
            parsed = BLANK if raw is None else parse(field, raw)
            values[field.key] = parsed.value
            if parsed.value is None and not field.locked:
                blank.append(field)
            if place is None:
                reading.broken.add(field.key)
            elif parsed.note or parsed.fault or self._has_riddles or self._may_tell(field, parsed.value):
                self._look_closer(field, place, parsed, reading)
        self._miss(blank, places, scope, reading)
        if len(reading.told) > 1:
            reading.told = {field.key: reading.told[field.key] for field in fields if field.key in reading.told}
        return reading

    def _may_tell(self, field: Field, value: Any) -> bool:
        """Pupils' data, where it is searched for at all."""
        return field.type is FieldType.TEXT and source_of(field) is not None and may_hold_pupil_data(value)

    def _look_closer(self, field: Field, place: Position, parsed: Parsed, reading: Reading) -> None:
        raw, value = self._placed.at(place), parsed.value
        if self._has_riddles and self._is_riddle(field, place, parsed, reading):
            return
        if parsed.fault:
            reading.broken.add(field.key)
            self._tell(field, reading, self._fault(field, place, raw, parsed.fault))
        elif parsed.note:
            self._tell(field, reading, self._note(field, place, raw, parsed.note))
        if may_hold_pupil_data(value) and (source := source_of(field)):
            for rule in pupil_data_in(value, source):
                told = shown(masked(value, source))
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

    def _take_ours(self, field: Field, place: Position | None, ours: Any, reading: Reading) -> Any:
        as_printed = _as_printed(ours)
        mine = Parsed(as_printed) if field.type is FieldType.TEXT else parse(field, as_printed)
        raw = self._placed.at(place) if place else None
        if place is not None and raw != as_printed and not is_blank(raw) and not _same(field, raw, as_printed):
            words = {"title": field.title, "ours": shown(as_printed) or "空白"}
            self._tell(field, reading, structural("WB-051", self._sheet, cell_name(*place), found=shown(raw), **words))
        return as_printed if mine.fault else mine.value

    def _miss(self, blank: Sequence[Field], places: Mapping[str, Position], scope: Values, reading: Reading) -> None:
        """Required fields left blank."""
        everything: Values | None = None
        for field in blank:
            if field.required is False or field.key in reading.broken:
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
