"""Units that do not exist, in a land that may: schools and people are invented, and offices where none is named."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from oneledger.domain.units import Contact, Level, Unit
from rehearsal.land import Direct, Land, Layer, Office
from rehearsal.names import CODE_OF_STAGE, STAGE_WEIGHTS, office_name, person_name, school_name

_DESKS = {
    Level.MINISTRY: ("基础教育司", "办公厅"),
    Level.PROVINCE: ("学校安全管理处", "办公室"),
    Level.CITY: ("安全教育处", "安全与体卫艺科", "办公室", "法规安全科"),
    Level.COUNTY: ("学校安全科", "基础教育科", "办公室"),
    Level.SCHOOL: ("德育主任", "安全办主任", "副校长", "办公室"),
}
_PROVINCIAL_STAGES = ("高中", "中职", "特教", "十二年一贯制")

Offices = dict[str, Unit]  # by code, parents before children


def invented(land: Land, schools: int, seed: int, domain: str = "rehearsal.invalid") -> list[Unit]:
    """The same units for the same arguments. Every lowest office has a school where there are schools enough."""
    rng = random.Random(seed)
    land = land.sized(schools)
    above = {office.code: _unit(office) for office in land.named()}
    for layer in land.layers:
        above |= _layer(above, layer, schools, random.Random(f"{seed}:{layer.level}:{layer.under}"))
    outside = [*_outside(land, above)][:schools]
    collectors = _collectors(rng, schools - len(outside), land, above)
    above |= {zone.code: replace(_unit(zone), kind="开发区") for zone in land.zones if zone.code in collectors}
    pupils = list(_schools(rng, sorted(collectors), above))
    everyone = [*above.values(), *_with_other_owners(pupils, above, land.other_owners), *outside]
    return [_with_contacts(rng, unit, domain) for unit in everyone]


def _unit(office: Office) -> Unit:
    return Unit(office.code, office.name, office.level, office.under)


def _layer(above: Offices, layer: Layer, schools: int, rng: random.Random) -> Offices:
    """At least one below each office; codes go on from the office's own, names are not told twice below one office."""
    bases = [
        unit
        for unit in above.values()
        if {unit.code, unit.level.value} & set(layer.under) and unit.code not in layer.besides
    ]
    wanted = min(max(len(bases), schools // layer.one_per), layer.most * len(bases))
    found: Offices = {}
    names: set[tuple[str, str]] = set()
    for number in range(wanted):
        base = bases[number % len(bases)]
        code = _code(base.code, layer.level, number // len(bases) + 1)
        name = office_name(rng, layer.level)
        while (base.code, name) in names:
            name = office_name(rng, layer.level)
        names.add((base.code, name))
        found[code] = Unit(code, name, layer.level, base.code)
    return dict(sorted(found.items()))


def _code(base: str, level: Level, number: int) -> str:
    """As GB/T 2260 numbers them: cities 2101 to 2170, counties from 210121 on, and 01 stands in for a city skipped."""
    if level is Level.PROVINCE:
        return f"{number:02}0000"
    if level is Level.CITY:
        return f"{base[:2]}{number:02}00"
    return f"{base[:4] if base[2:4] != '00' else base[:2] + '01'}{20 + number:02}"


def _collectors(rng: random.Random, schools: int, land: Land, above: Offices) -> list[str]:
    """For each school, the office that collects from it."""
    parents = {unit.reports_to for unit in above.values()}
    lowest = [code for code in above if code not in parents]
    spare = schools - len(lowest) if schools >= len(lowest) else schools
    direct = [code for each in land.direct for code in _direct(above, each, spare)]
    zones = [zone.code for zone in land.zones] if spare >= 2 * len(land.zones) else []
    first = rng.sample(lowest, min(len(lowest), schools - len(direct) - len(zones)))
    weights = [rng.uniform(0.4, 2.2) for _ in [*lowest, *zones]]
    rest = schools - len(direct) - len(zones) - len(first)
    return [*direct, *zones, *first, *rng.choices([*lowest, *zones], weights, k=rest)]


def _direct(above: Offices, rule: Direct, spare: int) -> list[str]:
    codes = [unit.code for unit in above.values() if unit.level is rule.level]
    count = min(rule.most, spare // rule.one_per)
    return [codes[number % len(codes)] for number in range(count)] if codes else []


def _schools(rng: random.Random, collectors: Sequence[str], above: Offices) -> Iterator[Unit]:
    serial = rng.randrange(100, 1000)
    stages = rng.choices(list(STAGE_WEIGHTS), list(STAGE_WEIGHTS.values()), k=len(collectors))
    names: set[tuple[str, str]] = set()
    for collector, drawn in zip(collectors, stages, strict=True):
        serial += rng.randrange(1, 4)
        stage = rng.choice(_PROVINCIAL_STAGES) if above[collector].level is Level.PROVINCE else drawn
        city, county = _places(above[collector], above)
        yield Unit(
            code=f"{CODE_OF_STAGE[stage]}{collector[:2]}{serial:06}",
            name=_new_name(rng, names, collector, (stage, city, county)),
            level=Level.SCHOOL,
            reports_to=collector,
            stage=stage,
            kind="直属" if not county else "民办" if rng.random() < 0.08 else None,
            has_earlier_incidents=rng.random() < 0.04,
        )


def _places(collector: Unit, above: Offices) -> tuple[str, str]:
    """The names of the city and the county of its schools; a school directly under a city has no county."""
    if collector.level == Level.COUNTY:
        over = above.get(collector.reports_to or "")
        return over.name if over else "", collector.name
    return collector.name, ""


def _new_name(rng: random.Random, taken: set[tuple[str, str]], collector: str, kind: tuple[str, str, str]) -> str:
    """Counties have namesakes of one another's schools, but none within."""
    while (collector, name := school_name(rng, *kind)) in taken:
        pass
    taken.add((collector, name))
    return name


def _with_other_owners(schools: Sequence[Unit], above: Offices, levels: Sequence[Level]) -> Iterator[Unit]:
    """A county school in each of the first cities becomes a 技工学校 that an office of the next level in turn owns."""
    cities: set[str] = set()
    for school in schools:
        county = above[school.reports_to or ""]
        city = county.reports_to or ""
        if county.level != Level.COUNTY or len(cities) == len(levels) or city in cities:
            yield school
            continue
        owner = _above(county, levels[len(cities)], above)
        cities.add(city)
        code, name = CODE_OF_STAGE["技工"] + school.code[2:], f"{county.name}工业技工学校"
        yield replace(school, code=code, name=name, stage="技工", kind="技工", owned_by=owner)


def _above(unit: Unit, level: Level, above: Offices) -> str | None:
    parent = above.get(unit.reports_to or "")
    while parent is not None and parent.level is not level:
        parent = above.get(parent.reports_to or "")
    return parent.code if parent else None


def _outside(land: Land, above: Offices) -> Iterator[Unit]:
    for number, each in enumerate(land.outside, 1):
        code = f"{CODE_OF_STAGE[each.stage]}{above[each.owner].code[:2]}{number:06}"
        yield Unit(code, each.name, Level.SCHOOL, each.under, each.owner, each.stage, kind="非县属")


def _with_contacts(rng: random.Random, unit: Unit, domain: str) -> Unit:
    """One to three people, each with an address that no other unit has and a telephone number that cannot ring."""
    prefix = "school" if unit.level == Level.SCHOOL else "jyj"
    many = 1 + (rng.random() < 0.3) + (rng.random() < 0.1)
    contacts = tuple(
        Contact(
            name=person_name(rng),
            email=f"{prefix}{unit.code}{f'.{number}' if number > 1 else ''}@{domain}",
            phone=f"0000-{rng.randrange(10**7):07}",
            role=rng.choice(_DESKS[unit.level]),
        )
        for number in range(1, many + 1)
    )
    return replace(unit, contacts=contacts)
