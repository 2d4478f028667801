"""What an office answers when asked for its signature: 同意, 退回 with units and reasons, or 暂缓; by mail or form."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from oneledger.domain.confirming import above_quote
from oneledger.domain.returns import SheetCells
from oneledger.domain.signoff import Deed

FORM_SHEET = "审核签报"
OPINION = "审核意见"
FORM_COLUMNS = ("单位代码", "单位名称", "报送情况", "退回理由（退回的单位才填）")

_AGREE = re.compile(r"(?:经?审核[，,]?)?(?:同意|审核通过|无异议|没有异议)(?:上报|签报|报送|汇总|报出)?")
_DEFER = re.compile(r"(?:请)?暂缓(?:上报|签报|审核)?[：:，,。\s]*(?P<reason>.*)")
_RETURN = re.compile(r"(?:请)?退回(?:更正|重报|修改|以下单位|下列单位)?[：:，,。\s]*(?P<rest>.*)")
_PIECES = re.compile(r"[；;]")
_CODE = re.compile(r"(?<!\d)(\d{10}|\d{6})(?!\d)")
_NUMBERING = re.compile(r"^\s*(?:[（(]?\d{1,2}[)）、]|\d{1,2}[.．](?!\d))\s*")
_EDGES = " \t\u3000。．.，,、！!：:（）()"


@dataclass(frozen=True)
class SignAnswer:
    deed: Deed
    units: tuple[tuple[str, str], ...] = ()  # code and reason of each that is sent back
    reason: str = ""


@dataclass(frozen=True)
class Unclear:
    """Why it cannot be taken as an answer, told to whoever wrote it."""

    why: str


NOTHING = Unclear("来信的前几行没有看到“同意”“退回”或“暂缓”。")


def read_sign_answer(text: str, below: Mapping[str, str]) -> SignAnswer | Unclear:
    """``below``: code -> name of every unit under the office, and its own."""
    lines = above_quote(text)
    for number, line in enumerate(lines[:5]):
        words = line.strip(_EDGES)
        if _AGREE.fullmatch(words):
            return SignAnswer(Deed.AGREE)
        if found := _DEFER.fullmatch(words):
            return SignAnswer(Deed.DEFER, reason=found["reason"].strip(_EDGES))
        if found := _RETURN.fullmatch(words):
            return _sent_back([found["rest"], *lines[number + 1 :]], below)
    return NOTHING


def read_sign_form(sheets: Sequence[SheetCells], below: Mapping[str, str]) -> SignAnswer | Unclear | None:
    """None: there is no such sheet, or nothing was written in it."""
    sheet = next((each for each in sheets if each.name == FORM_SHEET), None)
    if sheet is None:
        return None
    cells = [[str(cell).strip() if cell is not None else "" for cell in row] for row in sheet.rows]
    opinion = next((row[index + 1] for row in cells for index in range(len(row) - 1) if row[index] == OPINION), "")
    reasons = [(row[0], row[3]) for row in cells if len(row) > 3 and row[3] and _CODE.fullmatch(row[0])]
    if not opinion and not reasons:
        return None
    if opinion in ("退回", "") and reasons:
        strangers = [code for code, _ in reasons if code not in below]
        return Unclear(f"{strangers[0]} 不在本单位以下。") if strangers else SignAnswer(Deed.RETURN, tuple(reasons))
    if opinion == "退回":
        return Unclear("审核意见是“退回”，但没有在任何单位的行里写退回理由。")
    if reasons:
        return Unclear(f"审核意见是“{opinion}”，但又写了退回理由，请只选一种。")
    return read_sign_answer(opinion, below)


def _sent_back(lines: Sequence[str], below: Mapping[str, str]) -> SignAnswer | Unclear:
    units: dict[str, str] = {}
    for piece in _pieces(lines):
        found = _unit_in(piece, below)
        if isinstance(found, Unclear):
            if units:
                break  # a signature, a greeting: what follows the list is no part of it
            return found
        code, reason = found
        if not reason:
            return Unclear(f"请写明退回{below[code]}（{code}）的理由。")
        units[code] = reason
    return SignAnswer(Deed.RETURN, tuple(units.items())) if units else Unclear("请写明退回哪些单位和理由。")


def _pieces(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        for piece in _PIECES.split(line):
            words = _NUMBERING.sub("", piece).strip(_EDGES)
            if words:
                yield words


def _unit_in(piece: str, below: Mapping[str, str]) -> tuple[str, str] | Unclear:
    code = _CODE.search(piece)
    if code is not None:
        if code[0] not in below:
            return Unclear(f"{code[0]} 不在本单位以下。")
        return code[0], piece.replace(code[0], "").replace(below[code[0]], "").strip(_EDGES)
    named = [code for code, name in below.items() if name in piece]
    longest = max((len(below[code]) for code in named), default=0)
    named = [code for code in named if len(below[code]) == longest]
    if len(named) > 1:
        return Unclear(f"有 {len(named)} 个单位叫“{below[named[0]]}”，请写单位代码。")
    if not named:
        return Unclear(f"没有找到“{piece[:30]}”所指的单位，请写单位代码。")
    return named[0], piece.replace(below[named[0]], "").strip(_EDGES)
