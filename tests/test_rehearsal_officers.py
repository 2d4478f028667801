"""Issue 5, done when 1: the rehearsal notices where the record of signatures is not as its officers meant."""

from datetime import timedelta
from pathlib import Path

import pytest

from rehearsal.officers import Officers, Word, check_signatures
from tests.small_office import at

KEY, ASKED = ("deploy-0319", "210102"), at("2021-03-17T17:01")
LAST = at("2021-04-02")


def officers(*words: tuple[str, int], rounds: int = 1) -> Officers:
    found = Officers(Path(), {}, 1)
    found.asked[KEY] = [ASKED + timedelta(days=n) for n in range(rounds)]
    found.said = [Word(ASKED + timedelta(hours=hours), KEY[1], KEY[0], 1, text, "") for text, hours in words]
    return found


def row(state: str, *deeds: str) -> dict:
    return {"milestone": KEY[0], "unit": KEY[1], "state": state, "entries": [{"deed": each} for each in deeds]}


@pytest.mark.parametrize(("meant", "told", "is_right"), [
    (officers(("同意", 2)), row("signed", "ask", "agree"), True),
    (officers(("同意", 2), ("同意", 3)), row("signed", "ask", "agree"), True),
    (officers(("同意", 2), ("同意", 3)), row("signed", "ask", "agree", "agree"), False),
    (officers(("同意", 2)), row("unreviewed", "ask", "lapse"), False),
    (officers(("同意", 2), rounds=2), row("unreviewed", "ask", "agree", "move", "ask", "lapse"), True),
    (officers(("同意", 25), rounds=2), row("signed", "ask", "ask", "agree"), False),  # it answers a request that is old
    (officers(), row("unreviewed", "ask", "lapse"), True),
    (officers(), row("signed", "ask", "agree"), False),
    (officers(("暂缓，等会议研究", 2)), row("unreviewed", "ask", "defer", "lapse"), True),
    (officers(("请问怎么答复？", 1)), row("unreviewed", "ask", "agree", "lapse"), False),
])  # fmt: skip
def test_what_an_officer_meant_is_what_is_recorded(meant, told, is_right):
    assert (list(check_signatures(meant, [told], LAST)) == []) is is_right


def test_nobody_is_asked_without_a_record():
    assert len(list(check_signatures(officers(), [], LAST))) == 1
