"""Do the rows of a list of units hang together? Duplicates, circles, orphans, a second top, a parent too low."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from oneledger.domain.units import Level, Unit

_NAMED = 10  # codes written out in one message


class Row(Protocol):
    line: int
    is_sound: bool
    unit: Unit | None

    def cell(self, name: str) -> str: ...
    def refuses(self, name: str, text: str) -> None: ...


class Links:
    """The rows joined by code, on top of the units that earlier imports brought."""

    def __init__(self, rows: Sequence[Row], known: Iterable[Unit]) -> None:
        self.faults: list[str] = []
        self._rows = rows
        self._by_code: dict[str, Row] = {}
        for row in rows:
            if row.cell("code"):
                self._by_code.setdefault(row.cell("code"), row)
        self._known = {unit.code: unit for unit in known if unit.code not in self._by_code}

    def check(self) -> None:
        circles = self._circles()
        for row in self._rows:
            code = row.cell("code")
            first = self._by_code.get(code, row)
            if first is not row:
                row.refuses("code", f"“{code}”与第 {first.line} 行重复，请删去一行或改正代码")
            elif code in circles:
                row.refuses("reports_to", f"上级关系成环（{circles[code]}），请改正环中一行的上级代码")
            else:
                self._check_parent(row)
            self._check_owner(row)
        self._check_tops()

    def rooted_units(self) -> list[Unit]:
        """The sound units whose every superior is sound as well; the others are told in one fault."""
        sound = [row.unit for row in self._rows if row.unit is not None and row.is_sound]
        below: dict[str, list[str]] = {}
        for unit in sound:
            below.setdefault(unit.reports_to or "", []).append(unit.code)
        rooted, frontier = set(), ["", *self._known]
        while frontier:
            reached = below.get(frontier.pop(), [])
            rooted.update(reached)
            frontier.extend(reached)
        waiting = [unit.code for unit in sound if unit.code not in rooted]
        if waiting:
            more = " 等" if len(waiting) > _NAMED else ""
            self.faults.append(
                f"另有 {len(waiting)} 个单位本身无误，因上级所在行有误未能导入，改正上级后即可："
                f"{'、'.join(waiting[:_NAMED])}{more}。"
            )
        return [unit for unit in sound if unit.code in rooted]

    def _unit(self, code: str) -> Unit | None:
        row = self._by_code.get(code)
        return row.unit if row else self._known.get(code)

    def _parent(self, code: str) -> str:
        row = self._by_code.get(code)
        if row is not None:
            return row.cell("reports_to")
        return (self._known[code].reports_to or "") if code in self._known else ""

    def _circles(self) -> dict[str, str]:
        """Each code that lies on a circle, with the circle spelt out."""
        found: dict[str, str] = {}
        done: set[str] = set()
        for start in self._by_code:
            path: dict[str, None] = {}
            code = start
            while code and code not in done and code not in path:
                path[code] = None
                code = self._parent(code)
            if code in path:
                circle = list(path)[list(path).index(code) :]
                found |= dict.fromkeys(circle, " → ".join([*circle, code]))
            done.update(path)
        return found

    def _check_parent(self, row: Row) -> None:
        parent = row.cell("reports_to")
        above = self._unit(parent)
        if not parent:
            return
        if above is None and parent not in self._by_code:
            row.refuses("reports_to", f"“{parent}”在表中找不到，请核对，或先补上这个单位")
        elif above and row.unit and not _may_report(row.unit.level, above.level):
            row.refuses("reports_to", f"“{parent}”是“{above.name}”，层级不高于本单位，请核对层级和上级代码")

    def _check_owner(self, row: Row) -> None:
        owner = row.cell("owned_by")
        if owner and owner not in self._by_code and owner not in self._known:
            row.refuses("owned_by", f"“{owner}”在表中找不到，请核对，或先补上这个单位；与属地上级相同时可留空")

    def _check_tops(self) -> None:
        """One unit reports to nobody: the highest. Any other without a superior has forgotten it."""
        tops = [row for row in self._by_code.values() if not row.cell("reports_to")]
        top = next((unit.name for unit in self._known.values() if unit.reports_to is None), "")
        if not top and tops:
            first = min(tops, key=_depth)
            tops.remove(first)
            top = first.cell("name")
        elif not top and self._rows:
            self.faults.append("全表：没有顶层单位。最高一级单位的上级代码应留空，请核对。")
        for row in tops:
            row.refuses("reports_to", f"没有填，而顶层单位已有“{top}”，请补填上级代码")


def _may_report(level: Level, above: Level) -> bool:
    """Levels may be skipped; a teaching point may lie below its school."""
    return above.depth < level.depth or level == above == Level.SCHOOL


def _depth(row: Row) -> int:
    return row.unit.level.depth if row.unit else len(Level)
