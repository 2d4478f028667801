"""A lower campaign on top of an upper one, and a file of settings on top of both (000-1, 000-17)."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from desk.copying import copy_campaign
from oneledger.domain.campaigns import Campaign, Duty, Office, open_dates
from oneledger.domain.errors import DefinitionError, RefusedError
from oneledger.settings import Settings, load_campaign

CONFIG = Path(__file__).parents[1] / "config"
DATES = CONFIG / "examples" / "prefecture-2024-dates.yaml"
DALIAN = "campaign: dalian-2021\nextends: liaoning-2021\ntitle: 大连市专项治理行动\nroot: '210200'\n"


def write(config: Path, name: str, text: str) -> Path:
    shutil.copytree(CONFIG / "campaigns", config / "campaigns", dirs_exist_ok=True)
    path = config / "campaigns" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def dalian(config: Path, more: str) -> Campaign:
    write(config, "dalian-2021", DALIAN + more)
    return load_campaign(config, "dalian-2021")


def faults_of(config: Path, text: str, overrides: str | None = None) -> list[str]:
    """Without the folder they lie in."""
    write(config, "dalian-2021", text)
    top = write(config, "top", overrides) if overrides is not None else None
    with pytest.raises(DefinitionError) as caught:
        load_campaign(config, "dalian-2021", top)
    return [fault.removeprefix(f"{config / 'campaigns'}/") for fault in caught.value.faults]


def test_what_the_lower_campaign_does_not_say_is_the_upper_ones(tmp_path):
    upper, lower = load_campaign(CONFIG, "liaoning-2021"), dalian(tmp_path, "")
    same = upper.model_copy(
        update={"campaign": "dalian-2021", "extends": "liaoning-2021", "title": "大连市专项治理行动", "root": "210200"}
    )
    assert lower == same


def test_an_entry_of_a_known_name_changes_the_keys_it_gives_and_a_new_one_comes_after(tmp_path):
    lower = dalian(
        tmp_path,
        "duties:\n  - {duty: 10, text: 市级抽查, report_by: 2021-07-20, office: }\n"
        "  - {duty: 11, phase: inspect, text: 汇编经验, actors: [county]}\n",
    )
    upper = load_campaign(CONFIG, "liaoning-2021")
    assert lower.duties[:9] == upper.duties[:9]
    assert lower.duties[9:] == (
        upper.duty(10).model_copy(update={"text": "市级抽查", "report_by": date(2021, 7, 20), "office": None}),
        Duty(duty=11, phase="inspect", text="汇编经验", actors=("county",)),
    )


def test_entries_are_dropped_by_name_or_all_at_once(tmp_path):
    lower = dalian(
        tmp_path,
        "drop: {severity: all, reporting_lines: [复查结束], deliverables: [inspection], samples: [province-sample]}\n"
        "severity:\n  - {title: 情节轻微, code: 1}\n",
    )
    assert [(tier.title, tier.code, tier.response) for tier in lower.severity] == [("情节轻微", 1, "")]
    assert "复查结束" not in {line.case for line in lower.reporting_lines}
    assert (lower.samples, [each for each in lower.deliverables if each.deliverable == "inspection"]) == ((), [])


def test_a_list_without_names_is_replaced_whole(tmp_path):
    assert dalian(tmp_path, "bases: [大连市文件]\nlead_days: {city: 0}\n").bases == ("大连市文件",)
    assert dalian(tmp_path, "lead_days: {city: 0, school: 1}\n").lead_days == {"city": 0, "school": 1}


def test_liaoning_stands_on_the_ministrys_notice(liaoning):
    """004-A1, 004-A5, 004-A6: what the province does not change is the ministry's."""
    ministry = load_campaign(CONFIG, "moe-2021")
    assert (liaoning.extends, liaoning.document_no) == ("moe-2021", "教基厅函〔2021〕5号")
    assert (liaoning.severity, liaoning.reminders) == (ministry.severity, ministry.reminders)
    assert [line.to for line in liaoning.reporting_lines[: len(ministry.reporting_lines)]] == [
        line.to for line in ministry.reporting_lines
    ]
    assert [line.case for line in liaoning.reporting_lines[len(ministry.reporting_lines) :]] == ["复查结束"]


@pytest.mark.parametrize(("more", "fault"), [
    ("drop: {duties: [3, 12]}\n", "dalian-2021.yaml:5: drop.duties: write all or a list; the upper campaign has no 12"),
    ("drop: {bases: all}\n", "dalian-2021.yaml:5: drop.bases: no list of named entries"),
    ("drop: [duties]\n", "dalian-2021.yaml:5: drop: write the names by list"),
    ("phases:\n  - {title: 摸底}\n", "dalian-2021.yaml:6: phases.0: lacks its name: phase"),
    ("phases: 摸底\n", "dalian-2021.yaml:5: phases: must be a list"),
    ("duties:\n  - {duty: 3}\n  - {duty: 3}\n", "dalian-2021.yaml:7: duties.1: duty 3 is given twice"),
    ("duties:\n  - {duty: 3, report_by: 2021-02-30}\n", "dalian-2021.yaml:6: duties.0.report_by: Input should be"),
    ("phases:\n  - {phase: deploy, kind: look}\n", "dalian-2021.yaml:6: phases.0.kind: Input should be 'deploy'"),
    ("duties:\n  - {duty: 11, text: 汇编}\n", "dalian-2021.yaml:6: duties.0.phase: Field required"),
    ("colour: red\n", "dalian-2021.yaml:5: colour: Extra inputs"),
])  # fmt: skip
def test_a_fault_of_the_lower_file_is_named_with_its_own_line_and_key(tmp_path, more, fault):
    found = faults_of(tmp_path, DALIAN + more)
    assert found[0][: len(fault)] == fault


def test_a_fault_of_the_upper_file_is_named_with_the_upper_file(tmp_path):
    """A person must know which of the files to mend."""
    text = (CONFIG / "campaigns" / "moe-2021.yaml").read_text(encoding="utf-8")
    line = next(n for n, words in enumerate(text.splitlines(), 1) if "情节较重" in words)
    write(tmp_path, "moe-2021", text.replace("情节较重, code: 2", "情节较重, code: 7"))
    (tmp_path / "campaigns" / "dalian-2021.yaml").write_text(DALIAN, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_campaign(tmp_path, "dalian-2021")
    assert caught.value.faults[0].startswith(
        f"{tmp_path}/campaigns/moe-2021.yaml:{line}: severity.2.code: Input should"
    )


def test_a_campaign_that_extends_nothing_known_or_itself_is_told_so(tmp_path):
    assert faults_of(tmp_path, DALIAN.replace("liaoning-2021", "liaoning-1921")) == [
        "dalian-2021.yaml:2: extends: there is no campaign liaoning-1921"
    ]
    assert faults_of(tmp_path, DALIAN.replace("liaoning-2021", "dalian-2021")) == [
        "dalian-2021.yaml:2: extends: goes in a circle: dalian-2021 → dalian-2021"
    ]


def test_a_file_for_another_campaign_is_not_laid_on_this_one(tmp_path):
    assert faults_of(tmp_path, DALIAN, "campaign: helan-2024\n") == [
        "top.yaml:1: campaign: this file is for helan-2024, not for dalian-2021"
    ]


def test_the_prefectures_months_are_open_until_a_person_sets_them():
    """000-17, 000-18, 000-19: launch is refused for every date that the source lost."""
    left_open = open_dates(load_campaign(CONFIG, "prefecture-2024"))
    phases = [f"phases.{phase}.{key}" for key in ("opens_on", "ends_on") for phase in ("deploy", "rectify", "inspect")]
    assert left_open == [*phases, *(f"duties.{number}.report_by" for number in range(1, 7)), "retain_until"]
    assert open_dates(load_campaign(CONFIG, "prefecture-2024", DATES)) == []


def test_a_file_of_settings_changes_what_it_names_and_nothing_else():
    bare, dated = load_campaign(CONFIG, "prefecture-2024"), load_campaign(CONFIG, "prefecture-2024", DATES)
    assert dated.phase("deploy").opens_on == date(2024, 3, 18)
    assert dated.duty(4).model_copy(update={"report_by": None}) == bare.duty(4)
    assert dated.duty(4).office == Office(name="地区教育局")
    assert (dated.deliverables, dated.severity, dated.topics) == (bare.deliverables, bare.severity, bare.topics)


def test_a_copy_moves_every_date_or_names_those_that_an_upper_campaign_sets(tmp_path):
    """A copy must not open in one year and be due in another."""
    write(tmp_path, "dalian-2021", DALIAN)
    with pytest.raises(RefusedError) as caught:
        copy_campaign(Settings(config=tmp_path), "dalian-2021", "dalian-2027", date(2027, 2, 24))
    told = "phases.deploy.opens_on comes from liaoning-2021: write it in dalian-2021.yaml first"
    assert caught.value.reasons[0] == told
    copy_campaign(Settings(config=tmp_path), "liaoning-2021", "liaoning-2027", date(2027, 2, 24))
    copied = load_campaign(tmp_path, "liaoning-2027")
    assert {each.ends_on.year for each in copied.phases} | {
        each.report_by.year for each in copied.duties if each.report_by
    } == {2027}
