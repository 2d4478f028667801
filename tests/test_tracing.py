"""Every figure of a report is followed down to cells that add up to it (issue "4 of 6", D; done when 2)."""

import random
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from desk.cli import app
from oneledger.domain.errors import RefusedError
from oneledger.domain.figures import figures_of
from oneledger.domain.known_answers import ledger_of
from oneledger.domain.overall_report import overall_context
from oneledger.domain.report import report_context
from oneledger.domain.rollup import Coverage, Rollup
from oneledger.domain.tracing import Formula, Term, cells_behind, number_of, parsed, recounted
from oneledger.store import assignments, progress, snapshots, submissions
from tasks.editions import edition, view_of, with_measures
from tasks.office import running
from tasks.outlooks import outlook_page
from tasks.tracing import trace

NAME, PROVINCE = "liaoning-2021", "210000"
ROLLUP = Rollup(
    {
        "ledger.rows[risk=重大,state=新]": 2,
        "ledger.rows[risk=重大,state=已销号]": 3,
        "a.b=是": 4,
        "a.b=否": 1,
        "a.n": 91,
    },
    {"a": 9},
    Coverage(returned=5, zero=2, exempt=1, missing=1),
    (("1", "甲"), ("1", "甲"), ("2", "乙")),
)


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("a.n", 91),
        ("coverage.expected", 9),
        ("answered.a", 9),
        ("ledger.rows[risk=重大,state=*]", 5),
        ("=a.b=*", 5),
        ("=coverage.returned+coverage.zero", 7),
        ("=coverage.expected-coverage.exempt", 8),
        ("=a.n/answered.a", 10.1),  # one decimal, never rounded up
        ("=|a.b=否-a.b=是|", 3),
        ("=missing_units", 2),  # a unit that owes two returns is one unit
        ("=ledger.rows[risk=重大,state=*]-ledger.rows[risk=重大,state=已销号]", 2),
        ("a.absent", 0),
    ],
)
def test_a_printed_key_means_one_number(figure, expected):
    formula = parsed(figure)
    assert formula.value([number_of(term.key, ROLLUP) for term in formula.terms]) == expected


def test_a_key_says_whose_figure_it_is():
    assert parsed("coverage.missing@210100") == Formula((Term("+", "coverage.missing", "@210100"),))
    assert [term.of for term in parsed("=(coverage.returned+coverage.zero)#deploy").terms] == ["#deploy", "#deploy"]
    assert [term.of for term in parsed("=ledger.rows#deploy-rectify.rows").terms] == ["#deploy", ""]


def test_children_are_counted_by_their_own_figures():
    full, lacking = Rollup(coverage=Coverage(returned=3)), Rollup(coverage=Coverage(returned=2, missing=1))
    below = [full, full, lacking]
    assert number_of("children[coverage.missing=0]", ROLLUP, below) == 2
    assert number_of("children[coverage.expected>0]", ROLLUP, below) == 3


@pytest.mark.parametrize("figure", ["", "=", "报送率", "a.b[", "a.b+", "=rows"])
def test_what_is_no_key_is_refused(figure):
    with pytest.raises(RefusedError):
        parsed(figure)


@pytest.fixture
def city(rehearsed, monkeypatch) -> Path:
    out, _ = rehearsed()
    monkeypatch.setenv("ONELEDGER_DATA", str(out / "data"))
    return out / "data"


def test_the_cells_behind_every_key_add_up_to_what_was_counted(city):
    """The law of it: for each return, each form, each key, over a whole rehearsed campaign."""
    here, checked = running(NAME), 0
    with here.office.store.read() as connection:
        for phase in here.campaign.phases:
            owed = {each.id: each for each in assignments.of_phase(connection, NAME, phase.phase)}
            for each in submissions.counting(connection, NAME, phase.phase, snapshots_end(connection)).values():
                assignment = owed[each.assignment]
                level = here.units[assignment.unit].level
                kept = dict(submissions.ledgers(connection, [each.submission]))[each.submission]
                forms = here.forms_of(here.campaign.deliverable(assignment.deliverable), level)
                for form in (each for each in forms if each.form in kept and each.form != "cover"):
                    ledger = ledger_of(form, kept[form.form])
                    for key, number in figures_of(form, ledger).items():
                        assert sum(cells.adds for cells in cells_behind(form, ledger, key)) == number, key
                        checked += 1
    assert checked > 4000


def snapshots_end(connection):
    return max(each.as_of for each in snapshots.of_campaign(connection, NAME))


def printed_figures() -> list[tuple[str, str, str]]:
    """(snapshot, key, number) of every figure of the province's four reports."""
    here = running(NAME)
    with here.office.store.read() as connection:
        frozen = snapshots.of_campaign(connection, NAME)
    return [
        (f"{NAME}/{each.milestone}", source["key"], source["value"].replace(",", ""))
        for each in frozen
        for source in report_context(view_of(here, edition(here, each), PROVINCE))["sources"]
    ]


def test_a_unit_that_owes_two_returns_is_recounted_once():
    parts = [("1", 1), ("1", 1), ("2", 1), ("3", 0)]
    assert (recounted("missing_units", parts), recounted("coverage.missing", parts)) == (2, 3)


def test_units_that_owe_and_offices_that_are_complete_are_each_counted_once(city):
    """A unit may owe two returns, and schools may answer to a city directly: the report counts units, and offices."""
    here = running(NAME)
    with here.office.store.read() as connection:
        frozen = {
            each: dict(snapshots.every_rollup(connection, each.id)) for each in snapshots.of_campaign(connection, NAME)
        }
    offices = {code for code, unit in here.units.items() if unit.level != "school"}
    beside = 0
    for each, rollups in frozen.items():
        for code in offices & rollups.keys():
            below = {unit: rollups[unit] for unit in rollups if here.units[unit].parent == code}
            owing = [one.coverage for unit, one in below.items() if unit in offices and one.coverage.expected]
            lacking = rollups[code].missing_units
            wanted = {
                "=missing_units": len(dict(lacking)),
                "=children[coverage.missing=0]": sum(one.missing == 0 for one in owing),
                "=children[coverage.expected>0]": len(owing),
            }
            told = {key: trace(f"{NAME}/{each.milestone}", code, key) for key in wanted}
            assert {key: (one["value"], one["recomputed"]) for key, one in told.items()} == {
                key: (number, number) for key, number in wanted.items()
            }
            beside += len(below) > len(owing) > 0
    assert beside > 0


def test_a_hundred_figures_of_the_provinces_reports_are_traced_to_cells_that_give_the_same_number(city):
    figures = random.Random(4).sample(printed_figures(), 100)
    traced = [trace(snapshot, PROVINCE, key) for snapshot, key, _ in figures]
    assert [told["agrees"] for told in traced] == [True] * 100
    assert [float(told["value"]) for told in traced] == [float(number) for _, _, number in figures]


def test_the_archived_mail_says_what_the_figure_says(city):
    told = trace(f"{NAME}/deploy-0319", PROVINCE, "basics.pupils", from_mails=True)
    (term,) = told["terms"]
    cells = [cells for each in term["returns"] for cells in each["cells"]]
    assert [cells["written"] for cells in cells] == [[str(cells["adds"])] for cells in cells]
    assert sum(cells["adds"] for cells in cells) == told["value"] > 0
    assert {each["mail"]["part"] != "" for each in term["returns"]} == {True}


def test_a_figure_that_its_cells_do_not_give_is_told(city, tmp_path, monkeypatch):
    """The control: one school's kept answer is altered behind everybody's back."""
    data = shutil.copytree(city, tmp_path / "data", ignore=shutil.ignore_patterns("reports", "prefect"))
    told = trace(f"{NAME}/deploy-0319", PROVINCE, "basics.pupils")
    victim = told["terms"][0]["returns"][0]
    with sqlite3.connect(data / "oneledger.db") as store:
        (kept,) = store.execute("SELECT ledgers FROM submission WHERE id = ?", [victim["submission"]]).fetchone()
        altered = kept.replace(f'"pupils":{victim["adds"]}', f'"pupils":{victim["adds"] + 1}')
        assert altered != kept
        store.execute("UPDATE submission SET ledgers = ? WHERE id = ?", [altered, victim["submission"]])
    monkeypatch.setenv("ONELEDGER_DATA", str(data))
    arguments = ["trace", f"{NAME}/deploy-0319", PROVINCE, "basics.pupils"]
    ended = CliRunner().invoke(app, arguments)
    assert [ended.exit_code, "不一致" in ended.output] == [1, True]
    monkeypatch.setenv("ONELEDGER_DATA", str(city))
    assert CliRunner().invoke(app, arguments).exit_code == 0


def test_papers_are_made_of_the_store_and_the_overall_reports_figures_are_traced_too(city, tmp_path):
    """Issue 5, E: each kind of paper from a rehearsed campaign; keys of earlier phases lead to cells as well."""
    from desk.reports import write_paper

    for kind in ("public", "overall", "special", "circular", "order"):
        unit = "210100" if kind == "order" else PROVINCE
        (made,) = write_paper(NAME, unit, "rectify", kind, tmp_path)
        assert made.stat().st_size > 10_000
    here = running(NAME)
    with here.office.store.read() as connection:
        frozen = snapshots.of_campaign(connection, NAME)
    latest = {each.phase: each for each in frozen if each.phase != "inspect"}
    context = overall_context([view_of(here, edition(here, each), PROVINCE) for each in latest.values()])
    last = list(latest.values())[-1]
    earlier = [source for source in context["sources"] if "#" in source["key"]]
    for source in random.Random(5).sample(earlier, 10):
        told = trace(f"{NAME}/{last.milestone}", PROVINCE, source["key"])
        assert (told["agrees"], float(told["value"])) == (True, float(source["value"].replace(",", "")))


def test_a_measure_that_units_name_is_traced_to_the_cells_that_name_it(city):
    """Issue 5, D and E: how many units wrote it is counted again from their texts."""
    here = running(NAME)
    with here.office.store.read() as connection:
        first, *_, frozen = [each for each in snapshots.of_campaign(connection, NAME) if each.phase == "deploy"]
    early, this = edition(here, first), edition(here, frozen)
    assert with_measures(here, early, view_of(here, early, PROVINCE)).measures == ()  # no school's return counted yet
    named = with_measures(here, this, view_of(here, this, PROVINCE)).measures
    assert named
    for each in named:
        told = trace(f"{NAME}/{frozen.milestone}", PROVINCE, f"=units[{each.words}]")
        assert (told["value"], told["agrees"]) == (each.units, True)
        texts = [text for found in told["terms"][0]["returns"] for cell in found["cells"] for text in cell["values"]]
        assert all(each.words in text for text in texts)


def test_the_page_of_a_phase_shows_its_counties_by_day_and_what_is_to_be_expected(city):
    """Issue 5, G: map and forecast of a real phase; every answer of the store is in the last column."""
    here = running(NAME)
    phase = here.campaign.phase("deploy")
    moment = datetime(2021, 3, 19, 9, tzinfo=UTC)
    with here.office.store.read() as connection:
        counties = assignments.by_county(connection, NAME, "deploy")
        page = outlook_page(here, connection, phase, counties, moment)
        came = sum(count for *_, count in progress.answered_at(connection, NAME, "deploy"))
    assert came == sum(count for _, _, status, count in counties if status in ("returned", "zero"))
    assert page.count("data:image/svg+xml;base64,") == 1
    assert "各县各工作日报送率" in page
