"""Where each campaign is rehearsed. Ids such as 001-1 name the requirement of the source documents that a test proves."""

from collections import Counter
from pathlib import Path

import pytest

from oneledger.domain.errors import DefinitionError
from oneledger.domain.unit_headings import row_of
from oneledger.domain.unit_rows import parse_unit_rows
from oneledger.domain.unit_tree import UnitTree
from oneledger.domain.units import Level
from oneledger.settings import load_campaign, read_model
from rehearsal.inventing import invented
from rehearsal.land import Land, Layer, derived, land_of, level_of
from tests.conftest import CONFIG

OWN = Path(__file__).parent / "own_campaign"


def tree(name: str, schools: int = 300) -> UnitTree:
    return UnitTree(invented(land_of(load_campaign(CONFIG, name), CONFIG), schools, seed=3))


def below(units: UnitTree, root: str) -> Counter[str]:
    return Counter(unit.level.value for unit in (units[root], *units.descendants(root)))


@pytest.mark.parametrize(
    ("name", "root", "expected"),
    [
        ("moe-2021", "100000", {"ministry": 1, "province": 32, "city": 37, "county": 60, "school": 300}),
        ("liaoning-2021", "210000", {"province": 1, "city": 14, "county": 102, "school": 300}),
        ("prefecture-2024", "990100", {"city": 1, "county": 10, "school": 300}),  # 000-4
        ("helan-2024", "640122", {"county": 1, "school": 300}),  # 001-1
        ("baicheng-2018", "220800", {"city": 1, "county": 5, "school": 300}),  # 002-3
    ],
)
def test_each_campaign_has_a_tree_of_its_own(name, root, expected):
    units = tree(name)
    assert below(units, root) == expected
    read, faults = parse_unit_rows(enumerate(map(row_of, units), 2))
    assert faults == []
    assert set(read) == set(units)


def test_a_country_of_schools_has_its_real_cities_and_counties():  # issue 6 of 6, part C
    expected = {"ministry": 1, "province": 32, "city": 333, "county": 2847, "school": 20_000}
    units = tree("moe-2021", 20_000)
    assert below(units, "100000") == expected
    assert [units[code].name for code in ("210102", "429004", "659001")] == ["和平区", "仙桃市", "石河子市"]
    assert units["429004"].reports_to == "420000"  # a county directly under its province


def test_the_corps_answers_to_the_ministry_like_a_province():  # 004-A1
    units = tree("moe-2021")
    nodes = units.children("100000")
    assert Counter(unit.level for unit in nodes) == {Level.PROVINCE: 32}
    assert units["660000"].name == "新疆生产建设兵团"
    assert {unit.level for unit in units.children("110000")} <= {Level.COUNTY, Level.SCHOOL}  # no cities in Beijing


def test_three_outside_schools_report_to_the_county_and_are_owned_by_the_province():  # 001-1
    outside = [unit for unit in tree("helan-2024") if unit.owned_by]
    assert [(unit.name, unit.reports_to, unit.owner) for unit in outside] == [
        ("宁夏交通学校", "640122", "640000"),
        ("宁夏青松技工学校", "640122", "640000"),
        ("宁夏轨道交通高级技工学校", "640122", "640000"),
    ]


def test_some_schools_answer_to_the_city_beside_its_five_bureaus():  # 002-1
    levels = Counter(unit.level.value for unit in tree("baicheng-2018").children("220800"))
    assert levels == {"county": 5, "school": 24}


@pytest.mark.parametrize(
    ("code", "level"),
    [("100000", "ministry"), ("210000", "province"), ("660000", "province"), ("220800", "city"), ("640122", "county")],
)
def test_the_level_of_a_root_is_told_by_its_code(code, level):
    assert level_of(code) == level


def test_a_campaign_without_a_land_gets_one_of_its_own_levels():
    """Issue 3, done when 3: nothing but the campaign's own file is needed."""
    own = load_campaign(OWN, "water-2025")
    assert below(UnitTree(invented(land_of(own, OWN), 30, seed=3)), "339921") == {"county": 1, "school": 30}
    deeper = load_campaign(CONFIG, "liaoning-2021").model_copy(update={"root": "370000", "issuer": "山东省教育厅"})
    assert derived(deeper).layers == (
        Layer(level=Level.CITY, under=("province",), one_per=60),
        Layer(level=Level.COUNTY, under=("city",), one_per=12),
    )
    units = UnitTree(invented(derived(deeper), 150, seed=3))
    assert below(units, "370000") == {"province": 1, "city": 2, "county": 12, "school": 150}
    assert units.root.name == "山东省"


def test_a_land_that_names_no_such_office_is_refused_with_file_and_line(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text('offices:\n  - {code: "220800", name: 白城市, level: city, under: "220000"}\n', encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"x\.yaml:1: \(file\): no office has the code 220000"):
        read_model(path, Land)
