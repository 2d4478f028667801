"""A campaign that nobody here knows, rehearsed from its YAML alone (issue 3, done when 3)."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("own") / "water"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ONELEDGER_", "PREFECT_"))}
    command = [sys.executable, "-m", "tests.rehearse_own", str(out), "3"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert (out / "summary.json").exists(), ended.stderr[-3000:]
    return out, json.loads((out / "summary.json").read_text())


def test_another_topic_two_levels_and_four_phases_end_with_every_figure_as_meant(rehearsed):
    _, told = rehearsed
    assert told["differences"] == []
    assert [told["lost"], told["duplicates"], told["ladder_faults"], told["complaints"]] == [0, 0, [], []]
    assert told["figures_compared"] > 100
    assert list(told["phases"]) == ["spring-search", "spring-mend", "summer-search", "summer-mend"]


def test_two_phases_of_a_kind_are_frozen_each_for_itself(rehearsed):
    out, _ = rehearsed
    with sqlite3.connect(out / "data" / "oneledger.db") as store:
        frozen = store.execute("SELECT milestone FROM snapshot ORDER BY as_of").fetchall()
    assert frozen == [("spring-search-0314",), ("spring-mend-0328",), ("summer-search-0523",), ("summer-mend-0620",)]


def test_only_what_is_still_open_is_asked_about_again(rehearsed):
    """Rows of the second progress sheets: what the unit told and never closed, each once (domain.md 1.3)."""
    out, _ = rehearsed
    with sqlite3.connect(out / "data" / "oneledger.db") as store:
        printed = store.execute(
            "SELECT printed FROM assignment WHERE phase = 'summer-mend' AND printed IS NOT NULL"
        ).fetchall()
    rows = [row for (text,) in printed for row in json.loads(text)["rows"]["mending"]]
    assert rows
    assert {row["state"] for row in rows} <= {"未启动", "整改中"}
    assert len({row["problem_no"] for row in rows}) == len(rows)
