"""Issue 5, done when 1: the rehearsal works out by itself how each sign-off must go, and notices where the record of
signatures says anything else."""

from datetime import timedelta

import pytest

from oneledger.domain.schedule import Turn
from rehearsal.manifest import standing
from rehearsal.officers import Word
from rehearsal.offices import check_sent_back, check_signatures
from rehearsal.sign_course import Branch, Course
from rehearsal.verify import Expected
from tests.rehearsal_world import at as moment
from tests.small_office import at
from tests.test_rehearsal_verify import DUE, SCHOOL as SENT_BACK, _write, make_answer, make_line

MILESTONE, OFFICE, SCHOOL = "deploy-0319", "210102", "2121000001"
TURN, REPORT = Turn("county", at("2021-03-17T17:00"), at("2021-03-18T17:00")), at("2021-03-19T17:00")
LOOKED = [at(f"2021-03-{text}") for text in ("17T17:01", "18T09:30", "18T17:01", "19T12:01", "19T17:05", "22T09:30")]


def branch(number: int, missing: str = "") -> Branch:
    owing = {missing} if missing else set()
    return Branch.of(Expected({"ledger.rows": number}, missing=owing))  # type: ignore[arg-type]


def word(hours: float, text: str, round_: int = 1, **more: object) -> Word:
    when = LOOKED[0] + timedelta(hours=hours)
    return Word(when, OFFICE, "deploy", MILESTONE, round_, text, "", f"{OFFICE}@x.invalid", **more)  # type: ignore[arg-type]


SAME = [branch(3)] * 4
MENDED = [branch(3), branch(2, SCHOOL), branch(4), branch(4)]
CORRECTED = [branch(3), branch(5), branch(5), branch(5)]
BACK = word(1, "退回\n第一小学（2121000001）：对不上", back=SCHOOL)


@pytest.mark.parametrize(("branches", "words", "deeds", "state"), [
    (SAME, [word(2, "同意")], "ask agree", "signed"),
    (SAME, [word(2, "同意"), word(2.5, "同意")], "ask agree", "signed"),
    (SAME, [], "ask lapse", "unreviewed"),
    (SAME, [word(2, "请问怎么答复？")], "ask lapse", "unreviewed"),
    (SAME, [word(25, "同意")], "ask lapse agree", "signed"),
    (SAME, [word(2, "暂缓，等会议研究")], "ask defer lapse", "unreviewed"),
    (SAME, [word(2, "同意", counts=False)], "ask lapse", "unreviewed"),
    (SAME, [word(2, "同意", counts=False), word(3, "同意")], "ask agree", "signed"),
    (MENDED, [BACK, word(25, "同意", 2)], "ask return ask agree", "signed"),
    (MENDED, [BACK], "ask return ask lapse", "unreviewed"),
    ([branch(3), *[branch(2, SCHOOL)] * 3], [BACK], "ask return lapse", "unreviewed"),
    (CORRECTED, [word(1, "同意"), word(17, "同意", 2)], "ask agree move ask agree", "signed"),
    (CORRECTED, [word(1, "同意"), word(17, "同意", 1)], "ask agree move ask lapse", "unreviewed"),  # of the old figures
])  # fmt: skip
def test_how_a_sign_off_must_go_follows_from_what_its_officers_meant(branches, words, deeds, state):
    course = Course(TURN, REPORT)
    course.run(LOOKED, dict(zip(LOOKED, branches, strict=False)), words)
    assert (" ".join(course.deeds), course.state) == (deeds, state)


MEANT = {
    "behaviour": "signs",
    "asked": ["x"],
    "deeds": ["ask", "agree"],
    "state": "signed",
    "by": "a@x",
    "stands": True,
}
ROW = {
    "milestone": MILESTONE, "unit": OFFICE, "state": "signed", "signed_by": "a@x", "signed_digest": "d",
    "frozen_digest": "d", "entries": [{"deed": "ask"}, {"deed": "agree"}],
}  # fmt: skip


@pytest.mark.parametrize(("fault", "told"), [
    ({}, []),
    ({"state": "unreviewed"}, ["state must be signed, found unreviewed"]),
    ({"signed_by": "b@x"}, ["signed by must be a@x, found b@x"]),
    ({"frozen_digest": "e"}, ["signed as frozen must be True, found False"]),
    ({"entries": [{"deed": "ask"}]}, ["deeds must be ['ask', 'agree'], found ['ask']"]),
])  # fmt: skip
def test_the_record_is_compared_state_by_state(fault, told):
    lines = [{"office": OFFICE, "milestones": {MILESTONE: MEANT}}]
    said = list(check_signatures(lines, [{**ROW, **fault}]))
    assert said == [f"{(MILESTONE, OFFICE)} signs: {each}" for each in told]
    assert len(list(check_signatures(lines, []))) == 1


def test_what_was_sent_back_is_missing_until_it_is_mended_and_no_later_than_the_first_time():
    first, mended = make_answer(), make_answer(moment(3, 18, 10))
    line = make_line(SENT_BACK, first, mended, sent_back=[moment(3, 17, 18).isoformat()])
    seen = [standing(line, when) for when in (moment(3, 17, 17), moment(3, 17, 19), moment(3, 18, 11))]
    assert [(each.status, each.is_late, each.in_correction, each.answer) for each in seen] == [
        ("returned", False, False, 0), ("missing", False, True, None), ("returned", False, False, 1),
    ]  # fmt: skip
    assert moment(3, 18, 10) > DUE


@pytest.mark.parametrize(("kinds", "told"), [
    (["sent-back/deploy/school-deploy/2121000001/1"], []),
    ([], ["2121000001 school-deploy: 1 more to come: sent-back"]),
    (["sent-back/deploy/school-deploy/2121000001/1", "sent-back/deploy/school-deploy/2121000002/2"],
     ["2121000002 school-deploy: 1 too many: sent-back"]),
])  # fmt: skip
def test_that_unit_only_is_told_that_it_was_sent_back(tmp_path, kinds, told):
    _write(
        tmp_path / "manifest.jsonl", [make_line(SENT_BACK, make_answer(), sent_back=[moment(3, 17, 18).isoformat()])]
    )
    _write(tmp_path / "delivered.jsonl", [{"kind": each} for each in kinds])
    assert list(check_sent_back(tmp_path, moment(4, 2))) == told
