"""The rehearsal's province. Ids such as 001-1 name the requirement of the source documents that a test proves."""

import re
import time
from collections import Counter, defaultdict

import pytest

from oneledger.domain.unit_headings import row_of
from oneledger.domain.unit_rows import parse_unit_rows
from oneledger.domain.unit_tree import UnitTree
from oneledger.domain.units import Level
from rehearsal.province import divisions, make_province

PROVINCE = make_province(300, seed=7)
TREE = UnitTree(PROVINCE)
SCHOOLS = TREE.descendants("210000", Level.SCHOOL)


def test_liaoning_has_its_14_cities_and_100_counties_under_their_codes():
    counties = Counter(unit.reports_to for unit in divisions() if unit.level == Level.COUNTY)
    assert counties == {
        "210100": 13, "210200": 10, "210300": 7, "210400": 7, "210500": 6, "210600": 6, "210700": 7,
        "210800": 6, "210900": 7, "211000": 7, "211100": 4, "211200": 7, "211300": 7, "211400": 6,
    }  # fmt: skip
    assert [(unit.code, unit.name) for unit in divisions() if unit.level == Level.CITY] == [
        ("210100", "沈阳市"), ("210200", "大连市"), ("210300", "鞍山市"), ("210400", "抚顺市"), ("210500", "本溪市"),
        ("210600", "丹东市"), ("210700", "锦州市"), ("210800", "营口市"), ("210900", "阜新市"), ("211000", "辽阳市"),
        ("211100", "盘锦市"), ("211200", "铁岭市"), ("211300", "朝阳市"), ("211400", "葫芦岛市"),
    ]  # fmt: skip


def test_county_names_are_not_unique_so_they_are_told_apart_by_their_city():
    tiexi = [unit.code for unit in divisions() if unit.name == "铁西区"]
    assert [TREE.full_name(code) for code in tiexi] == ["沈阳市铁西区", "鞍山市铁西区"]


@pytest.mark.parametrize("schools", [1, 12, 100, 117, 300, 2000])
def test_the_list_of_units_has_so_many_schools_and_not_one_bad_row(schools):
    units = make_province(schools, seed=3)
    assert sum(unit.level == Level.SCHOOL for unit in units) == schools
    read, faults = parse_unit_rows(enumerate(map(row_of, units), 2))
    assert (read, faults) == (units, [])


@pytest.mark.parametrize("schools", [100, 150, 2000])
def test_every_county_has_a_school_when_there_are_a_hundred(schools):
    tree = UnitTree(make_province(schools, seed=1))
    assert [unit.name for unit in tree.descendants("210000", Level.COUNTY) if not tree.children(unit.code)] == []


def test_the_same_seed_makes_the_same_province_and_another_seed_another():
    assert make_province(300, seed=7) == PROVINCE
    assert make_province(300, seed=8) != PROVINCE


def test_school_codes_are_those_of_liaoning_and_every_address_belongs_to_one_unit():
    assert all(re.fullmatch(r"(21|31|34|36|51)21\d{6}", school.code) for school in SCHOOLS)
    emails = [email for unit in PROVINCE for email in unit.emails]
    assert len(emails) == len(set(emails))
    assert {len(unit.contacts) for unit in PROVINCE} == {1, 2, 3}
    assert {email.partition("@")[2] for email in emails} == {"rehearsal.invalid"}


def test_some_schools_lie_directly_under_a_city_or_the_province():  # 002-1
    levels = Counter(TREE.ancestors(school.code)[0].level for school in SCHOOLS)
    assert levels == {Level.COUNTY: 281, Level.CITY: 14, Level.PROVINCE: 5}


def test_two_zones_collect_like_counties():  # 002-17
    zones = [unit for unit in PROVINCE if unit.kind == "开发区"]
    assert [(zone.code, zone.level, zone.reports_to) for zone in zones] == [
        ("210171", Level.COUNTY, "210100"), ("210271", Level.COUNTY, "210200"),
    ]  # fmt: skip
    assert all(TREE.children(zone.code) for zone in zones)


def test_two_schools_are_owned_by_another_unit_than_the_one_that_collects():  # 001-1
    owned = [school for school in SCHOOLS if school.owned_by]
    assert [(school.stage, TREE[school.reports_to].level, TREE[school.owner].level) for school in owned] == [
        ("技工", Level.COUNTY, Level.PROVINCE), ("技工", Level.COUNTY, Level.CITY),
    ]  # fmt: skip


def test_names_are_varied_with_namesakes_between_counties_and_none_within():
    schools = UnitTree(make_province(2000, seed=7)).descendants("210000", Level.SCHOOL)
    counties = defaultdict(set)
    for school in schools:
        counties[school.name].add(school.reports_to)
    assert sum(map(len, counties.values())) == len(schools)
    assert len(counties["实验小学"]) > 1
    assert max(map(len, counties)) > 30


def test_thirty_thousand_schools_are_made_in_seconds():
    started = time.process_time()
    make_province(30_000, seed=1)
    assert time.process_time() - started < 5  # measured: 1 s
