"""Which assignment does a workbook answer, and may this sender answer it?

The workbook decides which assignment; the mail decides who sent it; a contradiction goes to a person, never to a guess.
A token proves that somebody had our mail, not who: the sender must be registered too (reliability T1, mail facts 3).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Certainty = Literal["certain", "confirm", "none"]


@dataclass(frozen=True)
class Evidence:
    """Assignment ids that verified tokens name; ``None`` where there was no valid token."""

    workbook: int | None
    address: int | None  # in the envelope recipient or To
    thread: int | None  # in In-Reply-To or References
    is_forwarded: bool = False  # the workbook came inside a forwarded message


@dataclass(frozen=True)
class Match:
    assignment: int | None
    certainty: Certainty
    reason: str = ""  # Chinese, for the person who has to decide, or for the sender


def chosen(evidence: Evidence) -> int | None:
    """The assignment the strongest evidence names: workbook, then address, then thread."""
    return next((each for each in (evidence.workbook, evidence.address, evidence.thread) if each is not None), None)


def match(evidence: Evidence, sender: str, entitled: Collection[str], *, is_forged: bool = False) -> Match:
    """``entitled``: lower-case addresses that may answer the chosen assignment: its respondent's and those above it.

    ``is_forged``: our own mail server found that the address is not the sender's.
    """
    assignment = chosen(evidence)
    if assignment is None:
        return Match(None, "none", "邮件和表格里都没有本次任务的编号")
    named = {each for each in (evidence.workbook, evidence.address, evidence.thread) if each is not None}
    if sender.lower() not in entitled:
        who = "表格属于另一单位" if len(named) > 1 else "发件邮箱不在该单位登记的邮箱之内"
        return Match(assignment, "confirm", f"{who}：{sender}")
    if is_forged:
        return Match(assignment, "confirm", f"发件邮箱没有通过本方邮件服务器的核验：{sender}")
    return Match(assignment, "certain")
