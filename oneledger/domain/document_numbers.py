"""Numbers of official papers (发文字号): found in a text, written as GB/T 9704 wants, held against the known ones."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = re.compile(
    r"(?P<agency>[\u4e00-\u9fff]{1,14})\s*(?P<open>[〔﹝\[（(【［])\s*(?P<year>(?:19|20)\d{2})\s*年?\s*[〕﹞\]）)】］]"
    r"\s*(?P<ordinal>第?)\s*(?P<zeros>0*)(?P<serial>\d{1,4})\s*号"
)
_AGENCY_LEAST = 2


@dataclass(frozen=True)
class WrongNumber:
    written: str
    right: str


def normalised(number: str) -> str:
    """教基一(2016)第06号 becomes 教基一〔2016〕6号; a text that is no number comes back as it is."""
    match = _NUMBER.fullmatch(number.strip())
    return f"{match['agency']}〔{match['year']}〕{match['serial']}号" if match else number


def numbers_in(text: str) -> list[str]:
    """Normalised. Where a number follows other words the words stand before it: see wrong_numbers."""
    return [normalised(match[0]) for match in _NUMBER.finditer(text)]


def wrong_numbers(text: str, known: Iterable[str]) -> list[WrongNumber]:
    """Numbers with an agency's code that lost or changed a character (003-1), or with brackets that are not 〔〕."""
    agencies: dict[tuple[str, str], list[str]] = {}
    for each in known:
        match = _NUMBER.fullmatch(each)
        if match:
            agencies.setdefault((match["year"], match["serial"]), []).append(match["agency"])
    found = [_judged(match, agencies.get((match["year"], match["serial"]), [])) for match in _NUMBER.finditer(text)]
    return list(dict.fromkeys(each for each in found if each is not None))


def _judged(match: re.Match[str], agencies: list[str]) -> WrongNumber | None:
    before = match["agency"]
    tail = match[0][len(before) :].strip()
    right_tail = f"〔{match['year']}〕{match['serial']}号"
    exact = next((each for each in agencies if before.endswith(each)), None)
    if exact is not None:
        return None if tail == right_tail else WrongNumber(exact + tail, exact + right_tail)
    for agency in agencies:
        bent = next((each for each in _bent(agency) if before.endswith(each)), None)
        if bent is not None:
            return WrongNumber(bent + tail, agency + right_tail)
    return None if tail == right_tail else WrongNumber(tail, right_tail)


def _bent(agency: str) -> list[str]:
    """The agency's code with one character lost, longest first; a shorter one would be found in any word."""
    lost = {agency[:n] + agency[n + 1 :] for n in range(len(agency))}
    return sorted((each for each in lost if len(each) >= _AGENCY_LEAST), key=len, reverse=True)
