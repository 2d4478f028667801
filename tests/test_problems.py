"""The problem ledger's pure rules: numbers, states, deadlines (domain.md 1.2, 1.3)."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from oneledger.domain.phrases import share
from oneledger.domain.problem_states import (
    CLOSED,
    DONE,
    DONE_FOR_NOW,
    EXTENDED,
    MOVES,
    NOT_STARTED,
    RELAPSED,
    UNDER_WAY,
    WITHDRAWN,
    may_follow,
)
from oneledger.domain.problems import Problem, closing_counts, numbered, progressed
from oneledger.domain.returns import LedgerRow

UNIT = "2121000001"
STATES = sorted(MOVES)
TELLABLE = sorted(set(STATES) - {WITHDRAWN})
WORDS = ["监控盲区", "值班缺人", "制度缺失", "无人巡查"]


def make(number: int = 1, state: str = NOT_STARTED, **changes) -> Problem:
    words = {"values": {"description": WORDS[0], "due_on": "2021-06-01"}} | changes
    return Problem(f"{UNIT}-2021-{number:04d}", UNIT, 1, 9, state, **words)


def told(problem: Problem, state: str, **said) -> LedgerRow:
    return LedgerRow(9, {"problem_no": problem.problem_no, "state": state, **said})


@pytest.mark.parametrize(("before", "after", "may"), [
    (NOT_STARTED, CLOSED, True),  # the steps between were taken since the last return
    (UNDER_WAY, NOT_STARTED, False),  # what was begun is never 未启动 again
    (DONE, UNDER_WAY, True),  # checked and sent back
    (CLOSED, UNDER_WAY, False),
    (CLOSED, RELAPSED, True),  # 004-A4
    (RELAPSED, CLOSED, True),
    (DONE_FOR_NOW, CLOSED, False),  # 长期坚持 is never closed
    (EXTENDED, UNDER_WAY, True),
    (CLOSED, WITHDRAWN, False),
    (UNDER_WAY, WITHDRAWN, False),
    (WITHDRAWN, NOT_STARTED, True),  # told again: opens again under its number
])  # fmt: skip
def test_the_state_table(before, after, may):
    """domain.md 1.3."""
    assert may_follow(before, after) == may


def test_every_state_a_table_names_is_in_the_table():
    assert {after for moves in MOVES.values() for after in moves} == set(MOVES)


def test_work_after_a_relapse_may_be_told_at_once_with_the_look_back():
    """004-A4, 004-C6: 回头看 says 反弹, the row says what is done about it."""
    assert [may_follow(CLOSED, EXTENDED, relapse_seen=seen) for seen in (False, True)] == [False, True]


_deed = st.one_of(
    st.tuples(st.just("ledger"), st.lists(st.sampled_from(WORDS), max_size=5)),
    st.tuples(st.just("progress"), st.lists(st.tuples(st.integers(0, 8), st.sampled_from([*STATES, "怪状态", None]),
                                                     st.sampled_from([None, "巩固", "反弹"])), max_size=5)),
)  # fmt: skip


@given(st.lists(_deed, max_size=12))
def test_no_sequence_of_moves_leaves_the_table_and_no_row_ever_vanishes(deeds):
    """domain.md 1.3, and 1.2 no. 2: a number is given once; each step is one of the table's."""
    known: dict[str, Problem] = {}
    for submission, (kind, said) in enumerate(deeds, 1):
        rows = list(known.values())
        if kind == "ledger":
            after = numbered(UNIT, 2021, submission, [LedgerRow(9, {"description": each}) for each in said], rows)
        else:
            pairs = [(rows[n % len(rows)], state, seen) for n, state, seen in said if rows]
            after = progressed([told(one, state, lookback_result=seen) for one, state, seen in pairs], submission, rows)
        for each in after:
            assert each.state in MOVES
            if each.problem_no in known:
                before = known[each.problem_no].state
                assert each.state == before or may_follow(before, each.state, relapse_seen=True)
        before_numbers = set(known)
        known |= {each.problem_no: each for each in after}
        assert before_numbers <= set(known)
        assert len({each.problem_no for each in known.values()}) == len(known)


def test_a_second_version_of_a_sheet_is_judged_from_what_was_printed():
    """The last valid version counts: a slip of the first is put right by the second."""
    (first,) = progressed([told(make(), CLOSED)], 2, [make()], {make().problem_no: NOT_STARTED})
    (second,) = progressed([told(first, UNDER_WAY)], 3, [first], {first.problem_no: NOT_STARTED})
    (other,) = progressed([told(first, UNDER_WAY)], 3, [first], {first.problem_no: CLOSED})
    assert [first.state, second.state, other.state] == [CLOSED, UNDER_WAY, CLOSED]


def test_a_begun_or_carried_problem_is_not_withdrawn_by_a_ledger_without_it():
    """1.3: a row may never disappear between two returns."""
    known = [make(1), make(2, UNDER_WAY), make(3, carried_from="c"), make(4, source="selfcheck/12")]
    after = numbered(UNIT, 2021, 5, [], known)
    assert [(each.problem_no[-4:], each.state) for each in after] == [
        ("0001", WITHDRAWN), ("0002", UNDER_WAY), ("0003", NOT_STARTED),
    ]  # fmt: skip


def test_numbers_go_on_after_those_of_every_form_and_campaign():
    """1.2 no. 2: never re-used; the serial of another campaign's last is given by the store."""
    known = [make(7, source="selfcheck/12")]
    (new,) = numbered(UNIT, 2021, 5, [LedgerRow(9, {"description": "新"})], known)
    (later,) = numbered(UNIT, 2021, 5, [LedgerRow(9, {"description": "新"})], known, last_serial=10_004)
    assert [new.problem_no, later.problem_no] == [f"{UNIT}-2021-0008", f"{UNIT}-2021-10005"]


@pytest.mark.parametrize(("state", "progress", "today", "late"), [
    (UNDER_WAY, None, date(2021, 6, 1), False),  # the due day itself
    (UNDER_WAY, None, date(2021, 6, 2), True),
    (EXTENDED, {"new_due_on": "2021-06-20"}, date(2021, 6, 20), False),
    (EXTENDED, {"new_due_on": "2021-06-20"}, date(2021, 6, 21), True),
    (DONE, None, date(2021, 7, 1), False),  # done, waits to be checked
    (CLOSED, None, date(2021, 7, 1), False),
    (RELAPSED, None, date(2021, 7, 1), True),
])  # fmt: skip
def test_overdue_is_worked_out_from_the_deadline_that_holds(state, progress, today, late):
    """1.3: 逾期(computed)."""
    assert make(1, state, progress=progress).is_overdue(today) == late


def test_the_closing_rate_shows_both_numbers_and_is_never_rounded_up():
    """1.3: 整改率 = 已销号 ÷ 应整改; lasting and withdrawn ones are not due."""
    lasting = {"fix_mode": "长期坚持"}
    many = [make(n, CLOSED) for n in range(1, 1999)]
    counts = closing_counts([*many, make(1999), make(2000, values=lasting), make(2001, WITHDRAWN)])
    assert (counts, share(*counts)) == ((1998, 1999), "99.9%（1,998/1,999）")
