"""The rehearsal sees a notice that was lost, and one that nobody's record called for (000-25)."""

import json
from datetime import UTC, datetime

import pytest

from rehearsal.manifest import add_lines
from rehearsal.verify_notices import check_notices
from tests.test_definitions import FORMS

LAST = datetime(2021, 7, 30, tzinfo=UTC)
ROWS = {"inspection": {"facts": {}, "rows": [{"no": 1, "problem_found": "没有活动记录"}, {"no": 2}]}}


def told(tmp_path, answers, notices, dead=()):
    line = {"phase": "inspect", "deliverable": "look", "unit": "s1", "answers": answers}
    add_lines(tmp_path / "manifest.jsonl", [line])
    mails = [{"kind": "receipt/inspect/look/s1/1"}] + [
        {"kind": f"supervise/rectify/look/s1/{no}"} for no in range(notices)
    ]
    (tmp_path / "delivered.jsonl").write_text("".join(json.dumps(each) + "\n" for each in mails), encoding="utf-8")
    return list(check_notices(tmp_path, FORMS, LAST, {"inspect": dead}))


def answer(verdict="accepted", at="2021-07-08T10:00:00+08:00", rows=ROWS):
    return {"verdict": verdict, "at": at, **rows}


@pytest.mark.parametrize(("answers", "notices", "expected"), [
    ([answer()], 1, []),
    ([answer()], 0, ["s1 look: 1 more to come: supervise"]),
    ([answer(), answer()], 2, []),
    ([answer(rows={})], 0, []),
    ([answer(rows={})], 1, ["s1 look: 1 too many: supervise"]),
    ([answer("returned")], 0, []),
    ([answer(at="2021-08-08T10:00:00+08:00")], 0, []),  # after the last look
])  # fmt: skip
def test_each_record_that_names_problems_brings_one_notice(tmp_path, answers, notices, expected):
    assert told(tmp_path, answers, notices) == expected


def test_a_box_that_takes_no_mail_is_not_missed(tmp_path):
    assert told(tmp_path, [answer()], 0, dead={"s1"}) == []
