"""A province that does not exist: Liaoning's real cities and counties, with invented schools and people."""

import csv
import random
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

from oneledger.domain.units import Contact, Level, Unit
from rehearsal.names import CODE_OF_STAGE, STAGE_WEIGHTS, person_name, school_name

PROVINCE = "210000"
ZONES = (("210171", "浑河源经济开发区", "210100"), ("210271", "望海经济技术开发区", "210200"))
"""Development zones collect like counties, under codes xx71 that only statistics use; these two are invented."""

_OFFICES = {
    Level.PROVINCE: ("学校安全管理处", "办公室"),
    Level.CITY: ("安全教育处", "安全与体卫艺科", "办公室", "法规安全科"),
    Level.COUNTY: ("学校安全科", "基础教育科", "办公室"),
    Level.SCHOOL: ("德育主任", "安全办主任", "副校长", "办公室"),
}
_PROVINCIAL_STAGES = ("高中", "中职", "特教", "十二年一贯制")
_ENOUGH_FOR_EVERY_COUNTY = 100


def divisions() -> list[Unit]:
    """Liaoning, its 14 cities and 100 counties: GB/T 2260 codes and names as of the 2023 list, without contacts."""
    with (files("rehearsal.data") / "liaoning_divisions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [Unit(row["code"], row["name"], Level(row["level"]), row["parent"] or None) for row in rows]


def make_province(schools: int, seed: int, domain: str = "rehearsal.invalid") -> list[Unit]:
    """The same units for the same arguments. Every county has a school when there are at least 100.

    With room for them (from about 120 schools) some lie directly under cities and the province, and two zones
    collect as well. Two schools are owned by another unit than the one that collects from them (技工学校, 001-1).
    """
    rng = random.Random(seed)
    bureaus = divisions()
    counties = [unit.code for unit in bureaus if unit.level == Level.COUNTY]
    cities = [unit.code for unit in bureaus if unit.level == Level.CITY]
    collectors = _collectors(rng, schools, counties, cities)
    zones = [Unit(code, name, Level.COUNTY, city, kind="开发区") for code, name, city in ZONES if code in collectors]
    above = {unit.code: unit for unit in [*bureaus, *zones]}
    pupils = list(_schools(rng, sorted(collectors), above))
    return [_with_contacts(rng, unit, domain) for unit in [*above.values(), *_with_other_owners(pupils, above)]]


def _collectors(rng: random.Random, schools: int, counties: list[str], cities: list[str]) -> list[str]:
    """For each school, the unit that collects from it."""
    spare = max(0, schools - _ENOUGH_FOR_EVERY_COUNTY) if schools >= _ENOUGH_FOR_EVERY_COUNTY else schools
    direct = [PROVINCE] * min(5, spare // 15) + [cities[n % len(cities)] for n in range(min(14, spare // 8))]
    zones = [code for code, *_ in ZONES] if spare >= 2 * len(ZONES) else []
    first = rng.sample(counties, min(len(counties), schools - len(direct) - len(zones)))
    weights = [rng.uniform(0.4, 2.2) for _ in [*counties, *zones]]
    rest = schools - len(direct) - len(zones) - len(first)
    return [*direct, *zones, *first, *rng.choices([*counties, *zones], weights, k=rest)]


def _schools(rng: random.Random, collectors: list[str], above: dict[str, Unit]) -> Iterator[Unit]:
    serial = rng.randrange(100, 1000)
    stages = rng.choices(list(STAGE_WEIGHTS), list(STAGE_WEIGHTS.values()), k=len(collectors))
    names: set[tuple[str, str]] = set()
    for collector, drawn in zip(collectors, stages, strict=True):
        serial += rng.randrange(1, 4)
        stage = rng.choice(_PROVINCIAL_STAGES) if collector == PROVINCE else drawn
        city, county = _places(above[collector], above)
        yield Unit(
            code=f"{CODE_OF_STAGE[stage]}21{serial:06}",
            name=_new_name(rng, names, collector, (stage, city, county)),
            level=Level.SCHOOL,
            reports_to=collector,
            stage=stage,
            kind="直属" if not county else "民办" if rng.random() < 0.08 else None,
            has_earlier_incidents=rng.random() < 0.04,
        )


def _places(collector: Unit, above: dict[str, Unit]) -> tuple[str, str]:
    """The names of the city and the county of its schools; a school directly under a city has no county."""
    if collector.level == Level.COUNTY:
        return above[collector.reports_to or ""].name, collector.name
    return collector.name, ""


def _new_name(rng: random.Random, taken: set[tuple[str, str]], collector: str, kind: tuple[str, str, str]) -> str:
    """Counties have namesakes of one another's schools, but none within."""
    while (collector, name := school_name(rng, *kind)) in taken:
        pass
    taken.add((collector, name))
    return name


def _with_other_owners(schools: list[Unit], above: dict[str, Unit]) -> Iterator[Unit]:
    """A county school in each of the first two cities becomes a 技工学校: the province owns one, its city the other."""
    cities: set[str] = set()
    for school in schools:
        county = above[school.reports_to or ""]
        city = county.reports_to or ""
        if county.level != Level.COUNTY or len(cities) == 2 or city in cities:
            yield school
            continue
        owner = city if cities else PROVINCE
        cities.add(city)
        code, name = CODE_OF_STAGE["技工"] + school.code[2:], f"{county.name}工业技工学校"
        yield replace(school, code=code, name=name, stage="技工", kind="技工", owned_by=owner)


def _with_contacts(rng: random.Random, unit: Unit, domain: str) -> Unit:
    """One to three people, each with an address that no other unit has and a telephone number that cannot ring."""
    prefix = "school" if unit.level == Level.SCHOOL else "jyj"
    many = 1 + (rng.random() < 0.3) + (rng.random() < 0.1)
    contacts = tuple(
        Contact(
            name=person_name(rng),
            email=f"{prefix}{unit.code}{f'.{number}' if number > 1 else ''}@{domain}",
            phone=f"0000-{rng.randrange(10**7):07}",
            role=rng.choice(_OFFICES[unit.level]),
        )
        for number in range(1, many + 1)
    )
    return replace(unit, contacts=contacts)
