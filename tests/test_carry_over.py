"""Into the next campaign: open problems keep their numbers, units with incidents are looked back at (000-26, 004-A4)."""

from datetime import date

import pytest

from oneledger.domain.errors import RefusedError
from oneledger.store import problem_history, submissions
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import CLOSING, checked, mended, problem, problems

INCIDENT = {
    "item_type": "已发生或正在发生的事件", "aspect7": "教育惩戒", "place": "操场", "time_slot": "课间", "n_pupils": 2, "severity": "情节轻微",
    "reported_up": "是", "reported_on": date(2021, 3, 6),
}  # fmt: skip
SEVERITY = [{"title": "不属欺凌的打闹或纠纷", "code": 0}, {"title": "情节轻微", "code": 1}]
LOOK_BACK = {"deliverable": "look-back", "title": "回头看", "phase": "rectify", "duty": 2, "forms": ["rectify-v1"],
             "respondents": {"levels": ["school"], "with_earlier_incidents": True}}  # fmt: skip


@pytest.fixture
def both(tmp_path, monkeypatch):
    """2021: one problem closed, one going on, one case of bullying and one squabble. 2022 is armed."""
    first = make_campaign("first", 2021, severity=SEVERITY)
    second = make_campaign("second", 2022, deliverables=[*make_campaign("second", 2022)["deliverables"], LOOK_BACK])
    with opened(tmp_path, [first, second], monkeypatch) as (old, new):
        asked = old.open("deploy", at("2021-03-01"))
        mine = [problem(1), problem(2), problem(3, **INCIDENT)]
        squabble = [problem(1, **{**INCIDENT, "severity": "不属欺凌的打闹或纠纷"})]
        for school, rows in ((SCHOOL, mine), (OTHER, squabble)):
            facts, all_rows = {"ledger": {"zero_flag": "否"}}, {"ledger": rows, "selfcheck": checked()}
            assert old.answer(asked[school], "find", school, at("2021-03-10"), facts=facts, rows=all_rows).accepted == 1
        asked = old.open("rectify", at("2021-05-24"))
        assert mended(old, asked, at("2021-05-28"), 1, **CLOSING).accepted == 1
        yield old, new


def numbers(office):
    return [(each.problem_no, each.state, each.carried_from) for each in problems(office)]


def test_open_problems_keep_their_numbers_and_cases_are_looked_back_at(both):
    from tasks.carrying import carry_over

    old, new = both
    told = carry_over("first", "second", "省厅安全处", at("2022-02-01"))
    assert told.problems == [f"{SCHOOL}-2021-0002", f"{SCHOOL}-2021-0003", f"{OTHER}-2021-0001"]
    assert (told.units, told.left_behind) == ([SCHOOL], [])  # a squabble is no case of bullying (national code 0)
    assert numbers(new) == [(f"{SCHOOL}-2021-0002", "未启动", "first"), (f"{SCHOOL}-2021-0003", "未启动", "first")]
    assert [code for code, unit in new.here.units.items() if unit.has_incidents] == [SCHOOL]
    assert [code for code, unit in old.here.units.items() if unit.has_incidents] == []


def test_carrying_over_again_adds_only_what_is_new(both):
    from tasks.carrying import carry_over

    _, new = both
    carry_over("first", "second", "省厅安全处", at("2022-02-01"))
    before = numbers(new)
    again = carry_over("first", "second", "省厅安全处", at("2022-02-02"))
    assert ((again.problems, again.units), numbers(new)) == (([], []), before)


def test_a_carried_problem_goes_on_in_the_next_campaign(both):
    """Not withdrawn by a ledger without it, printed for the school, its number given to nothing else."""
    from tasks.carrying import carry_over

    _, new = both
    carry_over("first", "second", "省厅安全处", at("2022-02-01"))
    asked = new.open("deploy", at("2022-03-01"))
    facts = {"ledger": {"zero_flag": "否"}}
    rows = {
        "ledger": [
            problem(1, found_on=date(2022, 3, 5), due_on=date(2022, 6, 1), description="新发现的一处隐患没有处理")
        ],
        "selfcheck": checked(),
    }
    assert new.answer(asked[SCHOOL], "find", SCHOOL, at("2022-03-10"), facts=facts, rows=rows).accepted == 1
    assert [number for number, *_ in numbers(new)] == [
        f"{SCHOOL}-2021-0002",
        f"{SCHOOL}-2021-0003",
        f"{SCHOOL}-2022-0004",
    ]
    new.open("rectify", at("2022-05-24"))
    with new.store.read() as connection:
        from sqlalchemy import select

        from oneledger.store import schema as t

        c = t.assignment.c
        query = (
            select(c.deliverable, c.unit, c.printed).where(c.campaign == "second", c.phase == "rectify").order_by(c.id)
        )
        owed = [(row.deliverable, row.unit, len(row.printed["rows"]["rectify"])) for row in connection.execute(query)]
        events = problem_history.of_problems(connection, "second")
    assert owed == [("mend", SCHOOL, 3), ("mend", OTHER, 1), ("look-back", SCHOOL, 3)]
    assert [(each.deed, each.cause, each.by) for each in events[f"{SCHOOL}-2021-0002"]] == [
        ("carried", "first", "省厅安全处")
    ]


def test_nothing_is_carried_into_itself_or_into_what_is_not_armed(both):
    from tasks.carrying import carry_over

    for other, why in (("first", "into itself"), ("third", "not armed")):
        with pytest.raises(RefusedError, match=why):
            carry_over("first", other, "省厅安全处", at("2022-02-01"))
    with both[0].store.read() as connection:
        assert submissions.problems_of(connection, "second") == []
