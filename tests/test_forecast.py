"""The forecast of issue 5, part G: an honest reckoning from the pace of the last working days, told in words."""

from datetime import date

import pytest

from oneledger.domain.forecast import outlook, shares_by_day

WORKED = [date(2021, 3, day) for day in (8, 9, 10, 11, 12, 15, 16)]  # 13 and 14 are days of rest


def made(answers, *, owed=100, left=3, worked=WORKED, open_units=()):
    told = {date(2021, 3, day): number for day, number in answers.items()}
    return outlook("虚拟县", told, owed, open_units, worked=worked, days_left=left)


def test_the_pace_of_the_last_five_working_days_goes_on():
    """10 on the 10th to 16th, 2 a day; three days left: 56 + 6. What came on the 8th is no pace."""
    told = made({8: 46, 10: 4, 12: 2, 15: 2, 16: 2}, left=3)
    assert (told.done, told.gained, told.expected, told.short) == (56, 10, 62, 38)


def test_what_came_on_days_of_rest_counts():
    assert made({13: 5}).gained == 5


def test_never_more_than_is_owed_and_never_rounded_up():
    assert made({16: 50}, owed=60, left=20).expected == 60
    assert made({16: 4}, owed=100, left=1).expected == 4  # 4/5 of a return is none


@pytest.mark.parametrize("left", [0, -3])
def test_after_the_deadline_things_stay_as_they_are(left):
    assert made({16: 50}, left=left).expected == 50


def test_before_the_first_working_day_nothing_is_reckoned():
    assert made({}, worked=[]).expected == 0


def test_it_is_said_in_words_with_how_it_was_reckoned_and_who_is_open():
    told = made({8: 80, 16: 5}, owed=100, left=6, open_units=["第一小学", "第二小学"])
    assert told.sentence() == (
        "按目前进度，虚拟县到期可报91%（91/100；已报85份，近5个工作日共报5份，距截止还有6个工作日）；"
        "尚未报的2个单位是：第一小学、第二小学。"
    )
    assert made({8: 100}).sentence() == "虚拟县已报齐。"


def test_a_row_of_the_heat_map_grows_from_day_to_day():
    answers = {date(2021, 3, 8): 1, date(2021, 3, 10): 3}
    assert shares_by_day(answers, 4, WORKED[:3]) == [0.25, 0.25, 1.0]
    assert shares_by_day(answers, 0, WORKED[:2]) == [None, None]
