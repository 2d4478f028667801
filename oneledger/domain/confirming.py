"""Mail whose tokens and sender contradict each other: the unit's registered address is asked whether it is the unit's.

Only a plain word confirms. Whatever else is written is for a person to read.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Literal

VALID_FOR = timedelta(days=10)  # then a person looks, and the word comes too late


class Answer(StrEnum):
    AGREED = "agreed"
    REFUSED = "refused"


_QUOTE = re.compile(
    r"^\s*(?:[>|]|-{3,}|_{5,}|—{4,}|={5,}|发件人\s*[:：]|from\s*:|原始邮件|在\s*\d.{0,80}写道|on .{0,80}wrote\s*:)",
    re.IGNORECASE,
)
_EDGES = " \t\u3000。．.，,！!~～；;、“”\"'"
_GREETING = re.compile(r"(?:各位)?(?:老师|领导|同志)?(?:您好|你好|好)?[，,！!。：:\s]*")
_WHO = r"(?:我(?:校|园|单位|局|们|方)|本(?:校|园|单位|局|人))?"
_WORDS = {
    Answer.REFUSED: re.compile(
        rf"{_WHO}(?:不同意|不确认|不属实|不是(?:我们|我校|我单位|本单位)(?:发|寄|报)(?:来|送)?的)(?![见])[^？?]*"
    ),
    Answer.AGREED: re.compile(rf"{_WHO}(?:同意|确认|属实|确认属实|情况属实|同意受理|同意接收)"),
}


def own_lines(text: str) -> list[str]:
    """What a reply says above what it quotes."""
    lines = text.splitlines()
    return lines[: next((count for count, line in enumerate(lines) if _QUOTE.match(line)), len(lines))]


def above_quote(text: str) -> list[str]:
    """The lines that the writer wrote himself, without empty ones and greetings."""
    words = (_GREETING.sub("", line[:200].strip(_EDGES), count=1) for line in own_lines(text)[:40])
    return [each for each in words if each]


def read_answer(text: str) -> Answer | None:
    """What the first line of a reply says above what it quotes; None where it is not one plain word."""
    for line in text.splitlines()[:40]:
        if _QUOTE.match(line):
            return None
        words = _GREETING.sub("", line[:200].strip(_EDGES), count=1)
        if words:
            return next((answer for answer, pattern in _WORDS.items() if pattern.fullmatch(words)), None)
    return None


Authentication = Literal["passed", "failed", "unknown"]
_ASIDE = re.compile(r"\([^()]*\)|\"[^\"]*\"")  # comments and quoted values, where a sender may have his words
_RESULT = re.compile(r"(?:^|;)\s*(dmarc|dkim|spf)\s*=\s*([a-z]+)", re.IGNORECASE)


def authentication(headers: Sequence[str], authserv_id: str) -> Authentication:
    """What our own mail server found of the sender (RFC 8601); only the topmost header under its name counts.

    A DMARC pass settles it, since forwarding breaks SPF alone; otherwise one fail is a fail. Without a name: unknown.
    """
    ours = (value for value in headers if authserv_id and _authserv(value) == authserv_id.lower())
    value = next(ours, None)
    if value is None:
        return "unknown"
    found = [(method.lower(), result.lower()) for method, result in _RESULT.findall(_ASIDE.sub("", value[:8000]))]
    if next((result for method, result in found if method == "dmarc"), "") == "pass":
        return "passed"
    if any(result == "fail" for _, result in found):
        return "failed"
    return "passed" if any(result == "pass" for _, result in found) else "unknown"


def _authserv(value: str) -> str:
    words = _ASIDE.sub("", value[:8000]).partition(";")[0].split()
    return words[0].lower() if words else ""
