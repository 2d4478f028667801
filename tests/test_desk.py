"""The command line as a coordinator meets it: exit statuses, messages, files."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from desk.cli import app
from oneledger.adapters.unit_sheet import write_units
from tests.rehearse_small import small_province

ROOT = Path(__file__).parent.parent


def oneledger(*arguments: object, data: Path, config: Path = ROOT / "config") -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "ONELEDGER_DATA": str(data),
        "ONELEDGER_CONFIG": str(config),
        "LANG": "C.UTF-8",
    }
    command = [sys.executable, "-m", "desk.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small province imported."""
    folder = tmp_path_factory.mktemp("desk")
    write_units(folder / "units.csv", small_province(500, 11))
    assert oneledger("units", "import", folder / "units.csv", data=folder).returncode == 0
    return folder


def test_importing_the_same_list_again_changes_nothing(data):
    again = oneledger("units", "import", data / "units.csv", "--json", data=data)
    assert json.loads(again.stdout) == {"added": 0, "changed": 0, "missing": 0}


def test_every_bad_row_is_named_with_its_line_and_nothing_is_imported(tmp_path):
    """Issue 1 C."""
    rows = [
        "单位代码,单位名称,层级,上级代码(属地),邮箱",
        "210000,省厅,省,,a@x.cn",
        "210100,市局,市,210000,",
        "9,怪校,学校,210100,b@x.cn",
    ]
    (tmp_path / "u.csv").write_text("\n".join(rows), encoding="utf-8")
    refused = oneledger("units", "import", tmp_path / "u.csv", data=tmp_path)
    assert refused.returncode == 1
    assert re.findall(r"第 (\d+) 行", refused.stderr) == ["3", "4"]
    assert json.loads(oneledger("units", "list", "--json", data=tmp_path).stdout) == []


def test_a_fault_in_a_campaign_is_named_with_file_line_and_key(tmp_path):
    """Issue 1 B; exit status 1."""
    for kind in ("campaigns", "forms", "calendar"):
        (tmp_path / kind).mkdir()
    shutil.copy(ROOT / "config/campaigns/moe-2021.yaml", tmp_path / "campaigns")
    text = (ROOT / "config/campaigns/liaoning-2021.yaml").read_text(encoding="utf-8")
    (tmp_path / "campaigns/bad.yaml").write_text(text.replace("kind: rectify", "kind: rectifi"), encoding="utf-8")
    line = next(number for number, words in enumerate(text.splitlines(), 1) if "kind: rectify" in words)
    checked = oneledger("check", "bad", data=tmp_path, config=tmp_path)
    assert checked.returncode == 1
    assert f"bad.yaml:{line}: phases.1.kind:" in checked.stderr


def test_dates_left_open_are_refused_by_name_until_a_file_sets_them(data):
    """000-17: the months are missing in the source; a person must set them."""
    checked = oneledger("check", "prefecture-2024", data=data)
    assert (checked.returncode, "phases.rectify.opens_on" in checked.stderr) == (1, True)
    dates = ("--set", ROOT / "config/examples/prefecture-2024-dates.yaml")
    assert oneledger("check", "prefecture-2024", *dates, data=data).returncode == 0


def test_a_plan_sends_nothing_and_arming_needs_the_number_typed(data):
    """Issue 1 D."""
    planned = oneledger("plan", "liaoning-2021", "--as-of", "2021-02-20T09:00", "--json", data=data)
    mails = json.loads(planned.stdout)["phases"][0]["mails"]
    arm = ("arm", "liaoning-2021", "--as-of", "2021-02-20T09:00", "--name", "liaoning-2021", "--mails")
    wrong = oneledger(*arm, mails + 1, data=data)
    assert (wrong.returncode, str(mails) in wrong.stderr) == (1, True)
    assert oneledger("status", "liaoning-2021", "--json", data=data).returncode == 1  # not armed: says so
    assert oneledger(*arm, mails, data=data).returncode == 0
    status = json.loads(oneledger("status", "liaoning-2021", "--json", data=data).stdout)
    assert (status["mail"], status["phases"]["deploy"]["assigned"]) == ({}, 0)


def test_a_deadline_that_has_passed_is_refused(data):
    refused = oneledger("plan", "liaoning-2021", "--as-of", "2021-04-01T09:00", "--json", data=data)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["refusals"][0] == "部署摸底：最早的截止日 2021-03-10 已经过去"


def test_the_workbook_a_unit_would_get_comes_back_with_every_blank_named(data, tmp_path):
    """`form` then `read`: an unfilled sheet is returned with findings, exit status 1, never a traceback."""
    assert oneledger("form", "liaoning-2021", "deploy", "210000", "-o", tmp_path / "f.xlsx", data=data).returncode == 0
    told = oneledger("read", tmp_path / "f.xlsx", "--json", data=data)
    answer = json.loads(told.stdout)
    assert (told.returncode, answer["status"], answer["campaign"], answer["phase"], answer["unit"]) == (
        1, "returned", "liaoning-2021", "deploy", "210000",
    )  # fmt: skip
    assert {"CV-011", "CV-015"} <= {finding["rule"] for finding in answer["findings"]}


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.4", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0" * 200, b"Rar!\x1a\x07\x00"]
)
def test_a_file_that_is_no_workbook_is_refused_with_a_remedy(tmp_path, content):
    (tmp_path / "x.xlsx").write_bytes(content)
    told = oneledger("read", tmp_path / "x.xlsx", "--json", data=tmp_path)
    answer = json.loads(told.stdout)
    assert (told.returncode, answer["status"], len(answer["findings"])) == (1, "refused", 1)
    assert answer["findings"][0]["remedy"]


def test_called_wrongly_is_exit_status_2(tmp_path):
    assert oneledger("read", tmp_path / "nothing.xlsx", data=tmp_path).returncode == 2
    assert oneledger("run", "liaoning-2021", "--as-of", "yesterday", data=tmp_path).returncode == 2


def test_a_look_at_a_campaign_that_is_not_armed_says_so_in_one_line(tmp_path):
    """Issue "1 of 6", J: a clear message, and not the clock's traceback."""
    told = oneledger("run", "liaoning-2021", data=tmp_path)
    said = (
        "campaign liaoning-2021 is not armed: run `oneledger plan liaoning-2021`, then `oneledger arm liaoning-2021`\n"
    )
    assert (told.returncode, told.stderr) == (1, said)


def test_every_command_stands_in_the_readme():
    """Housekeeping (STYLE)."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert [name for name in names if f"`{name}" not in readme and f", `{name}" not in readme] == []
