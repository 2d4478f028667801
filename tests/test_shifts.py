"""A school moves its stage around its vacation, within bounds and on record; the last return stands (002-4, 002-16)."""

from datetime import date, datetime

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.errors import RefusedError
from oneledger.domain.schedule import due_at, milestones, report_milestones
from oneledger.domain.shifts import Shift, in_force, own_due_at, shift_faults
from oneledger.settings import load_campaign
from oneledger.store import assignments, shifts, snapshots
from oneledger.store.migrating import migration_config
from tests.conftest import CONFIG
from tests.small_office import CHINA, CITY, COUNTY, DIRECT, OTHER, SCHOOL, at, make_campaign, opened

BAICHENG = load_campaign(CONFIG, "baicheng-2018")
PUPILS = CampaignUnit("2122000001", "市直一小", "school", "220800", county="220800")
BUREAU = CampaignUnit("220802", "洮北区教育局", "county", "220800", county="220802")


def moved(day: date, phase: str = "daily", unit: str = PUPILS.code, **changes) -> Shift:
    words = {"reason": "8月20日才返校", "by": "校办主任", **changes}
    return Shift(phase, unit, day, at=at("2018-08-07"), **words)


@pytest.mark.parametrize(("wanted", "unit", "faults"), [
    (moved(date(2018, 9, 14)), PUPILS, []),
    (moved(date(2018, 9, 17)), PUPILS, ["只能调整到 2018-08-20 至 2018-09-14 之间，不能是 2018-09-17"]),
    (moved(date(2018, 8, 17)), PUPILS, ["只能调整到 2018-08-20 至 2018-09-14 之间，不能是 2018-08-17"]),
    (moved(date(2018, 9, 8)), PUPILS, ["2018-09-08 是休息日，请选一个工作日"]),
    (moved(date(2018, 9, 13)), BUREAU, ["这一层级的时间不可自行调整"]),
    (moved(date(2018, 9, 13), reason=" "), PUPILS, ["请写明调整的原因和经手人（职务）"]),
    (moved(date(2018, 9, 13), by=""), PUPILS, ["请写明调整的原因和经手人（职务）"]),
    (moved(date(2018, 7, 6), "setup"), PUPILS, ["2018-07-06 已经过去"]),
])  # fmt: skip
def test_a_shift_keeps_within_the_bounds_of_its_phase(calendar, wanted, unit, faults):
    told = shift_faults(BAICHENG, unit, wanted, date(2018, 8, 7), calendar)
    assert told == [f"{unit.name}（{unit.code}）：{fault}" for fault in faults]


def test_a_phase_without_bounds_cannot_be_shifted(calendar, liaoning):
    wanted = moved(date(2021, 3, 12), "deploy")
    assert shift_faults(liaoning, PUPILS, wanted, date(2021, 3, 1), calendar) == ["部署摸底：本阶段的时间不可自行调整"]


def test_the_stage_moves_and_the_return_of_0925_does_not(calendar):
    """002-16: the shift is no way around the one date that all have in common."""
    shifted = in_force([moved(date(2018, 9, 18), "lasting"), moved(date(2018, 9, 12), "lasting")])
    days = {
        name: own_due_at(BAICHENG, BAICHENG.deliverable(name), PUPILS, shifted, calendar).date()
        for name in ("school-lasting", "plan", "summary", "pictures")
    }
    last = date(2018, 9, 25)
    assert days == {"school-lasting": date(2018, 9, 12), "plan": last, "summary": last, "pictures": last}
    other = CampaignUnit("2122000002", "市直二小", "school", "220800")
    for each in BAICHENG.deliverables_of("lasting"):
        assert own_due_at(BAICHENG, each, other, shifted, calendar) == due_at(BAICHENG, each, "school", calendar)


def test_the_clock_looks_at_shifted_dates_too(calendar):
    """A reminder before and after the moved date, the list of the late, and figures frozen once more at the end."""
    shifted = in_force([moved(date(2018, 9, 6))])
    before = {each.at for each in milestones(BAICHENG, calendar)}
    fresh = [each for each in milestones(BAICHENG, calendar, shifted) if each.at not in before]
    assert [(f"{each.at:%m-%d %H:%M}", each.kind) for each in fresh] == [
        ("09-05 09:00", "remind"), ("09-06 09:00", "remind"), ("09-06 17:00", "due"), ("09-07 09:00", "remind"),
        ("09-07 09:30", "digest"), ("09-14 17:00", "report"),
    ]  # fmt: skip
    assert [each.key for each in report_milestones(BAICHENG, "daily", calendar)] == ["daily-0830"]
    assert [each.key for each in report_milestones(BAICHENG, "daily", calendar, shifted)] == [
        "daily-0830",
        "daily-0914",
    ]
    assert [each.key for each in report_milestones(BAICHENG, "setup", calendar, shifted)] == ["setup-0713"]


def shifting(**changes) -> dict:
    made = make_campaign("first", 2021, **changes)
    made["phases"][0]["may_shift"] = {"earliest": "2021-03-10", "latest": "2021-03-26"}
    return made


@pytest.fixture
def office(database, tmp_path, monkeypatch):
    with opened(tmp_path, [shifting()], monkeypatch, database) as (only,):
        yield only


@pytest.fixture
def lite(tmp_path, monkeypatch):
    with opened(tmp_path, [shifting()], monkeypatch) as (only,):
        yield only


def shift(units: list[str], day: date, as_of: datetime, **changes) -> int:
    from tasks.shifting import shift_units

    words = {"reason": "3月22日放假", "by": "区安全科", **changes}
    return shift_units("first", "deploy", units, day, as_of=as_of, **words)


def due_days(office) -> dict[str, date]:
    with office.store.read() as connection:
        return {
            each.unit: each.due_at.astimezone(CHINA).date()
            for each in assignments.of_phase(connection, "first", "deploy")
        }


def test_a_shift_moves_what_is_owed_before_and_after_the_phase_opens(office):
    early, late, common = date(2021, 3, 12), date(2021, 3, 24), date(2021, 3, 19)
    assert shift([SCHOOL], early, at("2021-02-26")) == 1
    office.open("deploy", at("2021-03-01"))
    assert due_days(office) == {SCHOOL: early, OTHER: common, DIRECT: common}
    assert shift([OTHER], late, at("2021-03-02")) == 1
    assert due_days(office) == {SCHOOL: early, OTHER: late, DIRECT: common}


def test_reminders_follow_the_moved_date(lite):
    from tasks.reminding import remind

    shift([SCHOOL], date(2021, 3, 24), at("2021-02-26"))
    lite.open("deploy", at("2021-03-01"))
    reminded = []
    for day in ("2021-03-17T10:00", "2021-03-18T10:00", "2021-03-22T10:00", "2021-03-23T10:00"):
        remind("first", "deploy", at(day))
        reminded.append(sorted(mail["To"].addresses[0].username for mail in lite.mails("remind")))
    assert reminded == [[], [OTHER, DIRECT], [OTHER, DIRECT], [SCHOOL, OTHER, DIRECT]]


def test_figures_are_frozen_without_whom_they_do_not_concern_yet_and_once_more_with_everybody(office):
    from tasks.publishing import freeze_due

    shift([SCHOOL], date(2021, 3, 24), at("2021-02-26"))
    office.open("deploy", at("2021-03-01"))
    freeze_due("first", "deploy", at("2021-03-26T18:00"))
    with office.store.read() as connection:
        frozen = snapshots.of_campaign(connection, "first")
        expected = {
            each.milestone: dict(snapshots.every_rollup(connection, each.id))[
                office.here.campaign.root
            ].coverage.missing
            for each in frozen
        }
    assert expected == {"deploy-0319": 2, "deploy-0326": 3}


def test_who_moved_what_and_why_is_kept_once_and_for_ever(office):
    for day in (date(2021, 3, 12), date(2021, 3, 12), date(2021, 3, 15)):
        shift([SCHOOL], day, at("2021-02-26"))
    with office.store.read() as connection:
        kept = shifts.of_campaign(connection, "first")
    assert [(each.due_on, each.reason, each.by) for each in kept] == [
        (date(2021, 3, 12), "3月22日放假", "区安全科"), (date(2021, 3, 15), "3月22日放假", "区安全科"),
    ]  # fmt: skip
    with pytest.raises(DBAPIError, match="append-only"), office.store.write() as connection:
        connection.execute(text("UPDATE shift SET reason = ''"))


def test_one_bad_unit_and_nobody_is_moved(lite):
    with pytest.raises(RefusedError) as caught:
        shift([SCHOOL, COUNTY], date(2021, 3, 12), at("2021-02-26"))
    assert caught.value.reasons == ["虚拟区教育局（210102）：这一层级的时间不可自行调整"]
    with lite.store.read() as connection:
        assert shifts.of_campaign(connection, "first") == []


def test_all_schools_below_an_office_are_found_at_once(lite):
    from tasks.excepting import change_unit
    from tasks.shifting import units_below

    assert units_below("first", COUNTY, "deploy") == [SCHOOL, OTHER]
    assert units_below("first", CITY, "deploy") == [SCHOOL, OTHER, DIRECT]
    assert units_below("first", CITY, "rectify") == []
    change_unit("first", OTHER, "moved", other=CITY, reason="区划调整", by="副厅长", as_of=at("2021-03-01"))
    assert units_below("first", COUNTY, "deploy") == [SCHOOL]


def test_a_database_of_an_earlier_version_gets_the_table_and_its_guard(store):
    with store.write() as connection:
        connection.execute(text("DROP TABLE shift"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0005'"))
    with store.write() as connection:
        command.upgrade(migration_config(connection), "0006")
    with store.engine.connect() as connection:
        assert {each["name"] for each in inspect(connection).get_columns("shift")} >= {"unit", "due_on", "reason", "by"}
