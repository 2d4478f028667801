"""Numbers that name a person in running text: ID cards of 18 and 15 digits, 学籍号, mobiles, a home's landline.

Each may be written in full width or in groups (210102 20120305 1234). An ID card's last sign is checked: a number that
only looks like one is asked about, so that nothing is missed and little is accused.
"""

import re
from collections.abc import Iterator
from datetime import date

_D = "[0-9０-９]"
_APART = r"[ \-—–－\u3000\u200b]?"
_NUMBER = re.compile(
    rf"(?<!{_D})(?<![A-Za-z]-)(?P<roll>[GLglＧＬｇｌ])?(?:"
    rf"(?P<eighteen>{_D}(?:{_APART}{_D}){{16}}{_APART}[0-9０-９XxＸｘ])(?!{_D})"
    rf"|(?P<fifteen>{_D}{{15}})(?!{_D})"
    rf"|(?:[+＋]?[8８][6６]{_APART})?(?P<mobile>[1１][3-9３-９](?:{_APART}{_D}){{9}})(?!{_D})"
    rf"|(?P<landline>(?:[0０]{_D}{{2,3}}{_APART})?[2-8２-８]{_D}{{6,7}})(?!{_D}))"
)
_ROLL = re.compile(r"学籍号码?[：:为是\s]*[A-Za-zＡ-Ｚ]?[0-9０-９]{8,20}[Xx]?")
_ASCII = str.maketrans("０１２３４５６７８９ＸｘＧｇＬｌ", "0123456789XXGGLL")
_NO_DIGIT = re.compile(r"[^0-9X]")

_BEFORE = 40  # characters that may say whose number it is
_PROVINCES = frozenset(
    map(
        str,
        (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82),
    )
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

_CARD_WORDS = re.compile(r"(?:身份证|证件|户口)[^，。；]{0,8}$")
_FAMILY_WORDS = re.compile(
    r"(?:家长|学生|同学|监护|父亲|母亲|父母|爸爸|妈妈|爷爷|奶奶|孩子|家庭|家里|住宅|宅电)[^。；\n]{0,14}$"
)
_OFFICE_WORDS = re.compile(r"(?:热线|举报|咨询|值班|办公|投诉|监督|求助|服务|公布)[^，。；]{0,10}$")


def numbers_in(text: str, *, is_prose: bool) -> Iterator[tuple[str, int, int]]:
    """(rule, start, end). ``is_prose``: a mobile counts only where it is said to be a family's."""
    for match in _ROLL.finditer(text):
        yield "PD-003", *match.span()
    for match in _NUMBER.finditer(text):
        if rule := _judged(match, text[max(0, match.start() - _BEFORE) : match.start()], is_prose=is_prose):
            yield rule, *match.span()


def _judged(match: re.Match[str], before: str, *, is_prose: bool) -> str | None:
    kind = match.lastgroup
    digits = _NO_DIGIT.sub("", match[kind].translate(_ASCII).upper()) if kind else ""
    if kind in ("eighteen", "fifteen"):
        return _card(digits, before, is_roll=match["roll"] is not None)
    if kind == "mobile":
        is_familys = _FAMILY_WORDS.search(before) is not None and _OFFICE_WORDS.search(before) is None
        return "PD-002" if is_familys or not is_prose else None
    return "PD-006" if _FAMILY_WORDS.search(before) and not _OFFICE_WORDS.search(before) else None


def _card(digits: str, before: str, *, is_roll: bool) -> str | None:
    if not _is_born(digits):
        return None
    if is_roll:
        return "PD-003"
    is_said = _CARD_WORDS.search(before) is not None
    is_right = len(digits) == 18 and digits[:2] in _PROVINCES and checksum(digits) == digits[-1]
    if len(digits) == 15 and not (is_said or digits[:2] in _PROVINCES):
        return None
    return "PD-001" if is_right or is_said else "PD-005"


def checksum(digits: str) -> str:
    """The last sign that the first 17 ask for (GB 11643)."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11]


def _is_born(digits: str) -> bool:
    """Whether a real day stands where the birthday does."""
    written = digits[6:14] if len(digits) == 18 else f"19{digits[6:12]}"
    try:
        born = date(int(written[:4]), int(written[4:6]), int(written[6:]))
    except ValueError:
        return False
    return digits[0] != "0" and 1900 <= born.year < 2100
