"""Gaps that a drafted document leaves for people: always in these words, so that nobody sends one up unfilled."""

import re

_GAP = re.compile(r"〔请补充：([^〕]*)〕")


def gap(what: str) -> str:
    return f"〔请补充：{what}〕"


def gaps_in(text: str) -> list[str]:
    """What is still to be added, in the order in which it stands."""
    return _GAP.findall(text)
