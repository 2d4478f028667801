"""Dated exceptions (issue 5 B): more time, excused, closed, merged and moved in mid-campaign, late entries; on record."""

from datetime import date, timedelta

import pytest

from oneledger.domain.errors import RefusedError
from oneledger.domain.rollup import Coverage
from oneledger.store import assignments, reopenings, snapshots, unit_changes
from oneledger.store.reopenings import Reopening
from tests.sign_office import (
    CITY_TURN,
    COUNTY_TURN,
    FROZEN,
    KEY,
    ROOT_TURN,
    bring,
    entries,
    reply,
    send,
    signing_office,
)
from tests.small_office import CHINA, CITY, COUNTY, DIRECT, OTHER, ROOT, SCHOOL, at

HOUR = timedelta(hours=1)
WORDS = {"reason": "校舍维修停课", "by": "分管副局长"}


@pytest.fixture
def both(database, tmp_path, monkeypatch):
    with signing_office(tmp_path, monkeypatch, database) as only:
        yield only


LATER = {"lead_days": {"province": 0, "city": 0, "county": 2, "school": 4}}


@pytest.fixture
def office(tmp_path, monkeypatch):
    with signing_office(tmp_path, monkeypatch, **LATER) as only:
        yield only


def owed(office, unit: str):
    with office.store.read() as connection:
        return next(each for each in assignments.of_phase(connection, "first", "deploy") if each.unit == unit)


def sign_and_freeze(office) -> None:
    """Each level signs in its turn, then the report's figures are frozen."""
    from tasks.publishing import freeze_due

    for turn, code in ((COUNTY_TURN, COUNTY), (CITY_TURN, CITY), (ROOT_TURN, ROOT)):
        bring(office, turn)
        reply(office, code, "同意", turn + HOUR)
    freeze_due("first", "deploy", FROZEN + timedelta(minutes=5))


def frozen(office, key: str = KEY) -> dict:
    with office.store.read() as connection:
        found = snapshots.found(connection, "first", key)
        return dict(snapshots.every_rollup(connection, found.id)) if found else {}


def test_an_extension_moves_the_deadline_and_lateness_follows(office):
    from tasks.excepting import extend

    assert owed(office, OTHER).due_at.astimezone(CHINA).date() == date(2021, 3, 15)
    assert extend("first", OTHER, "deploy", date(2021, 3, 18), as_of=at("2021-03-12"), **WORDS) == 1
    assert extend("first", OTHER, "deploy", date(2021, 3, 18), as_of=at("2021-03-12"), **WORDS) == 0
    send(office, OTHER, at("2021-03-18T10:00"))
    assert (owed(office, OTHER).status, owed(office, OTHER).is_late) == ("returned", False)


@pytest.mark.parametrize(("unit", "day", "words", "fault"), [
    (OTHER, date(2021, 3, 22), WORDS, "柳林小学（2121000002）：不能晚于定稿的 2021-03-19，定稿后到的按补报处理"),
    (OTHER, date(2021, 3, 15), WORDS, "柳林小学（2121000002）：现在的期限是 2021-03-15，延期要晚于这一天"),
    (OTHER, date(2021, 3, 18), {"reason": "", "by": ""}, "请写明理由和批准人（职务）"),
    (SCHOOL, date(2021, 3, 18), WORDS, "2121000001：本阶段的材料已经收齐，不必延期"),
])  # fmt: skip
def test_an_extension_has_a_reason_an_approver_and_an_end(office, unit, day, words, fault):
    from tasks.excepting import extend

    with pytest.raises(RefusedError) as caught:
        extend("first", unit, "deploy", day, as_of=at("2021-03-12"), **words)
    assert caught.value.reasons == [fault]


@pytest.mark.parametrize("kind", ["exempt", "closed", "merged"])
def test_who_is_excused_in_mid_campaign_is_owed_no_more_and_the_change_of_the_denominator_is_on_record(both, kind):
    from tasks.excepting import change_unit
    from tasks.publishing import freeze_due

    office, other = both, SCHOOL if kind == "merged" else ""
    for _ in range(2):
        change_unit("first", OTHER, kind, other=other, as_of=at("2021-03-12"), **WORDS)
    change_unit("first", SCHOOL, "exempt", as_of=at("2021-03-12"), **WORDS)  # it has returned: that counts on
    freeze_due("first", "deploy", FROZEN)
    assert frozen(office)[ROOT].coverage == Coverage(returned=2, exempt=1)
    with office.store.read() as connection:
        assert [(each.unit, each.kind, each.other, each.reason) for each in unit_changes.of_campaign(connection, "first")] == [
            (OTHER, kind, other, "校舍维修停课"), (SCHOOL, "exempt", "", "校舍维修停课"),
        ]  # fmt: skip
        assert snapshots.is_recorded(
            connection,
            "first",
            "unit changed",
            kind=kind,
            phase="",
            other=other,
            reason="校舍维修停课",
            returns_excused=1,
        )


def test_a_school_counts_under_the_office_it_had_then(both):
    """domain.md 4.3: before the move and after it, once at every level; what was frozen is worked out again as it was,
    and the reports of both offices say who left and who came."""
    from tasks.editions import edition, view_of
    from tasks.excepting import change_unit
    from tasks.extra_snapshots import freeze_on_demand, verify_snapshots
    from tasks.judging import entitled
    from tasks.publishing import freeze_due
    from tasks.tracing import trace

    office, before = both, at("2021-03-10T17:00")
    early = freeze_on_demand("first", "deploy", "", before, before)["snapshot"].partition("/")[2]
    change_unit("first", DIRECT, "moved", other=COUNTY, as_of=at("2021-03-12"), **WORDS)
    assert f"{COUNTY}@x.invalid" in entitled(office.here, owed(office, DIRECT))
    freeze_due("first", "deploy", FROZEN)
    assert rows(office, early) == {ROOT: 2, CITY: 2, COUNTY: 1, SCHOOL: 1, OTHER: 0, DIRECT: 1}
    assert rows(office) == {ROOT: 2, CITY: 2, COUNTY: 2, SCHOOL: 1, OTHER: 0, DIRECT: 1}
    assert [each["agrees"] for each in verify_snapshots("first")] == [True, True]
    told = [trace(f"first/{key}", COUNTY, "ledger.rows") for key in (early, KEY)]
    assert [(each["value"], each["agrees"]) for each in told] == [(1, True), (2, True)]
    with office.store.read() as connection:
        this = edition(office.here, snapshots.found(connection, "first", KEY))
    assert (this.day_map.codes, [(told.owed, told.done) for told, _ in this.day_map.lines]) == ((COUNTY,), [(3, 2)])
    assert (
        "市实验小学自3月12日起改由虚拟区教育局管理，不再计入本级。" in view_of(office.here, this, CITY).signoff["line"]
    )
    assert "市实验小学自3月12日起转入本级管理，计入本级。" in view_of(office.here, this, COUNTY).signoff["line"]


def test_the_new_office_is_the_superior_in_all_that_follows(office):
    """domain.md 4.3: it may answer and give an address, its dates hold, and the next workbook names it."""
    from tasks.contact_changes import _entitled
    from tasks.excepting import change_unit
    from tasks.judging import entitled

    change_unit("first", DIRECT, "moved", other=COUNTY, as_of=at("2021-03-12"), **WORDS)
    office.open("rectify", at("2021-05-24"))
    for known in (entitled(office.here, owed(office, DIRECT)), _entitled(office.here, office.here.units[DIRECT])):
        assert known == {f"{code}@x.invalid" for code in (DIRECT, COUNTY, CITY, ROOT)}
    with office.store.read() as connection:
        owing = assignments.of_phase(connection, "first", "rectify")
        number = next(each.id for each in owing if each.unit == DIRECT)
        assert "虚拟区教育局" in str(assignments.by_ids(connection, [number])[number].printed["facts"])


def test_who_was_moved_is_on_the_list_of_his_new_office_alone(tmp_path, monkeypatch):
    """domain.md 4.3: late units are told to the office of the day; the one it left hears of it no more."""
    from tasks.excepting import change_unit
    from tasks.reminding import digest

    lists = {"rungs": [], "digests": [{"rung": "T+1", "days": 1, "at": "09:30"}]}
    with signing_office(tmp_path, monkeypatch, reminders=lists, **LATER) as office:
        change_unit("first", OTHER, "moved", other=CITY, as_of=at("2021-03-12"), **WORDS)
        digest("first", "deploy", at("2021-03-16T10:00"))
        (mail,) = office.mails("digest")
    assert mail["To"].addresses[0].username == CITY
    above = mail.get_body(("plain",)).get_content().partition("柳林小学")[0]
    assert ("虚拟市教育局：" in above, "虚拟区教育局" in above) == (True, False)


def rows(office, key: str = KEY) -> dict[str, int]:
    return {code: each.figures.get("ledger.rows", 0) for code, each in frozen(office, key).items()}


def test_an_office_takes_its_branch_along_and_every_signature_it_touches_is_asked_for_anew(office):
    """Issue 5 A, B: a move is a correction too. The county with its school goes from the city to the province: the
    city's figures are less by the county's, the county's and the province's are what they were."""
    from tasks.excepting import change_unit
    from tasks.publishing import freeze_due

    for turn, code in ((COUNTY_TURN, COUNTY), (CITY_TURN, CITY)):
        bring(office, turn)
        reply(office, code, "同意", turn + HOUR)
    change_unit("first", COUNTY, "moved", other=ROOT, as_of=at("2021-03-19T08:00"), **WORDS)
    bring(office, at("2021-03-19T09:00"))
    assert [each.deed.value for each in entries(office, CITY)] == ["ask", "agree", "move", "ask"]
    assert [each.deed.value for each in entries(office, COUNTY)] == ["ask", "agree"]
    freeze_due("first", "deploy", FROZEN)
    assert rows(office) == {ROOT: 2, CITY: 1, COUNTY: 1, SCHOOL: 1, OTHER: 0, DIRECT: 1}


def test_a_move_that_makes_a_ring_is_refused(office):
    from tasks.excepting import change_unit

    with pytest.raises(RefusedError) as caught:
        change_unit("first", CITY, "moved", other=COUNTY, as_of=at("2021-03-12"), **WORDS)
    assert caught.value.reasons == ["虚拟区教育局（210102）在虚拟市教育局之下，不能这样调整"]


def test_late_entries_are_a_numbered_supplement_and_the_frozen_figures_stand(both):
    from tasks.picturing import signed_offices
    from tasks.publishing import freeze_due
    from tasks.supplementing import phases_to_supplement, supplement

    office = both
    bring(office, COUNTY_TURN)
    reply(office, COUNTY, "同意", COUNTY_TURN + HOUR)
    bring(office, CITY_TURN)
    freeze_due("first", "deploy", FROZEN + timedelta(minutes=5))
    before = frozen(office)
    assert phases_to_supplement("first", FROZEN + HOUR) == []
    send(office, OTHER, at("2021-03-22T09:00"), rows=4)
    assert phases_to_supplement("first", at("2021-03-22T10:00")) == ["deploy"]
    assert supplement("first", "deploy", at("2021-03-22T10:00")) == f"{KEY}-s1"
    assert phases_to_supplement("first", at("2021-03-22T11:00")) == []
    assert frozen(office) == before
    assert frozen(office, f"{KEY}-s1")[ROOT].figures["ledger.rows"] == 6
    told = {
        mail["To"].addresses[0].username: mail.get_body(("plain",)).get_content() for mail in office.mails("supplement")
    }
    assert set(told) == {ROOT, CITY, COUNTY}
    assert all("1. 柳林小学（2121000002）" in words and "未报：1 改为 0" in words for words in told.values())
    assert "问题排查台账：条数：1 改为 5" in told[COUNTY]
    assert {code for code, words in told.items() if "【请重新审核】" in words} == {
        COUNTY
    }  # who had signed, and nobody else
    assert len(entries(office, COUNTY)) == 2  # its signature stands for what was frozen
    with office.store.read() as connection:  # and on the page of the phase, where the supplement asks it anew
        assert signed_offices(office.here, connection, "deploy") == {"county": 1}
    send(office, DIRECT, at("2021-03-24T09:00"), rows=2)
    assert supplement("first", "deploy", at("2021-03-24T10:00")) == f"{KEY}-s2"
    assert {mail["To"].addresses[0].username for mail in office.mails("supplement")[3:]} == {ROOT, CITY}


def test_a_supplement_is_frozen_and_told_together_or_not_at_all(both, monkeypatch):
    """5 of 6, A: a crash between the figures and the letters would leave figures of which nobody ever hears."""
    from tasks import supplementing
    from tasks.publishing import freeze_due

    def dies(*_):
        raise MemoryError

    freeze_due("first", "deploy", FROZEN + timedelta(minutes=5))
    send(both, OTHER, at("2021-03-22T09:00"), rows=4)
    with monkeypatch.context() as planted:
        planted.setattr(supplementing, "_letters", dies)
        with pytest.raises(MemoryError):
            supplementing.supplement("first", "deploy", at("2021-03-22T10:00"))
    assert supplementing.phases_to_supplement("first", at("2021-03-22T11:00")) == ["deploy"]
    assert supplementing.supplement("first", "deploy", at("2021-03-22T11:00")) == f"{KEY}-s1"
    assert {mail["To"].addresses[0].username for mail in both.mails("supplement")} == {ROOT, CITY, COUNTY}


def test_who_leaves_a_supplement_unanswered_lets_the_time_pass(office):
    """Issue 5 A: no answer by the deadline goes up as 未经审核; who sent a unit back has answered."""
    from tasks.signers import signatures_of
    from tasks.signing import lapse_supplements
    from tasks.supplementing import supplement

    sign_and_freeze(office)
    send(office, OTHER, at("2021-03-22T09:00"), rows=4)
    key = supplement("first", "deploy", at("2021-03-22T10:00"))
    reply(office, ROOT, f"退回 {OTHER} 条数不符", at("2021-03-22T11:00"), notice="supplement")
    reply(office, CITY, "暂缓", at("2021-03-22T11:00"), notice="supplement")
    moments = (at("2021-03-23T16:59"), at("2021-03-23T17:00"), at("2021-03-24T09:00"))
    assert [lapse_supplements("first", moment) for moment in moments] == [0, 2, 0]
    stand = {(row["milestone"], row["unit"]): row["state"] for row in signatures_of("first")}
    assert {unit: stand[key, unit] for unit in (ROOT, CITY, COUNTY)} == {
        ROOT: "returned", CITY: "unreviewed", COUNTY: "unreviewed",
    }  # fmt: skip
    reply(office, COUNTY, "同意", at("2021-03-25T09:00"), notice="supplement")
    (late,) = [row for row in signatures_of("first") if (row["milestone"], row["unit"]) == (key, COUNTY)]
    assert (late["state"], late["is_late"]) == ("signed", True)


def test_who_was_excused_and_is_sent_back_is_told_and_waited_for_by_nobody(both):
    """Issue 5 A, C: what an excused unit returned counts; sent back, it counts no more, and the unit owes nothing."""
    from tasks.excepting import change_unit
    from tasks.publishing import freeze_due

    change_unit("first", SCHOOL, "merged", other=OTHER, as_of=at("2021-03-08"), **WORDS)
    bring(both, COUNTY_TURN)
    reply(both, COUNTY, f"退回 {SCHOOL} 条数不符", COUNTY_TURN + HOUR)
    assert len(both.mails("sent-back")) == 1
    assert (owed(both, SCHOOL).status, owed(both, SCHOOL).is_open) == ("exempt", False)
    freeze_due("first", "deploy", FROZEN)
    assert frozen(both)[COUNTY].coverage == Coverage(exempt=1, missing=1)
    send(both, SCHOOL, at("2021-03-22T09:00"), rows=4)
    assert owed(both, SCHOOL).status == "returned"


def test_what_is_sent_back_in_one_phase_is_no_late_entry_of_another(office):
    from tasks.asking import open_phase
    from tasks.publishing import freeze_due
    from tasks.supplementing import phases_to_supplement

    freeze_due("first", "deploy", FROZEN + timedelta(minutes=5))
    moment = at("2021-06-17T10:00")
    open_phase("first", "rectify", moment - HOUR)
    returned = owed(office, SCHOOL).accepted
    with office.store.write() as connection:
        (sheet,) = [each for each in assignments.of_phase(connection, "first", "rectify") if each.unit == SCHOOL]
        back = Reopening(sheet.id, returned, COUNTY, "county@x.invalid", "数字不符", moment, moment)
        assert reopenings.record(connection, "first", back)
    assert phases_to_supplement("first", moment + HOUR) == []
    with office.store.write() as connection:
        assert reopenings.record(connection, "first", back._replace(assignment=owed(office, SCHOOL).id))
    assert phases_to_supplement("first", moment + HOUR) == ["deploy"]


def test_a_correction_after_the_report_is_signed_for_anew_in_its_branch_only(office):
    """Issue 5 A: shows what moved, and asks for a new signature there only; 退回 goes on reopening the unit."""
    from tasks.signers import signatures_of
    from tasks.supplementing import supplement

    sign_and_freeze(office)
    send(office, DIRECT, at("2021-03-22T09:00"), rows=4)
    assert supplement("first", "deploy", at("2021-03-22T10:00")) == f"{KEY}-s1"
    reply(office, CITY, "同意", at("2021-03-22T11:00"), notice="supplement")
    reply(office, ROOT, f"退回 {DIRECT} 条数不符", at("2021-03-22T12:00"), notice="supplement")
    stand = {(row["milestone"], row["unit"]): row for row in signatures_of("first")}
    assert {key: row["state"] for key, row in stand.items()} == {
        (KEY, ROOT): "signed", (KEY, CITY): "signed", (KEY, COUNTY): "signed",
        (f"{KEY}-s1", ROOT): "returned", (f"{KEY}-s1", CITY): "signed",
    }  # fmt: skip
    assert [row["signed_digest"] == row["frozen_digest"] for row in stand.values()] == [True, True, True, False, True]
    assert owed(office, DIRECT).is_open
    assert supplement("first", "deploy", at("2021-03-23T10:00")) == f"{KEY}-s2"
    assert rows(office, f"{KEY}-s2")[ROOT] == 1
