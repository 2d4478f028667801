"""The list of units as people write it: rows of cell texts become units, or faults that name their line.

Every fault is told at once, in Chinese: which line and column, what is wrong, how to mend it.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from oneledger.domain.unit_headings import (
    CONTACT_SETS,
    NO,
    STAGES,
    YES,
    field_of,
    heading_of,
    level_of,
    plain,
)
from oneledger.domain.unit_links import Links
from oneledger.domain.units import Contact, Level, Unit

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
MOST_NAME = 100  # characters; names stand in subjects, addresses and headings
_REQUIRED = ("code", "name", "level", "reports_to", "email")
_AS_WRITTEN = ("name", "kind", "contact", "role")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]*[A-Za-z]")
_DAY = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?", re.ASCII)
_CODES = {  # GB/T 2260 for bureaus (nine digits where towns stand in for counties), 学校标识码 for schools
    Level.MINISTRY: (r"\d{6}", "应为 6 位数字"),
    Level.PROVINCE: (r"\d\d0000", "省级代码应为 6 位数字且后四位是 0，如 210000"),
    Level.CITY: (r"\d\d(?!00)\d\d00", "市级代码应为 6 位数字且后两位是 0，如 210100"),
    Level.COUNTY: (r"\d{4}(?!00)\d\d(\d{3})?", "县级代码应为 6 位数字且后两位不是 0，如 210102"),
    Level.SCHOOL: (
        r"(21|22|31|32|33|34|35|36|37|51|93)\d{8}",
        "学校标识码应为 10 位数字，前两位是 21、22、31 至 37、51 或 93，请对照学校代码证",
    ),
}
_TEACHING_POINT = r"\d{10,11}"  # 教学点 have no code of their own; provinces number them below their school
Cells = Mapping[str, str]


@dataclass
class UnitRow:
    """One line on its way to becoming a unit. `says` keeps the unit, `refuses` does not."""

    line: int
    cells: Cells
    faults: list[str] = field(default_factory=list)
    is_sound: bool = True
    unit: Unit | None = None

    def cell(self, name: str) -> str:
        return self.cells.get(name, "")

    def says(self, name: str, text: str) -> None:
        self.faults.append(f"第 {self.line} 行“{heading_of(name)}”：{text}。")

    def refuses(self, name: str, text: str) -> None:
        self.says(name, text)
        self.is_sound = False


def parse_unit_rows(rows: Iterable[tuple[int, Cells]], known: Iterable[Unit] = ()) -> tuple[list[Unit], list[str]]:
    """Units and faults from (line number, {heading: cell text}).

    `known` are the units of earlier imports: parents and owners may lie among them.
    A unit whose only fault is its contacts is still returned, since it owes its return like any other. Every
    other fault keeps the unit and all below it out, so that what is returned always fits into one tree.
    """
    drafts = [UnitRow(line, _by_field(cells)) for line, cells in rows]
    if drafts and (lacking := [name for name in _REQUIRED if not any(name in row.cells for row in drafts)]):
        wanted = "、".join(f"“{heading_of(name)}”" for name in lacking)
        return [], [f"表头：找不到 {wanted} 列。请照单位表模板写表头，各列先后不限。"]
    for row in drafts:
        _read(row)
    links = Links(drafts, known)
    links.check()
    faults = [fault for row in drafts for fault in row.faults]
    return links.rooted_units(), [*faults, *links.faults]


def _by_field(cells: Cells) -> dict[str, str]:
    """Names keep their full-width brackets; everything else is made half-width."""
    named = {field_of(heading): text for heading, text in cells.items()}
    return {
        name: text.strip() if name.rstrip("23") in _AS_WRITTEN else plain(text)
        for name, text in named.items()
        if name is not None
    }


def _read(row: UnitRow) -> None:
    level = _level(row)
    _check_name_and_stage(row)
    active_from, active_to = _day(row, "active_from"), _day(row, "active_to")
    if active_from and active_to and active_to < active_from:
        row.refuses("active_to", "停用日期早于启用日期，请核对")
    order, has_earlier_incidents = _order(row), _has_earlier_incidents(row)
    contacts = _contacts(row)
    if not row.is_sound or level is None:
        return
    row.unit = Unit(
        code=row.cell("code"),
        name=row.cell("name"),
        level=level,
        reports_to=row.cell("reports_to") or None,
        owned_by=row.cell("owned_by") or None,
        stage=row.cell("stage") or None,
        kind=row.cell("kind") or None,
        contacts=contacts,
        active_from=active_from,
        active_to=active_to,
        order=order,
        has_earlier_incidents=has_earlier_incidents,
    )


def _level(row: UnitRow) -> Level | None:
    """The level, and whether the code is one of that level."""
    written, code = row.cell("level"), row.cell("code")
    level = level_of(written)
    if not written:
        row.refuses("level", "没有填，请填 省、市、县 或 学校")
    elif level is None:
        row.refuses("level", f"“{written}”不认识，请改为 省、市、县 或 学校")
    if not code:
        row.refuses("code", "没有填，请补填")
    elif level is not None:
        _check_code(row, code, level)
    return level


def _check_code(row: UnitRow, code: str, level: Level) -> None:
    pattern, remedy = _CODES[level]
    if level == Level.SCHOOL and row.cell("stage") == "教学点":
        pattern, remedy = _TEACHING_POINT, "教学点代码应为 10 位或 11 位数字"
    if not re.fullmatch(pattern, code, re.ASCII):
        row.refuses("code", f"“{code}”不对，{remedy}")


def _check_name_and_stage(row: UnitRow) -> None:
    stage = row.cell("stage")
    if not row.cell("name"):
        row.refuses("name", "没有填，请补填单位全称")
    elif len(row.cell("name")) > MOST_NAME or _UNSEEN.search(row.cell("name")):
        row.refuses("name", f"有看不见的字符或换行，或超过 {MOST_NAME} 个字，请改成一行单位全称")
    if stage and stage not in STAGES:
        row.refuses("stage", f"“{stage}”不认识，请从这些里选一个：{'、'.join(STAGES)}")


def _day(row: UnitRow, name: str) -> date | None:
    written = row.cell(name)
    if not written:
        return None
    found = _DAY.fullmatch(written)
    if found:
        with suppress(ValueError):
            return date(*map(int, found.groups()))
    row.refuses(name, f"“{written}”不是日期，请写成 2021-03-05 的样子")
    return None


def _order(row: UnitRow) -> int:
    written = row.cell("order") or "0"
    if re.fullmatch(r"\d{1,9}", written, re.ASCII):
        return int(written)
    row.refuses("order", f"“{written}”不是整数，请填 1、2、3…… 或留空")
    return 0


def _has_earlier_incidents(row: UnitRow) -> bool:
    written = row.cell("has_earlier_incidents")
    if written not in ("", YES, NO):
        row.refuses("has_earlier_incidents", f"“{written}”不认识，请填 是、否 或留空")
    return written == YES


def _contacts(row: UnitRow) -> tuple[Contact, ...]:
    """Contacts in the order written; a bad address is told and left out, never guessed."""
    contacts = []
    for number in CONTACT_SETS:
        email = _email(row, f"email{number}")
        texts = row.cell(f"contact{number}"), email, row.cell(f"phone{number}"), row.cell(f"role{number}")
        if any(texts):
            contacts.append(Contact(*texts))
    if not any(row.cell(f"email{number}") for number in CONTACT_SETS):
        row.says("email", "没有邮箱，发不到该单位，请补填一个")
    return tuple(contacts)


def _email(row: UnitRow, name: str) -> str:
    written = row.cell(name)
    if not written or _EMAIL.fullmatch(written):
        return written
    several = "一格只能写一个邮箱，其余请写到“邮箱2”“邮箱3”列" if written.count("@") > 1 else "请核对后改正"
    row.says(name, f"“{written}”不是邮箱地址，{several}")
    return ""
