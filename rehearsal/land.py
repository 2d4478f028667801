"""Where a campaign is rehearsed: which offices there are above the schools. config/rehearsal/<campaign>.yaml, or, where
there is no such file, worked out from the campaign's own root and levels."""

import csv
import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field as Key, model_validator

from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Definition
from oneledger.domain.units import Level
from oneledger.settings import read_model

SCHOOLS_PER_OFFICE = 12  # below the lowest offices, where only the campaign's levels are known
OFFICES_PER_OFFICE = 5
_PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-6]")


class Office(Definition):
    """One office by name. ``under`` empty: the topmost of the list, which may lie above the campaign's root."""

    code: Annotated[str, Key(pattern=r"^\d{6}$")]
    name: str
    level: Level
    under: str | None = None


class Layer(Definition):
    """Invented offices of one level, shared out evenly below the offices that ``under`` names by level or by code."""

    level: Level
    under: tuple[str, ...]
    besides: tuple[str, ...] = ()  # codes of offices that have none
    one_per: int = Key(ge=1)  # as many as there are schools divided by this
    most: int = Key(default=60, ge=1)  # below one office; codes have two digits


class Direct(Definition):
    """Schools that an upper level collects from itself (002-1): one for each ``one_per`` schools there are to spare."""

    level: Level
    one_per: int = Key(ge=1)
    most: int = Key(ge=0)


class Outside(Definition):
    """A school by name that one office collects from and another owns (001-1)."""

    name: str
    stage: str
    under: str
    owner: str


class Whole(Definition):
    """The real offices below the named ones, instead of invented layers, where there are as many schools."""

    divisions: str
    from_schools: int = Key(ge=1)


class Land(Definition):
    divisions: str | None = None  # real offices kept with the program: rehearsal/data/<divisions>_divisions.csv
    offices: tuple[Office, ...] = ()
    whole: Whole | None = None
    zones: tuple[Office, ...] = ()  # offices besides, where there are schools enough (002-17)
    layers: tuple[Layer, ...] = ()
    direct: tuple[Direct, ...] = ()
    other_owners: tuple[Level, ...] = ()  # of so many county schools, each of another city, the office above of a level
    outside: tuple[Outside, ...] = ()

    @model_validator(mode="after")
    def _references_resolve(self) -> "Land":
        named = self.named()
        known = {office.code for office in named} | {each.value for each in Level}
        wanted = [office.under for office in (*named, *self.zones)]
        wanted += [code for layer in self.layers for code in (*layer.under, *layer.besides)]
        wanted += [code for each in self.outside for code in (each.under, each.owner)]
        strays = sorted({code for code in wanted if code} - known)
        if strays:
            raise ValueError(f"no office has the code {', '.join(strays)}")
        if not named:
            raise ValueError("offices or divisions: at least one office")
        return self

    def named(self) -> list[Office]:
        """Parents before children."""
        return [*(_listed(self.divisions) if self.divisions else []), *self.offices]

    def sized(self, schools: int) -> "Land":
        """As it is for so many schools."""
        if self.whole is None or schools < self.whole.from_schools:
            return self
        below = sorted(_listed(self.whole.divisions), key=lambda office: office.level.depth)
        return self.model_copy(update={"offices": (*self.offices, *below), "layers": ()})


def _listed(divisions: str) -> list[Office]:
    """Codes and names as in GB/T 2260."""
    with (files("rehearsal.data") / f"{divisions}_divisions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [Office(code=row["code"], name=row["name"], level=row["level"], under=row["parent"] or None) for row in rows]


def land_of(campaign: Campaign, config: Path) -> Land:
    """Raises DefinitionError, naming file, line and key, for a file that is wrong."""
    path = config / "rehearsal" / f"{campaign.campaign}.yaml"
    return read_model(path, Land) if path.exists() else derived(campaign)


def derived(campaign: Campaign) -> Land:
    """The campaign's root, and below it as many offices of each level that the campaign names as the schools need."""
    top = level_of(campaign.root)
    between = [level for level in Level if top.depth < level.depth < Level.SCHOOL.depth and level in _named(campaign)]
    layers: list[Layer] = []
    one_per, above = SCHOOLS_PER_OFFICE * OFFICES_PER_OFFICE ** (len(between) - 1), top
    for level in between:
        layers.append(Layer(level=level, under=(above.value,), one_per=max(1, int(one_per))))
        one_per, above = one_per // OFFICES_PER_OFFICE, level
    root = Office(code=campaign.root, name=_place(campaign.issuer), level=top)
    return Land(offices=(root,), layers=tuple(layers))


def level_of(code: str) -> Level:
    """By the digits of GB/T 2260; the ministry's first pair is no province's."""
    if code.endswith("0000"):
        return Level.PROVINCE if _PROVINCES.fullmatch(code[:2]) else Level.MINISTRY
    return Level.CITY if code.endswith("00") else Level.COUNTY


def _named(campaign: Campaign) -> set[str]:
    who = [each.respondents for each in campaign.deliverables]
    answering = {each.answered_by for each in who if each.answered_by}
    return answering | {level for each in who for level in each.levels} | {step.level for step in campaign.sign_off}


def _place(issuer: str) -> str:
    """辽宁省 from 辽宁省教育厅: what the names of its schools begin with."""
    found = re.match(r"(.+?[省市县区州盟旗])(?=教育|人民政府)", issuer)
    return found.group(1) if found else issuer
