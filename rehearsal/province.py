"""Liaoning, as most rehearsals have it: its real cities and counties, with invented schools and people."""

from oneledger.domain.units import Unit
from oneledger.settings import Settings, read_model
from rehearsal.inventing import invented
from rehearsal.land import Land

PROVINCE = "210000"


def liaoning() -> Land:
    return read_model(Settings().config / "rehearsal" / "liaoning-2021.yaml", Land)


def divisions() -> list[Unit]:
    """Liaoning, its 14 cities and 100 counties: GB/T 2260 codes and names as of the 2023 list, without contacts."""
    return [Unit(office.code, office.name, office.level, office.under) for office in liaoning().named()]


def make_province(schools: int, seed: int) -> list[Unit]:
    """Every county has a school when there are at least 100.

    With room for them (from about 120 schools) some lie directly under cities and the province, and two zones
    collect as well. Two schools are owned by another unit than the one that collects from them (技工学校, 001-1).
    """
    return invented(liaoning(), schools, seed)
