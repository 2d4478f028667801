"""What must not leave a school is found in free text (domain.md 3.5, 004-B33, 000-13, issue 3 of 6 G)."""

from collections import Counter
from pathlib import Path

import pytest

from oneledger.domain.pupil_data import masked, pupil_data_in, traces
from tests.conftest import CONFIG
from tests.pupil_corpus import BARE, CERTAIN, DOUBTFUL, HARMLESS, corpus

CARD, NO_CARD = "210102201203051237", "210102201203051234"  # the last sign right, and wrong


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (f"学生王某{CARD}多次离校", ["PD-001"]),
        (f"学生王某{NO_CARD}多次离校", ["PD-005"]),  # asked: the checksum is wrong
        (f"身份证号：{NO_CARD}", ["PD-001"]),  # it says itself what it is
        ("身份证号：21010220120305123X", ["PD-001"]),
        ("２１０１０２２０１２０３０５１２３７", ["PD-001"]),  # full width
        ("210102 20120305 1237", ["PD-001"]),  # written in groups
        ("身份证210102120305123", ["PD-001"]),  # 15 digits
        ("编号210102120305123", ["PD-005"]),
        ("编号210102121305123", []),  # no such day of birth
        ("家长电话13912345678", ["PD-002"]),
        ("家长电话139-1234-5678", ["PD-002"]),
        ("电话8613912345678，另13800000000", ["PD-002"]),
        (f"学籍号G{NO_CARD}", ["PD-003"]),
        ("学籍号l21010220120305123x", ["PD-003"]),
        ("学籍号：20210100123", ["PD-003"]),
        (f"G{NO_CARD}，家长13912345678", ["PD-003", "PD-002"]),
        ("学生家里电话024-86891234", ["PD-006"]),
        ("初二3班5号多次离校", ["PD-008"]),
        ("七年级（2）班12号、学号：20190321", ["PD-008"]),
        ("七年级2班教室在3号楼", []),
        ("学生甲与学生乙在三楼走廊发生口角", []),
        ("值班电话024-86891234、12355", []),
        ("学生可拨打举报电话024-86891234", []),
        ("单位代码2121000123，文号教基厅函〔2021〕5号", []),
        ("问题2121000001-2021-0001已销号", []),
        ("2021-03-05至2021-03-15共排查1391人", []),
        ("订单2213912345678", []),  # the end of a longer number
        ("发票号 98765432101234567890", []),  # too long for any of them
        ("统一编号 210102209913991234", []),  # no such day of birth
    ],
)
def test_numbers_that_name_a_pupil_or_parent_are_found(text, rules):
    assert pupil_data_in(text) == rules


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("学生张小明多次离校", [("PD-004", "张小明")]),
        ("受害学生李雷，与同学韩梅梅发生口角", [("PD-004", "李雷"), ("PD-004", "韩梅梅")]),
        ("李雷殴打韩梅梅", [("PD-004", "李雷"), ("PD-004", "韩梅梅")]),
        ("涉及人员：刘强、陈磊和欧阳娜", [("PD-004", "刘强"), ("PD-004", "陈磊"), ("PD-004", "欧阳娜")]),
        ("学生阿依古丽·买买提受伤", [("PD-004", "阿依古丽·买买提受伤")]),  # where such a name ends cannot be seen
        ("张建国的家长到校", [("PD-004", "张建国")]),
        ("学生小明多次离校", [("PD-007", "小明")]),  # may be made up for the report
        ("初二3班王小红被排挤", [("PD-007", "王小红")]),
        ("昨日李雷辱骂他人", [("PD-007", "李雷")]),
        ("学生张某某、王某、李某明、赵××和学生甲", []),
        ("班主任李华和校长王建国牵头，由七年级张建国负责，张伟老师协助", []),
        ("高一学生何时到校，学生高度重视，学生家长方便时联系", []),
    ],
)
def test_names_are_found_by_the_words_around_them(text, named):
    assert [(each.rule, text[each.start : each.end]) for each in traces(text)] == named


def shares(kind: tuple[str, ...]) -> Counter[str]:
    """Of the names that stand in generated sentences: share told as error, as query, found at all; and false ones."""
    tally: Counter[str] = Counter()
    for each in corpus(kind, 2000, 7):
        told = {each.text[trace.start : trace.end]: trace.rule for trace in traces(each.text)}
        tally["names"] += len(each.names)
        tally.update(told.get(name, "missed") for name in each.names)
        tally.update(f"false {rule}" for name, rule in told.items() if not any(part in name for part in each.names))
        tally["sentences"] += 1
    return tally


def test_names_with_words_of_pupils_around_them_are_found_and_harmless_words_are_not():
    """The figures of docs/intake.md. What stands without such words is not found by anybody who cannot read."""
    certain, doubtful, bare, harmless = (shares(kind) for kind in (CERTAIN, DOUBTFUL, BARE, HARMLESS))
    assert certain["PD-004"] / certain["names"] > 0.8
    assert certain["missed"] / certain["names"] < 0.04
    assert doubtful["PD-004"] == 0
    assert doubtful["missed"] / doubtful["names"] < 0.12
    assert bare["missed"] == bare["names"]
    assert [each["false PD-004"] for each in (certain, doubtful, bare, harmless)] == [0, 0, 0, 0]
    assert [each["false PD-007"] for each in (certain, doubtful, bare, harmless)] == [0, 0, 0, 0]


def test_what_campaigns_and_their_mails_say_names_nobody():
    """No false alarm in some 200,000 signs of the officials' own prose."""
    folders = (CONFIG, CONFIG.parent / "templates")
    files = [
        path
        for folder in folders
        for path in sorted(Path(folder).rglob("*"))
        if path.suffix in (".yaml", ".txt", ".html")
    ]
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if pupil_data_in(line)] == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"学生张小明（{CARD}）多次离校", "学生张某某（21****************）多次离校"),
        ("学生李雷家长13912345678", "学生李某家长13*********"),
        ("初二3班王小红被排挤", "初二3班王小红被排挤"),  # only asked about
    ],
)
def test_what_is_kept_and_quoted_is_masked(text, kept):
    assert masked(text) == kept
    assert masked(kept) == kept


def test_a_field_for_staff_may_name_them():
    assert pupil_data_in("学生处李明、同学会王芳", "staff") == []
    assert pupil_data_in(f"王主任{CARD}", "staff") == ["PD-001"]


def test_an_office_prints_its_own_mobile_in_prose():
    assert [pupil_data_in(text, "prose") for text in ("联系人王主任13912345678", "学生家长13912345678")] == [
        [],
        ["PD-002"],
    ]
