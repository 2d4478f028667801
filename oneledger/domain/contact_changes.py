"""A unit's contact is changed by mail: what such a mail says, read strictly, and who is in force afterwards.

Whatever is not one of the stated simple lines is named to a person; nothing is guessed.
"""

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.confirming import own_lines
from oneledger.domain.contacts import read_email
from oneledger.domain.units import Contact

VALID_FOR = timedelta(days=10)
MOST = 200  # changes in one mail
HOW = "请每个单位写一行：单位代码、单位名称、新邮箱"

_SUBJECT = re.compile(r"(更换|变更|修改|更新)\s*(联系人|邮箱|联系邮箱)|(联系人|邮箱)\s*(更换|变更)")
_LABELS = {
    "unit": r"(?:单位|学校)(?:代码|名称|标识码)?|学校标识码",
    "address": r"(?:新的?|正确的?)(?:联系)?(?:邮箱|地址)(?:地址)?|邮箱|联系邮箱",
    "old": r"(?:原|旧)(?:联系)?(?:邮箱|地址)",
    "name": r"(?:新?联系人)(?:姓名)?|姓名",
    "phone": r"(?:联系)?电话|手机(?:号码)?",
}
_LABEL = re.compile("|".join(rf"(?P<{key}>{words})" for key, words in _LABELS.items()))
_LABELLED = re.compile(r"\s*([^\s:：]{1,8})\s*[:：]\s*(.*?)\s*")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}", re.ASCII)
_BETWEEN = ' \t\u3000,，、;；:：|（）()<>《》"“”。'


@dataclass(frozen=True)
class Change:
    """One unit's new address as a mail asks for it; ``unit`` as written, code or name."""

    unit: str
    address: str
    name: str = ""
    phone: str = ""
    old: str = ""  # the address it takes the place of


@dataclass
class Read:
    changes: list[Change] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # Chinese, for a person


def asks_for_change(subject: str) -> bool:
    return bool(_SUBJECT.search(subject))


def read_changes(text: str) -> Read:
    """A line with unit and address each, or blocks of 单位：… 新邮箱：… 联系人：… 电话：…"""
    found, block = Read(), dict[str, str]()
    for line in own_lines(text)[:2000]:
        labelled = _labelled(line)
        if labelled is None:
            _take_line(found, line)
            continue
        key, value = labelled
        if key in block:
            _close(found, block)
        block[key] = value
    _close(found, block)
    if len(found.changes) > MOST:
        return Read(faults=[f"一封信最多更换{MOST}个单位"])
    return found


def _labelled(line: str) -> tuple[str, str] | None:
    match = _LABELLED.fullmatch(line)
    label = _LABEL.fullmatch(match[1]) if match else None
    return (str(label.lastgroup), match[2]) if match and label else None


def _take_line(found: Read, line: str) -> None:
    addresses = _ADDRESS.findall(line)
    if not addresses:
        return
    unit = " ".join(_ADDRESS.sub(" ", line).strip(_BETWEEN).split())
    if len(addresses) > 1 or not unit:
        found.faults.append(f"这一行看不出是哪个单位的哪个邮箱：{line.strip()[:60]}")
    else:
        found.changes.append(Change(unit.strip(_BETWEEN), addresses[0]))


def _close(found: Read, block: dict[str, str]) -> None:
    if "unit" in block and "address" in block:
        found.changes.append(Change(**block))
    elif block.keys() & {"unit", "address"}:
        found.faults.append(f"没有同时写明单位和新邮箱：{'，'.join(block.values())[:60]}")
    block.clear()


def unit_meant(written: str, units: Iterable[CampaignUnit]) -> CampaignUnit | None:
    """By its code, or by its whole name where only one has it; code and name together must agree."""
    words = re.split(rf"[{re.escape(_BETWEEN)}]+", written.strip(_BETWEEN))
    known = list(units)
    by_code = [unit for unit in known if unit.code in words]
    rest = "".join(word for word in words if word not in {unit.code for unit in by_code})
    if by_code:
        return by_code[0] if len(by_code) == 1 and _is_name_of(rest, by_code[0]) else None
    by_name = [unit for unit in known if unit.name == rest]
    return by_name[0] if len(by_name) == 1 else None


def _is_name_of(words: str, unit: CampaignUnit) -> bool:
    return not words or words == unit.name or unit.name.endswith(words) or words.endswith(unit.name)


def faults_of(change: Change, unit: CampaignUnit, own_addresses: Collection[str]) -> list[str]:
    """Why this may not be asked for; empty: it may."""
    who, address = f"{unit.name}（{unit.code}）", change.address.lower()
    if read_email(change.address).fault:
        return [f"{who}：新邮箱“{change.address}”不像电子邮箱"]
    if address in own_addresses:
        return [f"{who}：{change.address} 是本系统自己的邮箱"]
    same = next((each for each in unit.contacts if each.email.lower() == address), None)
    if same is not None:
        return [f"{who}：{change.address} {'已被退信，请换一个' if same.is_dead else '已经登记'}"]
    if change.old and change.old.lower() not in {each.email.lower() for each in unit.contacts}:
        return [f"{who}：原邮箱 {change.old} 没有登记"]
    return []


def leaving(unit: CampaignUnit, change: Change) -> tuple[Contact, ...]:
    """Whose place the new one takes: the one named, else all that are dead, else the first."""
    if change.old:
        return tuple(each for each in unit.contacts if each.email.lower() == change.old.lower())
    return tuple(each for each in unit.contacts if each.is_dead) or unit.contacts[:1]


def in_force(unit: CampaignUnit, change: Change) -> tuple[Contact, ...]:
    """The unit's contacts after the change, the new one first."""
    gone = leaving(unit, change)
    new = Contact(change.name, change.address, change.phone, gone[0].role if gone else "")
    return (new, *(each for each in unit.contacts if each not in gone))


def request_number(campaign: str, unit: str, address: str, day: date) -> int:
    """The same wish on one day is one request. 40 bits, as a token holds them."""
    text = f"{campaign}\0{unit}\0{address.lower()}\0{day}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:5], "big")
