"""A campaign nobody here has seen, taken from the page that tells how to write one: YAML and Excel, no Python (issue 3)."""

import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from desk import unit_lists
from desk.plans import campaign_calendar
from oneledger.adapters.unit_sheet import write_units
from oneledger.domain.errors import DefinitionError
from oneledger.domain.launch_plan import frozen_units, launch_plan
from oneledger.domain.mailing import Limits
from oneledger.domain.unit_tree import UnitTree
from oneledger.domain.units import Contact, Level, Unit
from oneledger.settings import Settings
from tasks.launching import load_definition

ROOT = Path(__file__).parents[1]
PAGES = ("campaign-of-your-own.md", "自己的行动.md")
_FILE = re.compile(r"```yaml\n(# (config/\S+\.yaml)\n.*?)```", re.DOTALL)


def files_of(page: str) -> dict[str, str]:
    found = _FILE.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    return {path: text for text, path in found}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's config with the page's files in it."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(ROOT / "config", folder / "config")
    for path, text in files_of(PAGES[0]).items():
        (folder / path).write_text(text, encoding="utf-8")
    return folder / "config"


def unit(code: str, level: Level, parent: str | None, **changes) -> Unit:
    stage = "小学" if level is Level.SCHOOL else None
    return Unit(
        code, f"单位{code}", level, parent, stage=stage, contacts=(Contact("办公室", f"{code}@x.invalid"),), **changes
    )


DISTRICT = [unit("990101", Level.COUNTY, None), *(unit(f"219900000{n}", Level.SCHOOL, "990101") for n in range(1, 6))]


def test_both_pages_give_the_same_files():
    assert files_of(PAGES[0]) == files_of(PAGES[1])
    assert list(files_of(PAGES[0])) == [
        "config/campaigns/fire-2026.yaml", *(f"config/forms/{name}-v1.yaml" for name in ("hazard", "hazardfix", "drill", "acceptance")),
    ]  # fmt: skip


def test_the_pages_are_linked_from_the_readmes():
    for readme, page in zip(("README.md", "README.zh-CN.md"), PAGES, strict=True):
        assert f"(docs/{page})" in (ROOT / readme).read_text(encoding="utf-8")


def test_the_pages_campaign_passes_check(config):
    rows = campaign_calendar(Settings(config=config), "fire-2026")
    assert [(row["at"], row["title"]) for row in rows if row["title"].endswith(("开始", "定稿"))] == [
        ("2026-03-02 09:00", "自查开始"), ("2026-03-20 17:00", "自查定稿"),
        ("2026-03-30 09:00", "整改开始"), ("2026-04-24 17:00", "整改定稿"),
        ("2026-05-11 09:00", "演练开始"), ("2026-05-29 17:00", "演练定稿"),
        ("2026-06-01 09:00", "验收开始"), ("2026-06-26 17:00", "验收定稿"),
    ]  # fmt: skip


def test_check_names_the_form_that_is_missing(config, tmp_path):
    """That the check can fail: the same campaign, one form taken away."""
    shutil.copytree(config, tmp_path / "config")
    (tmp_path / "config/forms/drill-v1.yaml").unlink()
    with pytest.raises(DefinitionError) as caught:
        campaign_calendar(Settings(config=tmp_path / "config"), "fire-2026")
    assert caught.value.faults == [f"{tmp_path}/config/forms/drill-v1.yaml: no such file"]


def test_units_come_from_excel(tmp_path):
    write_units(tmp_path / "units.xlsx", DISTRICT)
    assert unit_lists.read(tmp_path / "units.xlsx") == (DISTRICT, [])


# --- trees that begin at any level (000-4, 001-1, 004-A1) -------------------------------------------------------------

XPCC = "660000"
COUNTRY = [
    unit("100000", Level.MINISTRY, None),
    unit("210000", Level.PROVINCE, "100000"),
    unit(XPCC, Level.PROVINCE, "100000"),
    unit("210100", Level.CITY, "210000"),
    unit("210102", Level.COUNTY, "210100"),
    unit("2121000001", Level.SCHOOL, "210102"),
    unit("2166000001", Level.SCHOOL, XPCC),
]
PREFECTURE = [
    unit("990100", Level.CITY, None),
    unit("990121", Level.COUNTY, "990100"),
    unit("2199000001", Level.SCHOOL, "990121", has_earlier_incidents=True),
]
HELAN = [
    unit("640000", Level.PROVINCE, None),
    unit("640122", Level.COUNTY, "640000"),
    unit("2164000001", Level.SCHOOL, "640122"),
    unit("3664000002", Level.SCHOOL, "640122", owned_by="640000"),  # 001-1: seat here, owner elsewhere
    unit("2164000003", Level.SCHOOL, "640000"),  # another's school
]
DATES = ROOT / "config/examples/prefecture-2024-dates.yaml"


@pytest.mark.parametrize(("name", "listed", "overrides", "today", "levels"), [
    ("moe-2021", COUNTRY, None, date(2021, 2, 1), [
        {"province": 2, "city": 1, "county": 1, "school": 2}, {"province": 2, "city": 1, "county": 1, "school": 2},
        {"province": 2},
    ]),
    ("prefecture-2024", PREFECTURE, DATES, date(2024, 3, 1), [
        {"county": 1, "school": 1}, {"county": 1, "school": 1}, {"city": 1, "county": 1, "school": 1},
    ]),
    ("helan-2024", HELAN, None, date(2024, 3, 1), [{"school": 2}, {"school": 2}, {"county": 1, "school": 2}]),
    ("fire-2026", DISTRICT, None, date(2026, 2, 20), [{"school": 5}, {"school": 5}, {"school": 5}, {"county": 1}]),
])  # fmt: skip
def test_a_tree_that_begins_at_any_level_is_planned(config, calendar, name, listed, overrides, today, levels):
    campaign, _ = load_definition(Settings(config=config, overrides=overrides), name)
    tree = UnitTree(listed)
    wanted = {campaign.root, *(each.code for each in tree.descendants(campaign.root))}
    units = {each.code: each for each in frozen_units(tree, {}) if each.code in wanted}
    plan = launch_plan(campaign, units, calendar, Limits(None, None, None), today)
    assert plan.refusals == ()
    assert [dict(Counter(each.by_level)) for each in plan.phases] == levels
