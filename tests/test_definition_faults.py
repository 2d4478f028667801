"""A fault in config/ is told with its file, its line and its key; every fault of a file at once."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from oneledger.domain.campaigns import open_dates
from oneledger.domain.errors import DefinitionError
from oneledger.settings import load_campaign, load_form, read_yaml

CONFIG = Path(__file__).parents[1] / "config"

FORM = """\
form: sample
version: 1
code: QL-99
title: 样表
prefix: SA
sheet: 样表
facts:
  - {no: 1, key: pupils, title: 学生数, type: int, unit: 人}
  - {no: 2, key: colour, title: 颜色, type: choice, choices: [红, 蓝]}
rules:
  - {id: SA-201, check: pupils > 0, cell: pupils, message: 请填人数。}
"""


def faults_of(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "forms" / "sample-v1.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_form(tmp_path, "sample-v1")
    return [fault.removeprefix(str(path)) for fault in caught.value.faults]


def test_the_sample_form_is_free_of_faults(tmp_path):
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "sample-v1.yaml").write_text(FORM, encoding="utf-8")
    assert load_form(tmp_path, "sample-v1").title == "样表"


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("type: int", "type: integer", ":8: facts.0.type: Input should be 'int', 'number'"),
        ("title: 学生数, ", "", ":8: facts.0.title: Field required"),
        ("unit: 人", "units: 人", ":8: facts.0.units: Extra inputs are not permitted"),
        ("unit: 人", "unit: 人, unit: 个", ":8: not YAML: 'unit' is given twice"),
        (", choices: [红, 蓝]", "", ":9: facts.1: choices belong to the types choice and multi"),
        ("check: pupils > 0", "check: pupils >", ":11: rules.0.check: not an expression"),
        ("check: pupils > 0", "check: open('x')", ":11: rules.0.check: only blank, filled"),
        ("check: pupils > 0", "check: boys > 0", ":1: (file): SA-201 names no field: boys"),
        ("type: int", "type: int, required: boys > 0", ":1: (file): pupils.required names no field: boys"),
        ("id: SA-201", "id: SA-001", ":1: (file): rule id given twice: SA-001"),
        ("id: SA-201", "id: XX-201", ":1: (file): XX-201 must start with the form's prefix SA"),
        ("no: 2", "no: 1", ":1: (file): no given twice: 1"),
        ("version: 1", "version: 2", ":1: form: says sample-v2, the file name says sample-v1"),
        ("title: 样表", "title: [样表", ":5: not YAML"),
    ],
)
def test_a_fault_is_named_with_its_file_its_line_and_its_key(tmp_path, right, wrong, fault):
    found = faults_of(tmp_path, FORM.replace(right, wrong, 1))
    assert [text[: len(fault)] for text in found] == [fault] * max(len(found), 1)


def test_every_fault_of_a_file_is_named_at_once(tmp_path):
    found = faults_of(tmp_path, FORM.replace("type: int", "type: integer").replace("check: pupils > 0", "check: a b"))
    assert [fault.split(": ")[:2] for fault in found] == [[":8", "facts.0.type"], [":11", "rules.0.check"]]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DefinitionError, match=r"forms/none-v1\.yaml: no such file"):
        load_form(tmp_path, "none-v1")


def campaign_with(tmp_path: Path, right: str, wrong: str) -> Path:
    text = (CONFIG / "campaigns" / "liaoning-2021.yaml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "campaigns").mkdir()
    shutil.copy(CONFIG / "campaigns" / "moe-2021.yaml", tmp_path / "campaigns")
    path = tmp_path / "campaigns" / "liaoning-2021.yaml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("right", "wrong", "key", "fault"),
    [
        ("report_by: 2021-03-20", "report_by: 2021-02-30", "duties.1.report_by", "Input should be a valid date"),
        ("kind: inspect", "kind: check", "phases.2.kind", "Input should be 'deploy', 'rectify' or 'inspect'"),
        ("levels: [county]", "levels: [town]", "deliverables.1.respondents.levels.0", "Input should be 'ministry'"),
        ("forms: [rectify-v1]", "forms: [rectify]", "deliverables.5.forms.0", "String should match pattern"),
    ],
)
def test_a_fault_of_a_campaign_is_named_with_its_line(tmp_path, right, wrong, key, fault):
    path = campaign_with(tmp_path, right, wrong)
    line = next(n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if wrong in text)
    with pytest.raises(DefinitionError) as caught:
        load_campaign(tmp_path, "liaoning-2021")
    assert caught.value.faults[0].startswith(f"{path}:{line}: {key}: {fault}")


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("duty: 2\n    respondents: {levels: [school]}", "duty: 12\n    respondents: {levels: [school]}", "no duty 12"),
        ("sample: province-sample", "sample: other", "inspection: no sampling plan 'other'"),
        ("- duty: 5", "- duty: 4", "duty 4 is given twice"),
        ("deliverable: city-plan", "deliverable: city-deploy", "city-deploy is given twice"),
    ],
)
def test_what_a_campaign_refers_to_must_be_there(tmp_path, right, wrong, fault):
    campaign_with(tmp_path, right, wrong)
    with pytest.raises(DefinitionError, match=fault):
        load_campaign(tmp_path, "liaoning-2021")


def test_a_duty_that_owes_a_return_and_has_no_date_is_told_before_launch(tmp_path):
    campaign_with(tmp_path, "    report_by: 2021-03-20\n", "")
    assert open_dates(load_campaign(tmp_path, "liaoning-2021")) == ["duties.2.report_by"]


def test_no_campaign_is_launched_without_purpose_legal_basis_and_retention_date(tmp_path):
    """Issue 5 of 6 F; PIPL 6, 13, 19."""
    path = campaign_with(tmp_path, "retain_until: 2024-07-31\n", "")
    upper = path.with_name("moe-2021.yaml")
    upper.write_text(upper.read_text(encoding="utf-8").replace("retain_until: 2024-07-31\n", ""), encoding="utf-8")
    assert open_dates(load_campaign(tmp_path, "liaoning-2021")) == ["retain_until"]
    whole = path.read_text(encoding="utf-8")
    for key in ("purpose", "legal_basis"):
        path.write_text(re.sub(rf"(?m)^{key}:.*\n", "", whole) + f'{key}: " "\n', encoding="utf-8")
        with pytest.raises(DefinitionError, match=key):
            load_campaign(tmp_path, "liaoning-2021")


def test_data_is_kept_until_after_the_last_phase(tmp_path):
    campaign_with(tmp_path, "retain_until: 2024-07-31", "retain_until: 2021-04-01")
    with pytest.raises(DefinitionError, match="retain_until: 2021-04-01 is not after the last phase"):
        load_campaign(tmp_path, "liaoning-2021")


def test_definitions_are_read_as_people_write_them(tmp_path):
    path = tmp_path / "words.yaml"
    path.write_text("{no: 1, at: 17:00, code: 0240, on: off, really: true, day: 2021-03-05, share: 0.34, nothing: }")
    data, _ = read_yaml(path)
    assert data == {
        "no": 1, "at": "17:00", "code": "0240", "on": "off",
        "really": True, "day": date(2021, 3, 5), "share": 0.34, "nothing": None,
    }  # fmt: skip
