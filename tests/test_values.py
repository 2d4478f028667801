"""Typed values of single cells (domain.md 5.2: numbers as text, dates, Excel serials; never silently 0)."""

from datetime import date, time

import pytest
from hypothesis import given, strategies as st

from oneledger.domain.forms import Field, FieldType
from oneledger.domain.parsed import Parsed, shown
from oneledger.domain.values import LOST_DIGITS, expected, parse, reader_of
from tests.make_returns import local

PLACES = ("班级摸排", "家访/家长沟通", "“回头看”", "隐患点（部位、时段）")
NUMBERS = tuple(str(number) for number in range(1, 51))


def make_field(kind, **words):
    return Field(no=1, key="a", title=words.pop("title", "题目"), type=kind, **words)


COUNT = make_field("int", unit="起")
DAY = make_field("date")


@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        (3, 3, None),
        (3.0, 3, None),  # the fast parser gives every number as a float
        ("3", 3, None),
        (" 3 ", 3, None),
        ("１２", 12, "按 12 读取"),
        ("3起", 3, "按 3 读取"),
        ("3 起", 3, "按 3 读取"),
        ("3件", 3, "按 3 读取"),  # the same counter by another name
        ("３起。", 3, "按 3 读取"),
        ("003", 3, "按 3 读取"),  # it may have been no number
        ("+3", 3, "按 3 读取"),
        ("3.0", 3, "按 3 读取"),
        ("三", 3, "按 3 读取"),
        ("二十三起", 23, "按 23 读取"),
        ("十", 10, "按 10 读取"),
        ("两起", 2, "按 2 读取"),
        ("零", 0, "按 0 读取"),
        ("1,200", 1200, "按 1200 读取"),
        ("2000万", 20_000_000, "按 20000000 读取"),
        ("1.5万", 15_000, "按 15000 读取"),
        ("三百", 300, "按 300 读取"),
        ("/", None, "按空白处理"),
        ("——", None, "按空白处理"),
    ],
)
def test_a_count_is_read_where_it_is_certain_and_the_note_says_how(raw, value, note):
    assert parse(COUNT, raw) == Parsed(value, note)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("无", "“无”不能当作 0，没有的请填 0"),
        ("没有", "“没有”不能当作 0，没有的请填 0"),
        ("约5", "不是准确的数，请填准确的数字"),
        ("5左右", "不是准确的数，请填准确的数字"),
        ("5多", "不是准确的数，请填准确的数字"),
        ("十几", "不是准确的数，请填准确的数字"),
        ("5-6", "不是准确的数，请填准确的数字"),
        ("≥5", "不是准确的数，请填准确的数字"),
        ("一百五", "不是数字，请只填数字"),  # 105 or 150
        ("三四", "不是数字，请只填数字"),
        ("5²", "不是数字，请只填数字"),
        ("①", "不是数字，请只填数字"),
        ("٣", "不是数字，请只填数字"),  # int() would read it as 3
        ("1_000", "不是数字，请只填数字"),  # and this as 1000
        ("12,00", "不是数字，请只填数字"),
        ("1e3", "不是数字，请只填数字"),
        ("=1+2", "不是数字，请只填数字"),
        ("3 4", "中间有空格，分不清是一个数还是几个数，请只填一个数"),
        ("3人", "单位应为“起”，请换算后只填数字"),
        ("3.5", "应填整数，不能有小数"),
        (3.5, "应填整数，不能有小数"),
        (True, "不是数字，请只填数字"),
        (date(2021, 3, 5), "单元格是日期格式，请改为常规格式后重填数字"),
        (time(0), "单元格是日期格式，请改为常规格式后重填数字"),
        (1e16, LOST_DIGITS),
        (float("nan"), LOST_DIGITS),
        ("99999999999999999", "位数太多，Excel 只保留 15 位，请核对"),
        ("9999999999亿", "位数太多，请核对"),
        ("#REF!", "是公式出错的结果，请改成正确的内容"),
    ],
)
def test_a_count_that_is_not_certain_is_a_fault_and_never_zero(raw, fault):
    assert parse(COUNT, raw) == Parsed(None, None, fault)


@pytest.mark.parametrize(
    ("unit", "raw", "value", "fault"),
    [
        ("万元", "2万元", 2, None),
        ("万元", "2万", None, "单位不清楚，请按“万元”只填数字"),
        ("元", "2万元", 20_000, None),
        ("%", "85%", 85, None),
        ("%", 0.85, None, "分不清是比例还是百分数，百分之八十五请写成文本 85"),  # what Excel makes of 85%
        ("分", 4.5, 4.5, None),
        ("", "3 人", 3, None),  # no unit declared: any counter
        ("", "85%", None, "不是数字，请只填数字"),
    ],
)
def test_a_number_keeps_to_its_unit(unit, raw, value, fault):
    parsed = parse(make_field("number", unit=unit), raw)
    assert (parsed.value, parsed.fault) == (value, fault)


@pytest.mark.parametrize(("raw", "fault"), [(-1, "不能小于 0"), (101, "不能大于 100"), ("101起", "不能大于 100")])
def test_a_number_out_of_range_names_the_bound(raw, fault):
    assert parse(make_field("int", unit="起", min=0, max=100), raw).fault == fault


@given(st.integers(-(10**14), 10**14))
def test_a_whole_number_reads_the_same_in_every_width_and_with_its_unit(number):
    wide = str(number).translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    readings = {
        parse(COUNT, raw).value for raw in (number, float(number), str(number), wide, f"{number}起", f"{number:,}")
    }
    assert readings == {number}


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        (date(2021, 3, 5), None),
        (local("2021-03-05"), None),
        (local("2021-03-05T14:30"), "只取日期，时间没有读取"),
        ("2021-3-5", None),
        ("2021/03/05", None),
        ("2021.3.5", None),
        ("2021.3.5。", None),
        ("2021年3月5日", None),
        ("2021 年 3 月 5 日", None),
        ("２０２１－３－５", None),
        ("2021年3月5日（星期五）", None),
        ("2021-03-05 00:00:00", "只取日期，时间没有读取"),
        ("20210305", "按 2021-03-05 读取"),
        (20210305.0, "按 2021-03-05 读取"),
        ("二〇二一年三月五日", "按 2021-03-05 读取"),
        (44260.0, "按 Excel 日期序号读成 2021-03-05，请核对"),
    ],
)
def test_a_date_is_read_in_every_common_spelling(raw, note):
    assert parse(DAY, raw) == Parsed(date(2021, 3, 5), note)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("2021.13.5", "没有 13 月"),
        ("20211305", "没有 13 月"),
        ("2021-2-30", "2021 年 2 月没有 30 日"),
        ("2021-0-5", "没有 0 月"),
        ("9999-1-1", "9999 年不合理"),
        ("21.3.5", "年份要写四位，如 2021"),
        ("3月5日", "没有写年份"),
        ("3.5", "没有写年份"),
        ("2021年3月", "没有写哪一日"),
        ("2021年3月底", "没有写哪一日"),
        ("5/3/2021", "请按年、月、日的顺序写"),
        ("长期坚持", "不是日期"),
        ("无", "不是日期"),
        (3.5, "不是日期"),  # 3.5 typed for 3月5日
        (100.0, "不是日期"),
        (3_000_000.0, "不是日期"),
        (True, "不是日期"),
        (time(0), "不是日期"),  # a negative or broken serial
    ],
)
def test_an_impossible_date_says_what_is_impossible(raw, fault):
    assert parse(DAY, raw) == Parsed(None, None, fault)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_all_spellings_of_a_day_are_the_same_day(day):
    serial = float((day - date(1899, 12, 30)).days)
    spelt = (
        day,
        serial,
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    )
    assert {parse(DAY, raw).value for raw in spelt} == {day}


@pytest.mark.parametrize(
    ("raw", "value", "fault"),
    [
        (local("2021-03-05T14:30"), local("2021-03-05T14:30"), None),
        ("2021-03-05 14:30", local("2021-03-05T14:30"), None),
        ("2021-03-05T14:30:20", local("2021-03-05T14:30:20"), None),
        ("2021年3月5日14时30分", local("2021-03-05T14:30"), None),
        ("2021年3月5日下午2点", local("2021-03-05T14:00"), None),
        ("2021年3月5日 9时", local("2021-03-05T09:00"), None),
        (date(2021, 3, 5), None, "没有写几点几分"),
        ("2021-3-5", None, "没有写几点几分"),
        ("20210305", None, "没有写几点几分"),
        ("2021-3-5 25:00", None, "没有 25 点 0 分"),
        ("2021-13-5 14:30", None, "没有 13 月"),
        ("长期", None, "不是日期"),
        (0.5, None, "不是日期和时间"),
    ],
)
def test_a_time_of_day_is_never_made_up(raw, value, fault):
    assert parse(make_field("datetime"), raw) == Parsed(value, None, fault)


@pytest.mark.parametrize(
    ("title", "raw", "value", "note"),
    [
        ("是否成立", "是", "是", None),
        ("是否成立", " 否 ", "否", None),
        ("是否成立", "是。", "是", "按“是”读取"),
        ("是否成立", "√", "是", "按“是”读取"),
        ("是否成立", "是的", "是", "按“是”读取"),
        ("是否成立", "Ｙ", "是", "按“是”读取"),
        ("是否成立", "×", "否", "按“否”读取"),
        ("是否成立", True, "是", "按“是”读取"),
        ("委员会有无家长代表", "有", "是", "按“是”读取"),
        ("委员会有无家长代表", "无", "否", "按“否”读取"),
    ],
)
def test_yes_and_no_are_read_by_their_certain_other_names(title, raw, value, note):
    assert parse(make_field("yesno", title=title), raw) == Parsed(value, note)


@pytest.mark.parametrize("raw", ["有", "无", "是/否", "1", "基本", "成立"])
def test_a_word_that_may_mean_either_is_no_answer_to_yes_or_no(raw):
    assert parse(make_field("yesno", title="是否零报告"), raw).fault == "不在可选范围内，请从下拉列表中选择"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("隐患点（部位、时段）", "隐患点（部位、时段）"),
        ("隐患点(部位、时段)", "隐患点（部位、时段）"),
        ("班级 摸排", "班级摸排"),
        ("班级", None),
        ("班级摸排、其他", None),
    ],
)
def test_a_choice_differs_at_most_in_width_and_blanks(raw, value):
    assert parse(make_field("choice", choices=PLACES), raw).value == value


@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        ("班级摸排、家访/家长沟通", ["班级摸排", "家访/家长沟通"], None),
        ("班级摸排，回头看", ["班级摸排", "“回头看”"], None),
        ("班级摸排/回头看", ["班级摸排", "“回头看”"], None),
        ("班级摸排\n家访／家长沟通;", ["班级摸排", "家访/家长沟通"], None),
        ("隐患点(部位、时段) 班级摸排", ["隐患点（部位、时段）", "班级摸排"], None),
        ("班级摸排、班级摸排", ["班级摸排"], "按“班级摸排”读取"),
        ("、", None, "按空白处理"),
    ],
)
def test_several_choices_are_told_apart_even_where_a_choice_holds_a_separator(raw, value, note):
    assert parse(make_field("multi", choices=PLACES), raw) == Parsed(value, note)


@pytest.mark.parametrize(
    ("raw", "value", "fault"),
    [
        (7.0, ["7"], None),
        ("1、2,3", ["1", "2", "3"], None),
        ("３-５", ["3", "4", "5"], None),
        ("第3条；12", ["3", "12"], None),
        ("51", None, "“51”不在可选范围内"),
        ("48-51", None, "“48-51”不在可选范围内"),
        (date(2021, 3, 5), None, "被 Excel 变成了日期，请把单元格设为文本格式后重填，用“、”隔开"),
    ],
)
def test_measure_numbers_stay_a_list(raw, value, fault):
    parsed = parse(make_field("multi", choices=NUMBERS), raw)
    assert (parsed.value, parsed.fault) == (value, fault)


@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        ("  门岗　 登记\t不全\r\n 二行 ", "门岗 登记 不全\n二行", None),
        ("a_x000D_\nb", "a\nb", None),
        ("门\u200b岗\x07", "门岗", "去掉了看不见的字符"),
        ("\u200b", None, "去掉了看不见的字符"),
        ("５０％", "５０％", None),  # prose is not normalised
        (5.0, "5", None),
        (2.5, "2.5", None),
        (date(2021, 3, 5), "2021-03-05", "单元格是日期格式，按文字“2021-03-05”读取"),
        ("无", "无", None),
        ("/", None, "按空白处理"),
    ],
)
def test_text_is_tidied_and_no_more(raw, value, note):
    assert parse(make_field("text"), raw) == Parsed(value, note)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("一" * 11, "有 11 字，超过 10 字"),
        ("一", "只有 1 字，不足 2 字"),
        (110105194912310021.0, LOST_DIGITS),  # an ID number that Excel turned into 1.1E+17
        (True, "是逻辑值，请填文字"),
    ],
)
def test_text_keeps_its_limits_and_lost_digits_are_told(raw, fault):
    assert parse(make_field("text", min_len=2, max_len=10), raw) == Parsed(None, None, fault)


@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        (13912345678.0, "13912345678", None),
        (" 024-86891234 ", "024-86891234", None),
        ("3691000", "3691000", None),  # seven digits, as in 002-16
        ("12355", "12355", None),
        ("139 1234 5678", "13912345678", "按“139******78”读取"),
        ("139-1234-5678", "13912345678", "按“139******78”读取"),
        ("（024）86891234", "(024)86891234", "按“(024)86891234”读取"),
        ("０２４—８６８９１２３４转802", "024-86891234转802", "按“024-86891234转802”读取"),
        ("0411-84601234/13900001111", "0411-84601234、13900001111", "按“0411-84601234、139******11”读取"),
    ],
)
def test_telephone_numbers_are_kept_as_text_and_a_change_is_told(raw, value, note):
    assert parse(make_field("phone"), raw) == Parsed(value, note)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (2486891234.0, "区号开头的 0 可能丢了，请把单元格设为文本格式后重填"),
        ("1391234567", "不像电话号码，请核对位数和区号"),
        ("张老师", "不像电话号码，请核对位数和区号"),
    ],
)
def test_a_telephone_number_that_cannot_be_is_a_fault(raw, fault):
    assert parse(make_field("phone"), raw) == Parsed(None, None, fault)


@pytest.mark.parametrize(
    ("kind", "raw", "expected_parsed"),
    [
        ("email", "ａ.b@x-1.edu.cn", Parsed("a.b@x-1.edu.cn", "按“a.b@x-1.edu.cn”读取")),
        ("email", "a@b", Parsed(fault="不像电子邮箱，请核对")),
        ("url", "https://www.x.edu.cn/a?b=1", Parsed("https://www.x.edu.cn/a?b=1")),
        ("url", "www.x.edu.cn", Parsed("http://www.x.edu.cn", "前面补上了 http://")),
        ("url", "见附件", Parsed(fault="不像网址，请核对")),
    ],
)
def test_addresses(kind, raw, expected_parsed):
    assert parse(make_field(kind), raw) == expected_parsed


TYPED = st.floats() | st.integers() | st.booleans() | st.dates() | st.datetimes() | st.times()
EVERY_KIND = [make_field(kind, choices=PLACES if kind in ("choice", "multi") else ()) for kind in FieldType]


@pytest.mark.parametrize("field", EVERY_KIND, ids=lambda field: field.type)
@given(
    raw=TYPED
    | st.text(st.characters(codec="utf-8"), max_size=12)
    | st.sampled_from(["０", "一", "/", "是", "2021", "、、"])
)
def test_nothing_written_is_dropped_in_silence(field, raw):
    parsed = parse(field, raw)
    assert parsed.value is not None or parsed.note or parsed.fault or not str(raw).strip()
    assert parsed.fault is None or parsed.value is None


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (make_field("int", unit="人", min=0, max=20000), "0—20000 的整数（单位：人）"),
        (make_field("int", min=0), "不小于 0 的整数"),
        (make_field("number", max=1.5), "不大于 1.5 的数字"),
        (make_field("number"), "数字"),
        (make_field("date"), "日期，如 2021-03-05"),
        (make_field("yesno"), "“是”、“否”之一"),
        (make_field("choice", choices=("甲", "乙")), "“甲”、“乙”之一"),
        (make_field("multi", choices=("甲", "乙")), "“甲”、“乙”中的一项或几项，用“、”隔开"),
        (make_field("multi", choices=NUMBERS), "1—50 的序号，用“、”隔开"),
        (make_field("text", min_len=10, max_len=300), "10—300 字的文字"),
        (make_field("phone"), "电话号码，如 024-86891234"),
    ],
)
def test_what_is_expected_is_said_in_words(field, words):
    assert expected(field) == words


def test_what_is_shown_in_a_mail_is_short_and_masks_long_numbers():
    assert [shown(raw) for raw in ("210102201203051234", "电话13912345678", "一" * 50, "a\n b", 3.0, None)] == [
        "210*************34",
        "电话139******78",
        "一" * 40 + "…",
        "a b",
        "3",
        "",
    ]


CELLS = ("是", "否", " 是", "√", "甲", "甲、乙", "/", "#N/A", "", "12", "约3", "2021-03-05", "1E+9", None, True, 1.0, 1e300,
         date(2021, 3, 5), time(9, 30), local("2021-03-05 09:30"))  # fmt: skip


def agrees(kind, cell):
    field = make_field(kind, choices=("甲", "乙") if kind in (FieldType.CHOICE, FieldType.MULTI) else ())
    return reader_of(field)(cell) == parse(field, cell)


@pytest.mark.parametrize("kind", FieldType)
def test_a_field_looked_up_once_reads_each_cell_as_any_field_does(kind):
    """The quick way of a whole column is the general way, cell for cell."""
    assert [cell for cell in CELLS if not agrees(kind, cell)] == []


@given(kind=st.sampled_from(FieldType), cell=st.one_of(st.floats(), st.dates(), st.datetimes(), st.text(max_size=12)))
def test_so_it_does_with_whatever_cell(kind, cell):
    assert agrees(kind, cell)
