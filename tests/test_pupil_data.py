"""What must not leave a school is found in free text (domain.md 3.5, 004-B33)."""

import pytest

from oneledger.domain.pupil_data import pupil_data_in


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("学生王某210102201203051234多次离校", ["PD-001"]),
        ("身份证号：21010220120305123X", ["PD-001"]),
        ("２１０１０２２０１２０３０５１２３４", ["PD-001"]),  # full width
        ("210102 20120305 1234", ["PD-001"]),  # written in groups
        ("家长电话13912345678", ["PD-002"]),
        ("家长电话139-1234-5678", ["PD-002"]),
        ("电话8613912345678，另13800000000", ["PD-002"]),
        ("学籍号G210102201203051234", ["PD-003"]),
        ("学籍号l21010220120305123x", ["PD-003"]),
        ("G210102201203051234，家长13912345678", ["PD-003", "PD-002"]),
        ("学生甲与学生乙在三楼走廊发生口角", []),
        ("值班电话024-86891234、12355", []),
        ("单位代码2121000123，文号教基厅函〔2021〕5号", []),
        ("2021-03-05至2021-03-15共排查1391人", []),
        ("订单2213912345678", []),  # the end of a longer number
        ("发票号 98765432101234567890", []),  # too long for any of them
        ("统一编号 210102209913991234", []),  # no such day of birth
    ],
)
def test_numbers_that_name_a_pupil_or_parent_are_found(text, rules):
    assert pupil_data_in(text) == rules
