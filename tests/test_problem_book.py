"""A unit's problems over several ledgers and progress sheets, as the rehearsal follows them (domain.md 1.2, 1.3)."""

from rehearsal.problem_book import after_ledger, after_progress, may_follow, open_in

A, B, C = ({"description": words} for words in ("围栏破损", "没有警示牌", "无人值守"))


def test_what_a_later_ledger_tells_again_keeps_its_place_and_its_state():
    book = after_progress(after_ledger({}, [A, B]), [1, 2], [{"state": "整改中"}, {"state": "未启动"}])
    book = after_ledger(book, [C, A])
    assert {number: (entry.values, entry.state) for number, entry in book.items()} == {
        1: (A, "整改中"), 2: (B, "已撤回"), 3: (C, "未启动"),
    }  # fmt: skip
    assert open_in(book) == [1, 3]


def test_what_was_begun_is_not_withdrawn_and_what_is_closed_is_asked_no_more():
    book = after_progress(after_ledger({}, [A, B]), [1, 2], [{"state": "整改中"}, {"state": "已销号"}])
    assert open_in(after_ledger(book, [])) == [1]


def test_a_sheet_shows_what_was_last_told():
    book = after_progress(after_ledger({}, [A]), [1], [{"state": "整改中", "signs": 3}])
    assert book[1].shown == {**A, "signs": 3, "state": "整改中"}


def test_the_same_words_told_twice_are_two_problems():
    assert open_in(after_ledger({}, [A, A])) == [1, 2]


def test_what_was_begun_is_not_unbegun_and_lasting_work_is_not_closed():
    assert [may_follow("整改中", "未启动"), may_follow("未启动", "未启动"), may_follow("阶段性完成", "已销号")] == [
        False, True, False,
    ]  # fmt: skip
