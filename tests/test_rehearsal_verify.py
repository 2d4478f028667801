"""The rehearsal must be able to contradict the pipeline: each kind of fault is found, and named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from oneledger.domain.rollup import Coverage, Rollup
from oneledger.domain.schedule import milestones
from rehearsal.looks import MOST, looks
from rehearsal.manifest import add_lines, standing
from rehearsal.verify import compare, expected_rollups, verify
from rehearsal.verify_mail import MailFaults, check_mail
from tests.rehearsal_world import at, calendar, campaign, make_unit

PROVINCE = replace(make_unit("province", "210000"), parent=None)
CITY = replace(make_unit("city", "210100"), parent="210000")
COUNTY = replace(make_unit("county", "210102"), parent="210100")
SCHOOL, OTHER = make_unit(code="2121000001"), make_unit(code="2121000002")
UNITS = {unit.code: unit for unit in (PROVINCE, CITY, COUNTY, SCHOOL, OTHER)}
PARENTS = {unit.code: unit.parent for unit in UNITS.values()}
OPENED, DUE, TOP = at(2, 24, 9), at(3, 15, 17), at(3, 19, 17)


def make_answer(moment=at(3, 9, 10, 10), verdict="accepted", figures=None, *, is_zero=False) -> dict:  # noqa: B008
    told = {"figures": figures or {"ledger.rows": 2}} if verdict == "accepted" else {}
    return {"at": moment.isoformat(), "verdict": verdict, "is_zero": is_zero, "fault": "", "variant": 0, **told}


def make_line(unit=SCHOOL, *answers: dict, **changes) -> dict:
    return {
        "phase": "deploy", "deliverable": "school-deploy", "unit": unit.code, "level": "school",
        "parent": unit.parent, "respondent": unit.code, "behaviour": "on_time", "is_document": False,
        "is_exempt": False, "opened_at": OPENED.isoformat(), "due_at": DUE.isoformat(), "top_at": TOP.isoformat(), "forms": ["ledger"],
        "answers": list(answers), **changes,
    }  # fmt: skip


def _write(path, lines):
    path.unlink(missing_ok=True)
    add_lines(path, lines)
    return path


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], ("missing", False, False, None)),
        ([make_answer()], ("returned", False, False, 0)),
        ([make_answer(is_zero=True)], ("zero", False, False, 0)),
        ([make_answer(at(3, 16))], ("returned", True, False, 0)),  # after its own deadline
        ([make_answer(at(3, 22))], ("missing", False, False, None)),  # after the snapshot
        ([make_answer(verdict="returned")], ("missing", False, True, None)),
        ([make_answer(verdict="refused")], ("missing", False, True, None)),
        ([make_answer(verdict="person")], ("missing", False, False, None)),  # nobody judged it
        ([make_answer(verdict="returned"), make_answer(at(3, 12))], ("returned", False, False, 1)),
        ([make_answer(), make_answer(at(3, 12), "returned")], ("returned", False, False, 0)),
        ([make_answer(), make_answer(at(3, 12))], ("returned", False, False, 1)),
    ],
)
def test_how_a_return_stands_at_the_snapshot(answers, expected):
    stands = standing(make_line(SCHOOL, *answers), TOP)
    assert (stands.status, stands.is_late, stands.in_correction, stands.answer) == expected


def test_an_exempt_return_is_exempt_whatever_came():
    assert standing(make_line(SCHOOL, make_answer(), is_exempt=True), TOP).status == "exempt"


def _expected(tmp_path, moment=TOP):
    lines = [
        make_line(SCHOOL, make_answer()),
        make_line(OTHER, make_answer(verdict="returned")),
        make_line(CITY, make_answer(figures={"basics.circulars": 3}), deliverable="city-deploy", forms=["basics"],
                  top_at=at(3, 10, 17).isoformat(), due_at=at(3, 10, 17).isoformat()),
        make_line(SCHOOL, make_answer(), phase="rectify", deliverable="school-rectify"),
    ]  # fmt: skip
    return expected_rollups(_write(tmp_path / "manifest.jsonl", lines), lambda _: PARENTS, "deploy", moment, moment)


def _rollups():
    school = Rollup({"ledger.rows": 2}, {"ledger": 1}, Coverage(returned=1))
    other = Rollup(coverage=Coverage(missing=1, in_correction=1), missing_units=((OTHER.code, OTHER.name),))
    county = Rollup(
        {"ledger.rows": 2}, {"ledger": 1}, Coverage(returned=1, missing=1, in_correction=1), other.missing_units
    )
    city = Rollup(
        {"ledger.rows": 2, "basics.circulars": 3}, {"ledger": 1, "basics": 1},
        Coverage(returned=2, missing=1, in_correction=1), other.missing_units,
    )  # fmt: skip
    return {SCHOOL.code: school, OTHER.code: other, COUNTY.code: county, CITY.code: city, PROVINCE.code: city}


def test_the_truth_is_summed_up_at_every_level(tmp_path):
    assert compare(_expected(tmp_path), _rollups()) == []


def test_a_snapshot_speaks_only_of_what_was_owed_by_then(tmp_path):
    first = _expected(tmp_path, at(3, 10, 17))
    assert set(first) == {CITY.code, PROVINCE.code}
    assert dict(first[PROVINCE.code].figures) == {"basics.circulars": 3}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"figures": {"ledger.rows": 3, "basics.circulars": 3}}, "210100: ledger.rows: must be 2, found 3"),
        ({"figures": {"basics.circulars": 3}}, "210100: ledger.rows: must be 2, found 0"),
        ({"answered": {"ledger": 2, "basics": 1}}, "210100: answered ledger: must be 1, found 2"),
        ({"coverage": Coverage(returned=3, in_correction=1)}, "210100: coverage missing: must be 1, found 0"),
        ({"missing_units": ()}, "210100: missing units: 2121000002 is not named"),
        (
            {"missing_units": ((OTHER.code, ""), (SCHOOL.code, ""))},
            "210100: missing units: 2121000001 is named, but has returned",
        ),
    ],
)
def test_every_difference_is_named_with_unit_and_key(tmp_path, change, told):
    rollups = _rollups()
    rollups[CITY.code] = replace(rollups[CITY.code], **change)
    assert told in compare(_expected(tmp_path), rollups)


def test_units_that_were_left_out_or_made_up_are_named(tmp_path):
    rollups = _rollups()
    del rollups[SCHOOL.code]
    rollups["219999"] = Rollup()
    assert compare(_expected(tmp_path), rollups) == [
        "2121000001: nothing was frozen for it",
        "219999: frozen, but nothing was owed below it",
    ]


LOOKS = [at(2, 24), at(3, 10), at(3, 12), at(3, 15), at(3, 16, 9, 30), at(3, 22, 17)]


def _mail(unit, kind, number=[0]):  # noqa: B006  counts up, so that Message-IDs differ
    number[0] += 1
    return {"rcpt": unit.address, "kind": kind, "message_id": f"<{number[0]}@x>"}


def _right_mails():
    """One school answers in time; the other is reminded on every rung, answers faultily, and is reminded still."""
    return [
        _mail(SCHOOL, "ask/deploy/deploy/1"),
        _mail(OTHER, "ask/deploy/deploy/1"),
        _mail(SCHOOL, "receipt/deploy/school-deploy/2121000001/1"),
        *(_mail(OTHER, f"remind/deploy/deploy@0315/{rung}") for rung in ("T-3", "T-1", "T", "T+1")),
        _mail(OTHER, "correction/deploy/school-deploy/2121000002/1"),
        _mail(COUNTY, "digest/deploy/deploy@0315/T+1"),
        _mail(CITY, "digest/deploy/deploy@0315/T+1"),
        _mail(COUNTY, "report/deploy/deploy-0319/1"),
    ]


def _checked(tmp_path, mails) -> MailFaults:
    lines = [make_line(SCHOOL, make_answer(at(3, 9))), make_line(OTHER, make_answer(at(3, 11), "returned"))]
    manifest = _write(tmp_path / "manifest.jsonl", lines)
    _write(tmp_path / "delivered.jsonl", mails)
    return check_mail(tmp_path, manifest, campaign(), calendar(), UNITS, LOOKS)


def test_a_true_ladder_has_no_fault(tmp_path):
    assert _checked(tmp_path, _right_mails()) == MailFaults()


@pytest.mark.parametrize(
    ("kind", "where", "told"),
    [
        ("ask/", "lost", "2121000001 was never asked in deploy"),
        ("receipt/", "lost", "2121000001 school-deploy: 1 more to come: receipt"),
        ("correction/", "lost", "2121000002 school-deploy: 1 more to come: correction"),
        ("remind/deploy/deploy@0315/T-1", "ladder", "2121000002 never got remind/deploy/deploy@0315/T-1"),
        ("digest/", "ladder", "210102 never got digest/deploy/deploy@0315/T+1"),
    ],
)
def test_a_mail_that_never_came_is_missed(tmp_path, kind, where, told):
    mails = _right_mails()
    mails.remove(next(mail for mail in mails if mail["kind"].startswith(kind)))
    assert told in getattr(_checked(tmp_path, mails), where)


def test_a_mail_that_came_twice_is_told_by_its_id_and_by_its_kind(tmp_path):
    mails = _right_mails()
    faults = _checked(tmp_path, [*mails, mails[0], _mail(OTHER, "remind/deploy/deploy@0315/T")])
    assert faults.duplicates == [
        f"Message-ID {mails[0]['message_id']} was delivered 2 times",
        "2121000001 got ask/deploy/deploy/1 2 times",
        "2121000002 got remind/deploy/deploy@0315/T 2 times",
    ]


def test_nobody_is_reminded_of_what_was_accepted_nor_answered_for_what_was_never_sent(tmp_path):
    stray = [_mail(SCHOOL, "remind/deploy/deploy@0315/T"), _mail(SCHOOL, "receipt/deploy/school-deploy/2121000001/2")]
    faults = _checked(tmp_path, [*_right_mails(), *stray])
    assert faults.ladder == ["2121000001 got remind/deploy/deploy@0315/T, which was not due"]
    assert faults.unexpected == ["2121000001 school-deploy: 1 too many: receipt"]


def test_a_look_missed_skips_its_rung_and_the_next_look_sends_the_latest_only(tmp_path):
    """Nobody looked between the second and the sixteenth: one reminder, T+1."""
    lines = [make_line(OTHER)]
    _write(tmp_path / "delivered.jsonl", [
        _mail(OTHER, "ask/deploy/deploy/1"), _mail(OTHER, "remind/deploy/deploy@0315/T+1"),
        _mail(COUNTY, "digest/deploy/deploy@0315/T+1"), _mail(CITY, "digest/deploy/deploy@0315/T+1"),
    ])  # fmt: skip
    manifest = _write(tmp_path / "manifest.jsonl", lines)
    seen = [at(2, 24), at(3, 2), at(3, 17)]
    assert check_mail(tmp_path, manifest, campaign(), calendar(), UNITS, seen) == MailFaults()


def test_verify_puts_it_all_together_and_misses_no_snapshot(tmp_path):
    _write(tmp_path / "delivered.jsonl", _right_mails())
    _write(
        tmp_path / "manifest.jsonl",
        [make_line(SCHOOL, make_answer(at(3, 9))), make_line(OTHER, make_answer(at(3, 11), "returned"))],
    )

    class Frozen:
        phase, as_of = "deploy", TOP

    class Figures:
        codes = _rollups().keys() - {CITY.code}

        def of(self, codes):
            return {code: _rollups()[code] for code in codes if code in self.codes}

    found = verify(
        tmp_path, list(UNITS.values()), campaign(), {"deploy-0319": (Frozen(), Figures())},
        calendar=calendar(), looked=LOOKS,
    )  # fmt: skip
    assert "deploy-0310: never frozen" in found.differences
    assert "deploy-0319 210100: nothing was frozen for it" in found.differences
    assert (found.lost, found.duplicates, found.ladder, found.compared) == ([], [], [], 4)


def test_looks_are_few_and_leave_no_milestone_out():
    moments = looks(campaign(), calendar())
    for phase in campaign().phases:
        mine = [each for each in milestones(campaign(), calendar()) if each.phase == phase.phase]
        for each in mine:
            if each.kind not in ("due", "escalate"):  # lists of overdue problems are caught up with at the next look
                assert any(timedelta(0) <= look - each.at <= timedelta(minutes=45) for look in moments), each
        span = [look for look in moments if phase.opens_on <= look.date() <= phase.ends_on]
        signing = {each.at for each in mine if each.kind in ("sign", "draft")}
        assert len(span) <= MOST + len(signing)  # the inspection begins while the rectification ends
    assert moments == sorted(set(moments))
