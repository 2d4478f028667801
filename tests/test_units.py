"""The list of units. Ids such as 001-1 name the requirement of the source documents that a test proves."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from openpyxl import Workbook

from oneledger.adapters.unit_sheet import read_unit_rows, write_unit_template, write_units
from oneledger.domain.errors import DefinitionError, RefusedError
from oneledger.domain.unit_headings import STAGES, all_headings, field_of, row_of
from oneledger.domain.unit_rows import parse_unit_rows
from oneledger.domain.unit_tree import UnitTree
from oneledger.domain.units import Contact, Edge, FieldChange, Level, Unit, changes, edges_of, edges_on, units_on

HEADINGS = ("单位代码", "单位名称", "层级", "上级代码(属地)", "主管代码", "学段", "邮箱")

PROVINCE = ("210000", "辽宁省", "省", "", "", "", "p@x.invalid")
CITY = ("210100", "沈阳市", "市", "210000", "", "", "c@x.invalid")
COUNTY = ("210102", "和平区", "县", "210100", "", "", "k@x.invalid")
SCHOOL = ("2121000001", "望湖路小学", "学校", "210102", "", "小学", "s@x.invalid")


def parsed(*rows, known=(), headings=HEADINGS):
    return parse_unit_rows(((line, dict(zip(headings, row, strict=True))) for line, row in enumerate(rows, 2)), known)


def changed(row, **cells):
    return tuple(cells.get(heading, text) for heading, text in zip(HEADINGS, row, strict=True))


def make_unit(code, reports_to, level, **more):
    return Unit(code, f"单位{code}", Level(level), reports_to, **more)


def test_a_sound_list_becomes_units_without_a_fault():
    units, faults = parsed(PROVINCE, CITY, COUNTY, SCHOOL)
    assert faults == []
    assert units[3] == Unit(
        "2121000001", "望湖路小学", Level.SCHOOL, "210102", stage="小学", contacts=(Contact("", "s@x.invalid"),)
    )


FAULTS = {
    "cycle": (
        [PROVINCE, changed(CITY, **{"上级代码(属地)": "210102"}), COUNTY],
        ["第 3 行“上级代码(属地)”：上级关系成环（210100 → 210102 → 210100），请改正环中一行的上级代码。",
         "第 4 行“上级代码(属地)”：上级关系成环（210100 → 210102 → 210100），请改正环中一行的上级代码。"],
    ),
    "its own superior": (
        [PROVINCE, changed(CITY, **{"上级代码(属地)": "210100"})],
        ["第 3 行“上级代码(属地)”：上级关系成环（210100 → 210100），请改正环中一行的上级代码。"],
    ),
    "orphan": (
        [PROVINCE, changed(CITY, **{"上级代码(属地)": "220000"})],
        ["第 3 行“上级代码(属地)”：“220000”在表中找不到，请核对，或先补上这个单位。"],
    ),
    "owner unknown": (
        [PROVINCE, changed(CITY, 主管代码="220000")],
        ["第 3 行“主管代码”：“220000”在表中找不到，请核对，或先补上这个单位；与属地上级相同时可留空。"],
    ),
    "duplicate code": (
        [PROVINCE, CITY, changed(CITY, 单位名称="沈阳")],
        ["第 4 行“单位代码”：“210100”与第 3 行重复，请删去一行或改正代码。"],
    ),
    "no address": (
        [PROVINCE, changed(CITY, 邮箱="")],
        ["第 3 行“邮箱”：没有邮箱，发不到该单位，请补填一个。"],
    ),
    "bad address": (
        [PROVINCE, changed(CITY, 邮箱="c.x.invalid")],
        ["第 3 行“邮箱”：“c.x.invalid”不是邮箱地址，请核对后改正。"],
    ),
    "two addresses in one cell": (
        [PROVINCE, changed(CITY, 邮箱="a@x.invalid;b@x.invalid")],
        ["第 3 行“邮箱”：“a@x.invalid;b@x.invalid”不是邮箱地址，一格只能写一个邮箱，其余请写到“邮箱2”“邮箱3”列。"],
    ),
    "unknown level": (
        [PROVINCE, changed(CITY, 层级="分局")],
        ["第 3 行“层级”：“分局”不认识，请改为 省、市、县 或 学校。"],
    ),
    "school code cut short": (
        [PROVINCE, changed(SCHOOL, 单位代码="212100001", **{"上级代码(属地)": "210000"})],
        ["第 3 行“单位代码”：“212100001”不对，学校标识码应为 10 位数字，前两位是 21、22、31 至 37、51 或 93，请对照学校代码证。"],
    ),
    "school code of a kindergarten": (
        [PROVINCE, changed(SCHOOL, 单位代码="1121000001", **{"上级代码(属地)": "210000"})],
        ["第 3 行“单位代码”：“1121000001”不对，学校标识码应为 10 位数字，前两位是 21、22、31 至 37、51 或 93，请对照学校代码证。"],
    ),
    "county code at a city": (
        [PROVINCE, changed(CITY, 单位代码="210102")],
        ["第 3 行“单位代码”：“210102”不对，市级代码应为 6 位数字且后两位是 0，如 210100。"],
    ),
    "no code, no name, no level": (
        [PROVINCE, changed(CITY, 单位代码="", 单位名称="", 层级="")],
        ["第 3 行“层级”：没有填，请填 省、市、县 或 学校。", "第 3 行“单位代码”：没有填，请补填。",
         "第 3 行“单位名称”：没有填，请补填单位全称。"],
    ),
    "unknown stage": (
        [PROVINCE, changed(SCHOOL, 学段="小学部", **{"上级代码(属地)": "210000"})],
        [f"第 3 行“学段”：“小学部”不认识，请从这些里选一个：{'、'.join(STAGES)}。"],
    ),
    "superior too low": (
        [PROVINCE, CITY, COUNTY, changed(CITY, 单位代码="210200", **{"上级代码(属地)": "210102"})],
        ["第 5 行“上级代码(属地)”：“210102”是“和平区”，层级不高于本单位，请核对层级和上级代码。"],
    ),
    "superior forgotten": (
        [PROVINCE, changed(CITY, **{"上级代码(属地)": ""})],
        ["第 3 行“上级代码(属地)”：没有填，而顶层单位已有“辽宁省”，请补填上级代码。"],
    ),
    "no top": (
        [changed(PROVINCE, **{"上级代码(属地)": "000000"})],
        ["第 2 行“上级代码(属地)”：“000000”在表中找不到，请核对，或先补上这个单位。",
         "全表：没有顶层单位。最高一级单位的上级代码应留空，请核对。"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_a_bad_row_is_told_with_its_line_what_is_wrong_and_how_to_mend_it(rows, expected):
    assert parsed(*rows)[1] == expected


def test_all_bad_rows_are_told_at_once_in_the_order_of_their_lines():
    _, faults = parsed(
        PROVINCE,
        changed(CITY, 邮箱="?"),
        changed(COUNTY, 层级="?"),
        changed(SCHOOL, 单位代码="1"),
        changed(CITY, 学段="?"),
    )
    assert [fault[:5] for fault in faults] == ["第 3 行", "第 4 行", "第 5 行", "第 6 行", "第 6 行"]


def test_a_unit_without_an_address_is_told_but_still_counts():  # 004-A2: no school left out
    units, faults = parsed(PROVINCE, changed(CITY, 邮箱=""))
    assert ([unit.code for unit in units], len(faults)) == (["210000", "210100"], 1)


def test_units_below_a_bad_row_wait_for_it_and_are_counted():
    units, faults = parsed(PROVINCE, changed(CITY, 学段="?"), COUNTY, SCHOOL)
    assert [unit.code for unit in units] == ["210000"]
    assert faults[1:] == ["另有 2 个单位本身无误，因上级所在行有误未能导入，改正上级后即可：210102、2121000001。"]


def test_a_missing_column_is_told_once_and_not_per_row():
    _, faults = parsed(("1", "甲", "学校"), ("2", "乙", "学校"), headings=("单位代码", "单位名称", "层级"))
    assert faults == ["表头：找不到 “上级代码(属地)”、“邮箱” 列。请照单位表模板写表头，各列先后不限。"]


def test_the_list_of_one_county_can_be_imported_alone_into_a_known_tree():
    known, _ = parsed(PROVINCE, CITY)
    units, faults = parsed(COUNTY, SCHOOL, known=known)
    assert ([unit.code for unit in units], faults) == (["210102", "2121000001"], [])


def test_a_second_top_is_refused_beside_a_known_tree():
    known, _ = parsed(PROVINCE)
    assert parsed(changed(CITY, **{"上级代码(属地)": ""}), known=known)[1] == [
        "第 2 行“上级代码(属地)”：没有填，而顶层单位已有“辽宁省”，请补填上级代码。"
    ]
    assert parsed(PROVINCE, known=known)[1] == []


def test_english_headings_and_levels_are_read_like_the_chinese_ones():
    english = ("code", "name", "level", "reports_to", "owned_by", "stage", "email")
    chinese = parsed(PROVINCE, CITY)[0]
    row = ("210100", "沈阳市", "city", "210000", "", "", "c@x.invalid")
    assert parsed(changed(PROVINCE, 层级="province"), row, headings=english)[0] == chinese


def test_three_sets_of_contacts_are_read_in_their_order():  # 002-14: two responsible names per unit
    headings = (*HEADINGS, "联系人1", "联系人2", "邮箱2", "电话2", "职务2", "联系人3", "邮箱3")
    row = (*PROVINCE, "王喆", "李堃", "q@x.invalid", "024-1", "办公室", "赵", "")
    assert parsed(row, headings=headings)[0][0].contacts == (
        Contact("王喆", "p@x.invalid"),
        Contact("李堃", "q@x.invalid", "024-1", "办公室"),
        Contact("赵"),
    )


def test_full_width_writing_is_read_in_codes_but_kept_in_names():
    row = changed(
        SCHOOL, 单位代码="２１２１０００００１", 单位名称="望湖路小学（东校区）", **{"上级代码(属地)": "２１００００"}
    )
    unit = parsed(PROVINCE, row)[0][1]
    assert (unit.code, unit.name, unit.reports_to) == ("2121000001", "望湖路小学（东校区）", "210000")


@pytest.mark.parametrize(("written", "day"), [("2021年3月5日", date(2021, 3, 5)), ("2021.3.5", date(2021, 3, 5))])
def test_days_are_read_as_people_write_them(written, day):
    units, faults = parsed((*PROVINCE, written), headings=(*HEADINGS, "停用日期"))
    assert (units[0].active_to, faults) == (day, [])


def test_a_day_that_does_not_exist_is_told():
    assert parsed((*PROVINCE, "2021.13.5"), headings=(*HEADINGS, "停用日期"))[1] == [
        "第 2 行“停用日期”：“2021.13.5”不是日期，请写成 2021-03-05 的样子。"
    ]


# --- the tree -----------------------------------------------------------------------------------------------------
TREE = UnitTree(
    [
        make_unit(
            "2136000009", "210102", "school", owned_by="210000", kind="技工"
        ),  # seat in a county, owned elsewhere
        make_unit("2134000001", "210000", "school", kind="直属"),
        make_unit("2134000002", "210100", "school", kind="直属"),
        make_unit("21210000011", "2121000001", "school", stage="教学点"),
        make_unit("2121000001", "210171", "school"),
        make_unit("210171", "210100", "county", kind="开发区"),
        make_unit("210181", "210100", "county"),
        make_unit("210102", "210100", "county"),
        make_unit("210200", "210000", "city", order=1),
        make_unit("210100", "210000", "city"),
        make_unit("210000", None, "province"),
    ]
)


def test_units_come_in_administrative_order_each_before_its_children():
    assert [unit.code for unit in TREE] == [
        "210000", "210100", "210102", "2136000009", "210171", "2121000001", "21210000011", "210181", "2134000002",
        "210200", "2134000001",
    ]  # fmt: skip


def test_schools_directly_under_a_city_or_the_province_belong_to_it():  # 002-1, 001-1
    assert [unit.code for unit in TREE.children("210000")] == ["210100", "210200", "2134000001"]
    assert [unit.code for unit in TREE.ancestors("2134000002")] == ["210100", "210000"]


def test_a_school_is_collected_where_it_lies_and_not_by_its_owner():  # 001-1
    school = TREE["2136000009"]
    assert (TREE.ancestors(school.code)[0].code, school.owner) == ("210102", "210000")


def test_descendants_are_found_at_any_depth():
    assert [unit.code for unit in TREE.descendants("210100", Level.SCHOOL)] == [
        "2136000009", "2121000001", "21210000011", "2134000002",
    ]  # fmt: skip
    assert len(TREE.descendants("210000")) == len(TREE) - 1


def test_a_full_name_tells_namesakes_apart():
    units, _ = parsed(PROVINCE, CITY, COUNTY, SCHOOL)
    assert UnitTree(units).full_name("2121000001") == "沈阳市和平区望湖路小学"


@pytest.mark.parametrize(("units", "reason"), [
    ([make_unit("1", None, "city"), make_unit("2", None, "city")], "2 units report to nobody, one must: 1、2"),
    ([make_unit("1", None, "city"), make_unit("2", "3", "school")], "2 reports to 3, which is not in the list"),
    ([make_unit("1", None, "city"), make_unit("2", "3", "county"), make_unit("3", "2", "county")],
     "2、3 report to one another in a circle"),
])  # fmt: skip
def test_units_that_are_no_tree_are_refused(units, reason):
    with pytest.raises(RefusedError) as caught:
        UnitTree(units)
    assert caught.value.reasons == [reason]


# --- dated edges and importing again -------------------------------------------------------------------------------
def test_a_unit_that_moved_has_another_superior_from_that_day_on():
    school = make_unit("2121000001", "210181", "school", owned_by="210100", active_to=date(2024, 7, 31))
    edges = [
        Edge(school.code, "reports_to", "210102", valid_to=date(2021, 8, 31)),
        Edge(school.code, "reports_to", "210181", valid_from=date(2021, 9, 1)),
        Edge(school.code, "owned_by", "210100"),
    ]
    assert edges_on(edges, date(2021, 8, 31)) == [edges[0], edges[2]]
    assert [unit.reports_to for unit in units_on([school], edges, date(2021, 8, 31))] == ["210102"]
    assert units_on([school], edges, date(2021, 9, 1)) == [school]
    assert units_on([school], edges, date(2024, 8, 1)) == []


def test_the_edges_of_a_first_import_last_as_long_as_the_unit():
    unit = make_unit("2136000009", "210102", "school", owned_by="210000", active_from=date(2021, 9, 1))
    assert edges_of([unit]) == [
        Edge("2136000009", "reports_to", "210102", date(2021, 9, 1)),
        Edge("2136000009", "owned_by", "210000", date(2021, 9, 1)),
    ]


def test_importing_again_changes_only_what_changed():
    old, _ = parsed(PROVINCE, CITY, COUNTY, SCHOOL)
    new, _ = parsed(PROVINCE, CITY, changed(SCHOOL, 单位名称="湖畔小学", **{"上级代码(属地)": "210100"}),
                    changed(COUNTY, 单位代码="210103"))  # fmt: skip
    found = changes(old, new)
    assert [unit.code for unit in found.added] == ["210103"]
    assert found.changed == (
        FieldChange("2121000001", "name", "望湖路小学", "湖畔小学"),
        FieldChange("2121000001", "reports_to", "210102", "210100"),
    )
    assert [unit.code for unit in found.missing] == ["210102"]
    assert not changes(old, list(reversed(old)))


# --- the file ------------------------------------------------------------------------------------------------------
texts = st.text("甲乙丙和平区AB（）·", min_size=1, max_size=8)
contacts = st.builds(
    Contact,
    texts,
    st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z0-9]+)?@x\.invalid", fullmatch=True),
    st.just("024-1"),
    texts,
)
SCHOOLS = st.builds(
    Unit,
    code=st.integers(2100000000, 2299999999).map(str),
    name=texts, level=st.just(Level.SCHOOL), reports_to=st.just("210000"), owned_by=st.none(),
    stage=st.sampled_from(STAGES), kind=st.none() | texts, contacts=st.lists(contacts, min_size=1, max_size=3).map(tuple),
    active_from=st.none() | st.dates(date(1950, 1, 1), date(2020, 1, 1)), active_to=st.none(),
    order=st.integers(0, 10**6), has_earlier_incidents=st.booleans(),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(SCHOOLS, max_size=3, unique_by=lambda unit: unit.code))
def test_a_unit_written_as_a_row_is_read_back_as_the_same_unit(schools):
    units = [Unit("210000", "辽宁省", Level.PROVINCE, contacts=(Contact("", "p@x.invalid"),)), *schools]
    assert parse_unit_rows(enumerate(map(row_of, units), 2)) == (units, [])


@pytest.mark.parametrize("name", ["units.xlsx", "units.csv"])
def test_a_list_written_to_a_file_is_read_back_as_the_same_units(tmp_path, name):
    units, _ = parsed(PROVINCE, CITY, COUNTY, SCHOOL)
    write_units(tmp_path / name, units)
    assert parse_unit_rows(read_unit_rows(tmp_path / name)) == (units, [])


def test_a_csv_from_excel_in_china_is_read_with_its_line_numbers(tmp_path):
    path = tmp_path / "units.csv"
    path.write_bytes(
        '单位表\r\n单位代码,单位名称,邮箱\r\n210000,"辽宁\n省",a@x.invalid\r\n\r\n1,喆,\r\n'.encode("gb18030")
    )
    assert list(read_unit_rows(path)) == [
        (3, {"单位代码": "210000", "单位名称": "辽宁\n省", "邮箱": "a@x.invalid"}),
        (6, {"单位代码": "1", "单位名称": "喆", "邮箱": ""}),
    ]


def test_a_sheet_filled_by_hand_is_read_below_its_title_with_numbers_as_codes(tmp_path):
    workbook = Workbook()
    for row in (
        ["全省单位表"],
        [],
        ["单位代码", "单位名称", "启用日期", "邮箱", "邮箱"],
        [2121000001, "望湖路小学", date(2021, 3, 5), "a", "b"],
    ):
        workbook.active.append(row)
    workbook.save(tmp_path / "hand.xlsx")
    assert list(read_unit_rows(tmp_path / "hand.xlsx")) == [
        (4, {"单位代码": "2121000001", "单位名称": "望湖路小学", "启用日期": "2021-03-05", "邮箱": "a", "邮箱2": "b"})
    ]


def test_the_template_has_every_column_and_no_unit(tmp_path):
    write_unit_template(tmp_path / "template.xlsx")
    assert list(read_unit_rows(tmp_path / "template.xlsx")) == []
    assert all(field_of(heading) for heading in all_headings())
    assert len(all_headings()) == 11 + 3 * 4


@pytest.mark.parametrize(("name", "content"), [
    ("broken.xlsx", b"not a workbook"), ("empty.csv", b""), ("photo.csv", b"\xff\xfe\x00\xd8"), ("absent.csv", None),
])  # fmt: skip
def test_a_file_that_is_no_list_of_units_is_refused_with_its_name(tmp_path: Path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DefinitionError) as caught:
        list(read_unit_rows(tmp_path / name))
    assert name in str(caught.value)
