"""docs/requirements.md: every demand of the five documents has its line, and what the line names is there."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Form
from oneledger.settings import COVER, load_campaign, load_form
from tests.test_definitions import CONFIG, REQUIREMENTS

ROOT = CONFIG.parent
STATES = ("met", "part", "open", "person")


class Line(NamedTuple):
    id: str
    gist: str
    where: str
    proof: str
    state: str

    @property
    def places(self) -> list[str]:
        return re.findall(r"`([^`]+)`", self.where)

    @property
    def proofs(self) -> list[str]:
        return re.findall(r"`([^`]+)`", self.proof)


def lines() -> list[Line]:
    text = (ROOT / "docs/requirements.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines() if row.startswith("| 00")]
    return [Line(*row) for row in rows]


LINES = lines()


def keys_of_form(form: Form) -> set[str]:
    items = form.table.items if form.table else ()
    fields = {field.key for field in (*form.facts, *form.columns)}
    return fields | {rule.id for rule in form.rules} | {f"item.{item.no}" for item in items}


def keys_of_campaign(campaign: Campaign) -> set[str]:
    return {
        *(key for key in Campaign.model_fields if getattr(campaign, key)),
        *(f"phase.{each.phase}" for each in campaign.phases),
        *(f"duty.{each.duty}" for each in campaign.duties),
        *(f"deliverable.{each.deliverable}" for each in campaign.deliverables),
        *(f"plan.{each.plan}" for each in campaign.samples),
    }


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def names_of_module(path: Path) -> set[str]:
    """Functions, classes and values of a module; ``Class.name`` for what a class holds."""
    found: set[str] = set()
    for node in ast.parse(text_of(path)).body:
        found |= bound(node)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for inner in node.body for name in bound(inner)}
    return found


def bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


@cache
def keys_in(path: str) -> set[str]:
    kind, stem = str(Path(path).parent), Path(path).stem
    if kind == "config/forms":
        return keys_of_form(load_form(CONFIG, stem))
    if kind == "config/campaigns":
        return keys_of_campaign(load_campaign(CONFIG, stem))
    return names_of_module(ROOT / path) if path.endswith(".py") else set()


def absent(place: str) -> list[str]:
    """What of ``path#key,key`` is not there."""
    path, _, keys = place.partition("#")
    if not (ROOT / path).is_file():
        return [path]
    return [f"{path}#{key}" for key in keys.split(",") if key and key not in keys_in(path)]


def absent_test(proof: str) -> list[str]:
    """What of ``path::test[case]`` is not there; the case as the test file writes it."""
    path, _, rest = proof.partition("::")
    name, _, case = rest.removesuffix("]").partition("[")
    is_there = path.startswith("tests/") and (ROOT / path).is_file()
    if not is_there or name not in names_of_module(ROOT / path) or not name.startswith("test_"):
        return [proof]
    return [] if case in text_of(ROOT / path) else [proof]


def test_every_demand_of_the_documents_has_exactly_one_line():
    """161 of them: 29, 27, 17, 13, 15, the 50 measures and 10 tasks (004-B alone is the list of measures as a whole)."""
    assert sorted(line.id for line in LINES) == sorted(REQUIREMENTS - {"004-B"})
    assert len(LINES) == 161


def test_every_file_and_key_that_is_named_is_there():
    assert {
        line.id: gone for line in LINES if (gone := [each for place in line.places for each in absent(place)])
    } == {}


def test_every_test_that_is_named_is_there():
    gone = {line.id: [each for proof in line.proofs for each in absent_test(proof)] for line in LINES}
    assert {name: each for name, each in gone.items() if each} == {}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.id)
def test_a_demand_is_met_at_a_place_with_a_proof_or_says_what_is_missing(line):
    state, _, remark = line.state.partition(":")
    assert state in STATES
    assert line.gist
    if state in ("met", "part"):
        assert line.places
        assert line.proofs
    if state != "met":
        assert remark.strip()
    if state == "open":  # the issue and the part that will build it
        assert re.search(r"\b[2-6] [A-J]\b", remark)


def test_a_field_that_is_named_is_asked_by_some_campaign():
    campaigns = [load_campaign(CONFIG, path.stem) for path in (CONFIG / "campaigns").glob("*.yaml")]
    asked = {COVER, *(form for campaign in campaigns for each in campaign.deliverables for form in each.forms)}
    asked |= {campaign.incident_form for campaign in campaigns}
    named = {Path(place.partition("#")[0]).stem for line in LINES for place in line.places if "config/forms/" in place}
    assert named - asked == set()


@pytest.mark.parametrize(
    "place",
    [
        "config/forms/none-v1.yaml",
        "config/forms/basics-v1.yaml#no_such_key",
        "config/forms/selfcheck-v1.yaml#item.51",
        "config/campaigns/liaoning-2021.yaml#duty.11",
        "config/campaigns/liaoning-2021.yaml#phase.none",
        "oneledger/settings.py#no_such_name",
    ],
)
def test_what_is_not_there_is_noticed(place):
    assert absent(place) == [place]


@pytest.mark.parametrize(
    "proof",
    [
        "tests/test_none.py::test_it",
        "tests/test_requirements.py::test_no_such",
        "tests/test_requirements.py::absent",
        "tests/test_form_rules.py::test_each_rule_stops_what_it_is_there_to_stop[XX-999]",
    ],
)
def test_a_proof_that_is_not_there_is_noticed(proof):
    assert absent_test(proof) == [proof]
