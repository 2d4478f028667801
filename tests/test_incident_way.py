"""The way of an incident report, on both databases: mail in, chain, receipt, alarms, in one collection run."""

import itertools
import shutil
from dataclasses import replace

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.store import inbox
from oneledger.store.database import Store
from oneledger.store.migrating import migration_config
from tasks.incident_alarms import alarms_due, ring_clocks
from tasks.incident_letters import make_incident_workbook, offices_above
from tasks.incident_status import incidents_of
from tasks.intake import take_in_mail
from tasks.launching import arm_campaign
from tasks.office import office
from tasks.reading import read_file
from tasks.reviewing import review_pack
from tests.conftest import CONFIG
from tests.incident_office import CITY, COUNTY, FIRST, NAME, OTHER, PROVINCE, SCHOOL, SERIOUS, UNITS, at, small_office

NO = f"{SCHOOL}-2021-SJ01"


@pytest.fixture
def small(database, tmp_path, monkeypatch):
    with small_office(tmp_path, monkeypatch, database) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, small_office(tmp_path_factory.mktemp("incidents"), patch) as made:
        yield made, itertools.count(int(SCHOOL) + 2)


@pytest.fixture
def quick(shared):
    """Where the database makes no difference: one office, a school of its own for each test."""
    made, schools = shared
    return made.of(str(next(schools)))


def steps(small, number: int = 0) -> list[tuple[str, str]]:
    return [(each.kind, each.unit) for each in small.incidents()[number].entries]


def reply(small, facts, when, to: str | None = None) -> dict[str, int]:
    """The school fills in the workbook that came with its receipt, and answers."""
    receipt = small.mail("incident-receipt", small.school)
    blank = next(part.content for part in receipt.parts if part.filename and "续报" in part.filename)
    address = to or small.reply_address("incident-receipt", small.school)
    small.write(f"{small.school}@x.invalid", small.filled(blank, {"incident_no": small.no} | facts), when, To=address)
    return small.collect(when)


def test_a_report_is_acted_on_in_the_run_that_takes_it_in(small):
    """001-10, 004-A6: the alarms to the offices stand in the outbox before the run ends."""
    assert small.report(SERIOUS, at(3, 10, 10)) == {"incidents": 1}
    assert small.letters("incident-alarm") == [(COUNTY, NO, "1"), (CITY, NO, "1")]
    assert small.letters("incident-receipt") == [(SCHOOL, NO, "1")]
    assert steps(small) == [("first", SCHOOL), ("told", COUNTY), ("told", CITY)]
    assert small.incidents()[0].is_intact
    words = small.mail("incident-alarm", CITY).text
    assert "这类事件要联络公安机关" in words
    assert "严重程度：情节严重或屡教不改" in words
    assert small.collect(at(3, 10, 11)) == {}  # nothing twice
    assert len(small.letters("incident-alarm")) == 2


def test_a_follow_up_joins_the_chain_and_climbs_as_far_as_it_has_become(small):
    """001-12: only what changed is told; those told before hear of it, and who must be told now."""
    small.report(FIRST, at(3, 10, 10))
    assert small.letters("incident-alarm") == [(COUNTY, NO, "1")]
    worse = {
        "report_kind": "续报", "change_note": "伤情加重，家长报警", "severity": "涉嫌违法犯罪", "police_in": "是",
        "police_at": "2021-03-11 08:00",
    }  # fmt: skip
    assert reply(small, worse, at(3, 11, 9)) == {"incidents": 1}
    assert small.letters("incident-alarm")[1:] == [(COUNTY, NO, "3"), (CITY, NO, "3")]
    assert steps(small) == [
        ("first", SCHOOL), ("told", COUNTY), ("follow", SCHOOL), ("told", COUNTY), ("told", CITY), ("police", SCHOOL),
    ]  # fmt: skip
    (incident,) = small.incidents()
    assert incident.deed("police").at == at(3, 11, 8)  # the deed's own moment
    assert (incident.values["place"], incident.values["severity"], incident.is_intact) == ("操场", "涉嫌违法犯罪", True)
    words = small.mail("incident-alarm", COUNTY).text
    assert "【本次变化】伤情加重，家长报警\n严重程度：涉嫌违法犯罪\n" in words


def test_two_reports_of_two_schools_are_two_incidents_and_the_same_again_is_none(small):
    """Nothing is counted twice: a first report sent again belongs to its own chain and rings no bell."""
    for when, code in ((at(3, 10, 10), SCHOOL), (at(3, 10, 11), OTHER), (at(3, 10, 12), SCHOOL)):
        small.report(FIRST, when, code)
    assert [each.incident_no for each in small.incidents()] == [NO, f"{OTHER}-2021-SJ01"]
    assert steps(small) == [("first", SCHOOL), ("told", COUNTY), ("first", SCHOOL)]
    receipts = small.letters("incident-receipt") + small.of(OTHER).letters("incident-receipt")
    assert [(to, round_) for to, _, round_ in receipts] == [(SCHOOL, "1"), (SCHOOL, "3"), (OTHER, "1")]


def test_a_moment_once_written_cannot_be_altered(small):
    """治安管理处罚法 60; refused by the database itself, whoever asks."""
    small.report(FIRST, at(3, 10, 16))
    for deed in (
        "UPDATE incident_entry SET at = recorded_at",
        "UPDATE incident_entry SET data = '{}'",
        "DELETE FROM incident_entry",
    ):
        with pytest.raises(DBAPIError, match="append-only"), office().store.write() as connection:
            connection.execute(text(deed))
    (incident,) = small.incidents()
    assert (incident.reports[0].at, incident.is_intact) == (at(3, 10, 16), True)


def test_what_is_changed_behind_the_databases_back_shows(small):
    small.report(FIRST, at(3, 10, 16))
    store: Store = office().store
    guard = {"sqlite": "incident_entry_no_UPDATE", "postgresql": "incident_entry_append_only ON incident_entry"}
    with store.write() as connection:
        connection.execute(text(f"DROP TRIGGER {guard[store.engine.dialect.name]}"))
        connection.execute(text("UPDATE incident_entry SET recorded_at = at, unit = 'x' WHERE step = 1"))
    assert not small.incidents()[0].is_intact


def test_the_ten_day_alarm_rings_at_its_moments_and_each_once(small):
    """004-B30: opened on the 10th; three days before, one before, one after, five after."""
    small.report(FIRST | {"inquiry_opened_at": "2021-03-10 09:40"}, at(3, 10, 10))
    rung = []
    for when in (
        at(3, 16, 12),
        at(3, 17, 8, 59),
        at(3, 17, 9),
        at(3, 17, 9, 5),
        at(3, 19, 9),
        at(3, 21, 9),
        at(3, 25, 9),
    ):
        if alarms_due(NAME, when):
            ring_clocks.fn(NAME, when)
            rung.append(when)
    assert rung == [at(3, 17, 9), at(3, 19, 9), at(3, 21, 9), at(3, 25, 9)]
    assert [(to, round_.rpartition("/")[2]) for to, _, round_ in small.letters("incident-clock")] == [
        (SCHOOL, "-3"), (SCHOOL, "-1"), (COUNTY, "-1"), (SCHOOL, "+1"), (COUNTY, "+1"), (COUNTY, "+5"), (CITY, "+5"),
    ]  # fmt: skip
    assert small.mail("incident-clock", SCHOOL, 0).subject == f"将到时限：调查认定，测试区第一中学 {NO}"
    assert "应在2021年3月20日前完成。时限已过" in small.mail("incident-clock", CITY).text


def test_a_review_is_filed_with_the_city_when_the_county_ends_it(quick):
    """004-B45, 004-B46: the county reports on its school's incident and is not told of its own report."""
    quick.report(
        FIRST | {"judgement": "认定欺凌", "decided_at": "2021-03-10 09:50", "decided_by": "学生欺凌治理委员会"},
        at(3, 10, 10),
    )
    _, blank = make_incident_workbook(quick.here, quick.here.units[quick.school], quick.no)
    review = {
        "report_kind": "续报", "incident_no": quick.no, "change_note": "复查结束，维持学校结论", "appealed_at": "2021-03-20 10:00",
        "reviewed_at": "2021-04-02 15:00", "review_result": "维持",
    }  # fmt: skip
    quick.write(f"{COUNTY}@x.invalid", quick.filled(blank, review, "2021-04-02"), at(4, 2, 16))
    quick.collect(at(4, 2, 16))
    assert steps(quick)[2:] == [("follow", COUNTY), ("told", CITY), ("filed", CITY)]
    assert quick.mail("incident-alarm", CITY).subject.startswith("复查备案")
    assert quick.letters("incident-receipt")[-1][0] == COUNTY


def test_a_faulty_report_still_raises_the_alarm_and_its_mended_copy_joins_it(quick):
    """A report in haste has faults: who must act hears at once; what stands beside an error is not believed."""
    quick.report(SERIOUS | {"found_at": "2021-03-10 15:00", "place": "食堂门口那里"}, at(3, 10, 10))
    assert quick.letters("incident-alarm") == [(COUNTY, quick.no, "1"), (CITY, quick.no, "1")]
    words = quick.mail("incident-alarm", CITY).text
    assert "这份报告有需要更正的地方" in words
    assert "发现或接报时间" not in words
    receipt = quick.mail("incident-receipt", quick.school)
    assert receipt.subject == f"已收到事件报告（首报）：{quick.no}，请更正2处"
    assert [part.filename for part in receipt.parts if part.filename] == [
        f"QL09_{quick.school}_待更正.xlsx", f"QL09_{quick.school}_续报.xlsx"
    ]  # fmt: skip
    quick.report(SERIOUS, at(3, 10, 11))
    (incident,) = quick.incidents()
    assert [each.data["verdict"] for each in incident.reports] == ["returned", "accepted"]
    assert incident.moments("found_at") == [at(3, 10, 9, 30)]


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        ("学生甲家长电话13912345678", ["PD-002"]),
        ("身份证号210102200801011234", ["PD-001"]),
        ("学生李雷推打学生乙", ["PD-004"]),
        ("刘某推打学生乙", ["IC-003"]),
        ("姓名：小明，七年级", ["PD-007", "IC-003"]),  # what is only asked about elsewhere is kept back here
    ],
)
def test_what_may_name_a_pupil_goes_nowhere(quick, words, rules):
    """004-B33, 000-13: refused, kept back from the chain and from every mail to the offices."""
    quick.report(SERIOUS | {"course": words}, at(3, 10, 10))
    (incident,) = quick.incidents()
    report = incident.reports[0]
    assert ([each["rule"] for each in report.data["findings"]], report.data["kept_back"]) == (rules, ["course"])
    assert "course" not in incident.values
    for office_code in (COUNTY, CITY):
        assert words not in quick.mail("incident-alarm", office_code).text


def test_a_final_report_that_lacks_the_outcome_is_not_the_end(quick):
    """004-B30; IC-004. And a report after the end opens the incident again: IC-005."""
    quick.report(FIRST, at(3, 10, 10))
    reply(quick, {"report_kind": "终报", "change_note": "办结"}, at(3, 12))
    assert (quick.incidents()[0].is_closed, "处置结果" in quick.mail("incident-receipt", quick.school).text) == (
        False,
        True,
    )
    reply(quick, {"report_kind": "终报", "change_note": "办结", "outcome": ["批评教育"]}, at(3, 13))
    assert quick.incidents()[0].is_closed
    reply(quick, {"report_kind": "续报", "change_note": "家长申诉", "appealed_at": "2021-03-14 09:00"}, at(3, 14, 10))
    incident = quick.incidents()[0]
    assert (incident.is_closed, [each["rule"] for each in incident.reports[-1].data["findings"]]) == (False, ["IC-005"])


def test_a_follow_up_that_names_nothing_goes_to_a_person_and_is_answered(quick):
    """IC-001: never a guess; IC-002: unless there is only one it can be."""
    assert quick.report({"report_kind": "续报", "change_note": "有变化"}, at(3, 10, 10)) == {
        "incidents": 1,
        "for_a_person": 1,
    }
    assert quick.mail("incident-receipt", quick.school).subject == "事件报告请补充编号，请更正1处"
    assert quick.incidents() == []
    quick.report(FIRST, at(3, 10, 11))
    quick.report({"report_kind": "续报", "change_note": "有变化", "harm": ["住院"]}, at(3, 10, 12))
    report = quick.incidents()[0].reports[-1]
    assert ([each["rule"] for each in report.data["findings"]], report.data["verdict"]) == (["IC-002"], "accepted")


def test_our_own_empty_form_come_back_is_no_incident(quick):
    quick.report({"report_kind": "首报"}, at(3, 10, 10))
    assert (quick.incidents(), quick.letters("incident-alarm")) == ([], [])
    assert [to for to, _, _ in quick.letters("incident-form")] == [quick.school]


def test_a_strangers_report_waits_for_a_person_who_may_vouch(quick):
    """T1: the workbook's token proves no sender."""
    _, blank = make_incident_workbook(quick.here, quick.here.units[quick.school])
    quick.write("someone@elsewhere.invalid", quick.filled(blank, SERIOUS), at(3, 10, 10))
    assert quick.collect(at(3, 10, 10)) == {"for_a_person": 1}
    assert quick.incidents() == []
    with office().store.write() as connection:
        waiting = inbox.for_a_person(connection, NAME)[-1]
        assert waiting["reason"].startswith("【急】事件报告")
        inbox.decide(connection, waiting["id"], "值班", accept=True)
    assert quick.collect(at(3, 10, 11)) == {"incidents": 1}
    assert quick.letters("incident-receipt") == [
        (quick.school, quick.no, "1")
    ]  # to the school's own address, never to the stranger


def test_widely_known_cases_climb_to_the_top_which_passes_them_on(quick):
    """004-A6."""
    quick.report(FIRST | {"attention": "广泛"}, at(3, 10, 10))
    assert [to for to, _, _ in quick.letters("incident-alarm")] == [COUNTY, CITY, PROVINCE]
    assert "按规定还应报教育部业务主管部门" in quick.mail("incident-alarm", PROVINCE).text


def test_a_moved_schools_alarms_ring_where_it_belongs_that_day(quick):
    """domain.md 4.3: for the report, and for its clock."""
    from tasks.excepting import change_unit

    change_unit(NAME, quick.school, "moved", other=CITY, reason="区划调整", by="副厅长", as_of=at(3, 9))
    quick.report(FIRST | {"attention": "广泛", "inquiry_opened_at": "2021-03-10 09:40"}, at(3, 10, 10))
    assert [to for to, _, _ in quick.letters("incident-alarm")] == [CITY, PROVINCE]
    ring_clocks.fn(NAME, at(3, 19, 9))
    assert [to for to, _, _ in quick.letters("incident-clock")] == [quick.school, CITY]


def test_an_office_without_a_mail_box_is_passed_over(quick):
    """The alarm goes to the next above, never into the void."""
    silent = {**quick.here.units, CITY: replace(quick.here.units[CITY], contacts=())}
    assert [each.code for each in offices_above(replace(quick.here, units=silent), quick.school)] == [COUNTY, PROVINCE]


def test_the_form_names_its_unit_and_its_number(quick):
    name, content = make_incident_workbook(quick.here, quick.here.units[quick.school], quick.no)
    with WorkbookReader() as reader:
        cells = reader.read(content)
    assert (name, cells.marks.phase, cells.marks.unit_code) == (
        f"QL09_{quick.school}_续报.xlsx",
        "incident",
        quick.school,
    )
    assert [row[2] for sheet in cells.sheets for row in sheet.rows if row[1:2] == ["事件编号"]] == [quick.no]


def test_an_answer_to_a_receipt_is_worked_on_with_its_county(quick):
    """The reply address names the school, as a return's names its assignment; a new mail names nobody, and is read."""
    quick.report(FIRST, at(3, 10, 10))
    reply(quick, {"report_kind": "续报", "change_note": "已调解", "harm": ["无明显伤害"]}, at(3, 10, 12))
    with office().store.read() as connection:
        places = connection.execute(text("SELECT campaign, county FROM inbox ORDER BY id")).all()
    assert [tuple(each) for each in places[-2:]] == [(NAME, None), (NAME, COUNTY)]


def test_an_older_database_gets_the_table_and_its_guard(small):
    """A campaign under way takes incidents once the program is newer."""
    store = office().store
    with store.write() as connection:
        connection.execute(text("DROP TABLE incident_entry"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    with store.write() as connection:
        command.upgrade(migration_config(connection), "0005")
    test_a_moment_once_written_cannot_be_altered(small)


def test_a_report_read_by_hand_is_judged_as_the_intake_would(quick):
    """`oneledger read`."""
    _, blank = make_incident_workbook(quick.here, quick.here.units[quick.school])
    told = read_file(quick.filled(blank, FIRST | {"found_at": "2021-03-10 11:00"}), at(3, 10, 10))
    assert (told["status"], told["phase"], told["unit"], [each["rule"] for each in told["findings"]]) == (
        "returned", "incident", quick.school, ["EV-202"],
    )  # fmt: skip


def test_a_new_mail_that_belongs_to_another_campaign_is_passed_on_to_it(tmp_path, monkeypatch):
    """One box for several campaigns: a new mail names none of them, its workbook does, and no urgent report waits."""
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    text_of_it = (config / "campaigns" / f"{NAME}.yaml").read_text(encoding="utf-8")
    first = text_of_it.replace(f"campaign: {NAME}", "campaign: a-first-one")
    (config / "campaigns" / "a-first-one.yaml").write_text(first, encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_CONFIG", str(config))
    with small_office(tmp_path, monkeypatch) as both:
        arm_campaign.fn("a-first-one", at(2, 20), typed_name="a-first-one", typed_mails=len(UNITS), by="测试")
        _, blank = make_incident_workbook(both.here, both.here.units[SCHOOL])
        both.write(f"{SCHOOL}@x.invalid", both.filled(blank, FIRST), at(3, 10, 10))
        work = take_in_mail.fn("a-first-one", at(3, 10, 10))
        tally = review_pack.fn("a-first-one", work, at(3, 10, 10), "test", is_one_of_many=False)
        assert (tally.passed_on, tally.for_a_person) == (1, 0)
        assert both.collect(at(3, 10, 10)) == {"incidents": 1}
        assert [each.incident_no for each in both.incidents()] == [NO]


def test_who_asks_by_mail_gets_the_form_and_a_stranger_does_not(quick):
    """Outside the rhythm: at hand in minutes, whenever it is needed."""
    for sender in (f"{quick.school}@x.invalid", "someone@elsewhere.invalid"):
        quick.write(sender, None, at(3, 10, 10), Subject="领取事件报告表")
        quick.collect(at(3, 10, 10))
    assert [to for to, _, _ in quick.letters("incident-form")] == [quick.school]
    blank = next(part.content for part in quick.mail("incident-form", quick.school).parts if part.filename)
    quick.write(f"{quick.school}@x.invalid", quick.filled(blank, FIRST), at(3, 10, 11))
    quick.collect(at(3, 10, 11))
    assert [each.incident_no for each in quick.incidents()] == [quick.no]
    quick.write(
        f"{quick.school}@x.invalid", None, at(3, 10, 12), To=quick.reply_address("incident-receipt", quick.school)
    )
    quick.collect(at(3, 10, 12))
    assert len(quick.letters("incident-form")) == 1  # thanks for the receipt are no question


def test_a_mail_that_is_no_return_is_answered_once_a_day_and_a_machine_never(quick):
    """Reliability 3.3: at most one automatic reply a sender and day, none to null senders; the rest sees a person."""
    sender = f"{quick.school}@x.invalid"
    for headers in ({"Return_Path": "<>"}, {"Auto_Submitted": "auto-replied"}, {"Precedence": "list"}):
        quick.write(sender, None, at(4, 10, 9), Subject="事件报告", **headers)
        quick.collect(at(4, 10, 9))
    assert quick.letters("incident-form") == []
    tallies = []
    for hour in (10, 11, 12):
        quick.write(sender, None, at(4, 10, hour), Subject="Re: 事件报告")
        tallies.append(quick.collect(at(4, 10, hour)))
    assert len(quick.letters("incident-form")) == 1
    assert tallies == [{}, {"for_a_person": 1}, {"for_a_person": 1}]
    quick.write(sender, None, at(4, 11, 9), Subject="事件报告")
    quick.collect(at(4, 11, 9))
    assert len(quick.letters("incident-form")) == 2


def test_incidents_are_told_in_administrative_order_with_clocks_and_lateness(quick):
    """001-12: lateness is shown; never ranked by number (domain.md 3.6)."""
    quick.report(SERIOUS | {"inquiry_opened_at": "2021-03-10 09:40"}, at(3, 10, 16, 40))
    (row,) = incidents_of(NAME, at(3, 22, 0), quick.school)
    assert [(each["clock"], each["late_minutes"]) for each in row["clocks"]] == [("report", 310), ("inquiry", 24 * 60)]
    assert (row["state"], row["severity_code"], row["is_late"], row["is_intact"]) == ("首报", 3, True, True)
    assert [(each["unit"], each["at"]) for each in row["told"]] == [
        (COUNTY, "2021-03-10T16:40+08:00"), (CITY, "2021-03-10T16:40+08:00")
    ]  # fmt: skip
    everyone = [each["unit"] for each in incidents_of(NAME, at(3, 22), COUNTY)]
    assert everyone == sorted(everyone)
    assert incidents_of(NAME, at(3, 22), OTHER) == []
