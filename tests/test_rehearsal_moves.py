"""Units moved and merged in a rehearsal (issue 5, B and done when 1): a stated mix, and a truth of its own that follows
the tree of each moment."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from oneledger.domain.moves import move_faults, tree_after
from rehearsal.manifest import add_lines, standing
from rehearsal.moving import MIX, Change, History, drawn_changes, rearranged
from rehearsal.verify import Seen, sums_at
from rehearsal.verify_mail import MailFaults, check_mail
from tests.rehearsal_world import at, calendar, campaign, make_unit
from tests.test_rehearsal_verify import LOOKS, TOP, make_answer, make_line

PROVINCE = replace(make_unit("province", "210000"), parent=None)
CITIES = [replace(make_unit("city", code), parent="210000") for code in ("210100", "210200", "210300")]
COUNTIES = [
    replace(make_unit("county", code), parent=city)
    for code, city in (
        ("210102", "210100"),
        ("210103", "210100"),
        ("210202", "210200"),
        ("210203", "210200"),
        ("210302", "210300"),
        ("210303", "210300"),
    )
]
UNDER = {f"212100{number:04}": COUNTIES[number % 6].code for number in range(18)}
SCHOOLS = [replace(make_unit(code=code), parent=county, county=county) for code, county in UNDER.items()]
OFFICES = [replace(unit, county=unit.code) for unit in (PROVINCE, *CITIES, *COUNTIES)]  # as at a launch
UNITS = {unit.code: unit for unit in (*OFFICES, *SCHOOLS)}
PARENTS = {code: unit.parent for code, unit in UNITS.items()}
MOVED_AT = at(3, 17, 9)
SCHOOL = SCHOOLS[0].code  # of 210102
MORNINGS = [at(3, day, hour) for day in range(1, 20) for hour in (9, 17)]


@pytest.mark.parametrize("seed", range(20))
def test_every_drawn_change_is_one_an_operator_may_make_and_gives_the_tree_that_it_must(seed):
    changes = drawn_changes(UNITS, MORNINGS, seed, {"210000"})
    assert [each.at for each in changes] == sorted(each.at for each in changes)
    assert {each.at.hour for each in changes} == {9}
    history = History(PARENTS, changes)
    for number, each in enumerate(changes):
        before = tree_after(UNITS, made(changes[:number]))
        assert move_faults(before, each.unit, each.kind, each.other) == []
    after = history.parents_at(changes[-1].at)
    wanted = tree_after(UNITS, made(changes))
    assert rearranged(UNITS, after) == {code: replace(unit, order=UNITS[code].order) for code, unit in wanted.items()}
    assert list(rearranged(UNITS, after)) == list(wanted)


def made(changes):
    class Made:
        def __init__(self, each):
            self.unit, self.kind, self.other, self.valid_from = each.unit, each.kind, each.other, each.at.date()

    return [Made(each) for each in changes]


def test_the_mix_is_as_stated_where_there_is_room():
    found = [drawn_changes(UNITS, MORNINGS, seed, {"210000"}) for seed in range(30)]
    assert max(len(each) for each in found) == sum(MIX.values())
    assert {(UNITS[each.unit].level == "school", each.kind) for changes in found for each in changes} == {
        (True, "moved"), (False, "moved"), (True, "merged"), (False, "merged"),
    }  # fmt: skip


def test_a_return_counts_under_the_office_of_then():
    history = History(PARENTS, [Change(MOVED_AT, SCHOOL, "moved", "210202")])
    line = make_line(UNITS[SCHOOL], make_answer())
    before, after = sums_at([line], history.parents_at, [Seen(TOP, at(3, 16, 17), at(3, 16, 17)), Seen(TOP, TOP, TOP)])
    assert set(before) == {SCHOOL, "210102", "210100", "210000"}
    assert set(after) == {SCHOOL, "210202", "210200", "210000"}


def test_a_merged_office_leaves_its_branch_and_a_merged_unit_owes_no_more():
    history = History(PARENTS, [Change(MOVED_AT, "210102", "merged", "210202")])
    parents = history.parents_at(MOVED_AT)
    assert [parents[unit.code] for unit in SCHOOLS[:3]] == ["210202", "210103", "210202"]
    assert (history.excused_at("210102"), history.excused_at(SCHOOL)) == (MOVED_AT, None)
    line = make_line(UNITS[SCHOOL], excused_at=MOVED_AT.isoformat())
    assert [standing(line, moment).status for moment in (at(3, 16, 17), TOP)] == ["missing", "exempt"]
    came = make_line(UNITS[SCHOOL], make_answer(), excused_at=MOVED_AT.isoformat())
    assert standing(came, TOP).status == "returned"


def test_the_list_of_late_units_goes_to_the_office_of_the_day(tmp_path):
    """The control: a list that still goes to the old office is named, and so is one that the new office lacks."""
    late = make_line(UNITS[SCHOOL])
    moved_at = min(LOOKS) + timedelta(minutes=1)
    history = History(PARENTS, [Change(moved_at, SCHOOL, "moved", "210202")])
    faults = {}
    for told in ("210102", "210202"):
        folder = tmp_path / told
        folder.mkdir()
        mail = {"rcpt": f"{told}@rehearsal.invalid", "kind": "digest/deploy/deploy@0315/T+1", "message_id": ""}
        (folder / "delivered.jsonl").write_text(json.dumps(mail) + "\n")
        manifest = folder / "manifest.jsonl"
        manifest.unlink(missing_ok=True)
        add_lines(manifest, [late])
        faults[told] = ladder_of(check_mail(folder, manifest, campaign(), calendar(), UNITS, LOOKS, (), history))
    assert any("210102 got digest" in each for each in faults["210102"])
    assert any("210202 never got digest" in each for each in faults["210102"])
    assert not any(each.startswith("210202 got") or "210102" in each for each in faults["210202"])


def ladder_of(faults: MailFaults) -> list[str]:
    return [each for each in faults.ladder if "digest" in each and each.startswith(("210102", "210202"))]
