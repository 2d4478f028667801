"""The words of the list of units: its column headings, levels and 学段, as bureaus write them."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from oneledger.domain.units import Contact, Level, Unit

STAGES = (
    "小学", "初中", "九年一贯制", "完全中学", "高中", "十二年一贯制", "中职", "技工", "特教", "专门学校", "教学点",
)  # fmt: skip

YES, NO = "是", "否"

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "code": ("单位代码", "代码", "机构代码", "学校标识码", "学校(机构)标识码", "行政区划代码"),
    "name": ("单位名称", "名称", "学校名称"),
    "level": ("层级", "级别", "单位层级"),
    "reports_to": ("上级代码(属地)", "上级代码", "属地代码", "属地上级代码"),
    "owned_by": ("主管代码", "主管部门代码"),
    "stage": ("学段",),
    "kind": ("类别", "单位类别"),
    "active_from": ("启用日期",),
    "active_to": ("停用日期",),
    "order": ("排序",),
    "has_earlier_incidents": ("近年发生过欺凌事件", "近年发生过欺凌"),
    "contact": ("联系人", "联系人姓名", "姓名"),
    "email": ("邮箱", "电子邮箱", "邮箱地址", "电子邮件", "e-mail"),
    "phone": ("电话", "联系电话", "办公电话"),
    "role": ("职务", "科室", "部门"),
}
"""Field, then what its column may be called besides the field's own name; the first is the one we write."""

CONTACT_FIELDS = ("contact", "email", "phone", "role")
CONTACT_SETS = ("", "2", "3")
"""The contact columns come up to three times: 联系人 or 联系人1, 联系人2, 联系人3."""

LEVEL_WORDS: Mapping[Level, tuple[str, ...]] = {
    Level.MINISTRY: ("部", "部级", "国家"),
    Level.PROVINCE: ("省", "省级", "自治区", "直辖市"),
    Level.CITY: ("市", "市级", "地市", "地区", "州", "盟"),
    Level.COUNTY: ("县", "县级", "区", "区县", "县区", "县(市、区)", "开发区"),
    Level.SCHOOL: ("学校", "校"),
}

_LEVELS = {word: level for level, words in LEVEL_WORDS.items() for word in (level.value, *words)}
_FIELDS = {word: name for name, words in HEADINGS.items() for word in (name, *words)}
_NUMBERED = re.compile(r"(.*?)([123])")


def plain(text: str) -> str:
    """Full-width letters and brackets made half-width, ends trimmed. For codes and headings, never for names."""
    return unicodedata.normalize("NFKC", text).strip()


@cache
def field_of(heading: str) -> str | None:
    """The field that a column holds, a second contact's with its number ("email2"); None for a strange heading."""
    word = plain(heading).lower().replace(" ", "")
    numbered = _NUMBERED.fullmatch(word)
    if numbered and (stem := _FIELDS.get(numbered[1])) in CONTACT_FIELDS:
        return stem + numbered[2].replace("1", "")
    return _FIELDS.get(word)


def heading_of(name: str) -> str:
    """The Chinese heading that we write for a field: 邮箱2 for "email2"."""
    stem = name.rstrip("23")
    return HEADINGS[stem][0] + name[len(stem) :]


def all_headings() -> list[str]:
    """Every column in the order in which we write them."""
    single = [name for name in HEADINGS if name not in CONTACT_FIELDS]
    return [heading_of(name) for name in single + [name + number for number in CONTACT_SETS for name in CONTACT_FIELDS]]


def level_of(text: str) -> Level | None:
    return _LEVELS.get(plain(text).lower())


def row_of(unit: Unit) -> dict[str, str]:
    """The unit as a row of the list: heading -> cell text. Reading it again gives an equal unit."""
    cells = {
        "code": unit.code,
        "name": unit.name,
        "level": LEVEL_WORDS[unit.level][0],
        "reports_to": unit.reports_to or "",
        "owned_by": unit.owned_by or "",
        "stage": unit.stage or "",
        "kind": unit.kind or "",
        "active_from": unit.active_from.isoformat() if unit.active_from else "",
        "active_to": unit.active_to.isoformat() if unit.active_to else "",
        "order": str(unit.order) if unit.order else "",
        "has_earlier_incidents": YES if unit.has_earlier_incidents else "",
    }
    for number, contact in zip(CONTACT_SETS, unit.contacts, strict=False):
        cells |= _contact_cells(number, contact)
    return {heading_of(name): text for name, text in cells.items()}


def _contact_cells(number: str, contact: Contact) -> dict[str, str]:
    texts = (contact.name, contact.email, contact.phone, contact.role)
    return {name + number: text for name, text in zip(CONTACT_FIELDS, texts, strict=True)}
