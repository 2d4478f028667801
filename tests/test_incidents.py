"""Incidents: chains, routes and clocks, free of any store (domain.md 1.5, 3.2-3.4)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import IncidentClock, ReportingLine
from oneledger.domain.incident_clocks import alarm_reached, clock_states
from oneledger.domain.incident_routes import faults, routing, severity_code
from oneledger.domain.incident_words import late_text, length_text
from oneledger.domain.incidents import (
    Entry,
    Incident,
    changed,
    extended,
    join,
    lacking_at_the_end,
    next_number,
    step_title,
)
from oneledger.domain.severity import fitted
from oneledger.settings import load_campaign, load_form
from tests.conftest import CONFIG
from tests.incident_office import CHINA, at

FORM = load_form(CONFIG, "incident-v1")
UNIT = "2121000001"
ANCESTORS = [
    CampaignUnit(code, code, level, None)
    for code, level in (("210102", "county"), ("210100", "city"), ("210000", "province"))
]


TEN = at(3, 10, 10)


def make_entry(kind="first", received=TEN, verdict="accepted", no=f"{UNIT}-2021-SJ01", **values) -> Entry:
    told = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
    return Entry("c", no, 0, kind, UNIT, UNIT, received, received, {"values": told, "verdict": verdict})


def chain(*entries: Entry) -> Incident:
    return extended(None, entries)


# --- the chain --------------------------------------------------------------------------------------------------------


def test_a_chain_is_whole_until_one_entry_is_changed_or_taken_out():
    """治安管理处罚法 60: the moments of discovery and report are evidence."""
    whole = chain(make_entry(place="操场"), make_entry("follow", place="教室"), make_entry("final", place="教室"))
    assert whole.is_intact
    first, second, third = whole.entries
    for forged in (
        replace(second, at=second.at - timedelta(hours=5)),
        replace(second, data={**second.data, "values": {"place": "食堂"}}),
    ):
        assert not Incident((first, forged, third)).is_intact
    assert not Incident((first, third)).is_intact
    assert not Incident((second, third)).is_intact


def test_a_follow_up_carries_only_what_changed():
    """001-12: the chain knows the rest."""
    known = chain(make_entry(place="操场", severity="情节轻微", grade=["七年级"]))
    assert changed(known, {"severity": "情节较重", "grade": ["七年级"], "change_note": "伤情加重"}) == ["severity"]
    assert extended(known, [make_entry("follow", severity="情节较重")]).values == {
        "place": "操场", "severity": "情节较重", "grade": ["七年级"],
    }  # fmt: skip


def test_reports_are_named_in_their_order():
    whole = chain(make_entry(), make_entry("follow"), make_entry("follow"), make_entry("final"))
    assert [step_title(whole, each) for each in whole.entries] == ["首报", "续报1", "续报2", "终报"]


def test_numbers_are_given_once_and_start_anew_each_year():
    known = [chain(make_entry(no=f"{UNIT}-2021-SJ01")), chain(make_entry(no=f"{UNIT}-2021-SJ07"))]
    assert next_number(UNIT, 2021, known) == f"{UNIT}-2021-SJ08"
    assert next_number(UNIT, 2022, known) == f"{UNIT}-2022-SJ01"


NO1, NO2 = f"{UNIT}-2021-SJ01", f"{UNIT}-2021-SJ02"
OPEN1 = chain(make_entry(no=NO1, found_at=at(3, 10)))
OPEN2 = chain(make_entry(no=NO2, found_at=at(3, 12)))
CLOSED1 = chain(make_entry(no=NO1, found_at=at(3, 10)), make_entry("final", no=NO1))
FAULTY1 = chain(make_entry(no=NO1, verdict="returned"))


@pytest.mark.parametrize(
    ("values", "known", "expected", "rule"),
    [
        ({"report_kind": "首报", "found_at": at(3, 11).isoformat()}, [OPEN1], None, ""),  # another incident
        ({"report_kind": "首报", "found_at": at(3, 10).isoformat()}, [OPEN1], NO1, ""),  # the same, sent again
        ({"report_kind": "首报", "found_at": at(3, 11).isoformat()}, [FAULTY1], NO1, ""),  # the mended report
        ({"report_kind": "续报", "incident_no": f" {NO1.lower()} "}, [OPEN1, OPEN2], NO1, ""),
        ({"report_kind": "续报"}, [OPEN1], NO1, "IC-002"),  # the only open one
        ({"report_kind": "续报"}, [CLOSED1, OPEN2], NO2, "IC-002"),
        ({"report_kind": "续报"}, [OPEN1, OPEN2], None, "IC-001"),  # nobody can tell
        ({"report_kind": "续报", "incident_no": "9999"}, [], None, "IC-001"),
        ({"report_kind": "终报", "incident_no": NO1}, [CLOSED1], NO1, ""),
    ],
)
def test_a_report_finds_its_chain_or_says_that_it_cannot(values, known, expected, rule):
    joined = join(values, UNIT, known)
    assert (joined.incident.incident_no if joined.incident else None, joined.rule) == (expected, rule)


def test_another_units_number_opens_no_door():
    assert join({"report_kind": "续报", "incident_no": NO1}, "2121000002", [OPEN1]).rule == "IC-001"


def test_an_incident_ends_only_when_the_inquiry_has_its_decision():
    """004-B30."""
    opened = chain(make_entry(severity="情节轻微", judgement="疑似欺凌", inquiry_opened_at=at(3, 11)))
    assert lacking_at_the_end(opened, {"outcome": ["批评教育"]}) == ["decided_at"]
    assert lacking_at_the_end(opened, {"outcome": ["批评教育"], "decided_at": at(3, 15).isoformat()}) == []
    quarrel = chain(make_entry(severity="不属欺凌的打闹或纠纷", judgement="玩笑打闹或一般纠纷"))
    assert lacking_at_the_end(quarrel, {}) == []


# --- routes -----------------------------------------------------------------------------------------------------------


def told(campaign, **values) -> list[str]:
    return [each.unit for each in routing(campaign, values, UNIT, ANCESTORS).routes]


@pytest.mark.parametrize(
    ("severity", "attention", "expected"),
    [
        ("情节轻微", "无", ["210102"]),
        ("情节较重", "本地", ["210102"]),
        ("情节严重或屡教不改", "无", ["210102", "210100"]),
        ("涉嫌违法犯罪", "无", ["210102", "210100"]),
        ("情节轻微", "广泛", ["210102", "210100", "210000"]),
    ],
)
def test_severity_and_public_attention_decide_who_is_told(liaoning, severity, attention, expected):
    """004-A6, 004-B32."""
    assert told(liaoning, severity=severity, attention=attention) == expected


def test_what_must_go_beyond_the_tree_is_passed_on_by_its_top(liaoning):
    """004-A6: widely known cases reach the ministry, which is no unit of a province's campaign."""
    routes = routing(liaoning, {"severity": "情节轻微", "attention": "广泛"}, UNIT, ANCESTORS).routes
    assert [each.pass_on for each in routes] == [(), (), ("教育部业务主管部门",)]


def test_the_police_are_called_where_the_campaign_says_so(liaoning):
    """004-B32: a deed of the school, recorded."""
    assert routing(liaoning, {"severity": "情节较重"}, UNIT, ANCESTORS).acts == set()
    assert routing(liaoning, {"severity": "涉嫌违法犯罪"}, UNIT, ANCESTORS).acts == {"police"}


def test_a_finished_review_is_filed_with_the_city(liaoning):
    """004-B46."""
    found = routing(liaoning, {"severity": "情节轻微", "reviewed_at": "2021-04-01T10:00:00+08:00"}, UNIT, ANCESTORS)
    assert (found.acts, found.filed_with) == ({"filing"}, "210100")


def test_helan_ends_at_the_county():
    """001-10, 001-11: the county's own text names nobody above it, however loud the public is."""
    helan = load_campaign(CONFIG, "helan-2024")
    county = [CampaignUnit("640122", "贺兰县教育体育局", "county", None)]
    for severity, attention, acts in (("情节轻微", "广泛", set()), ("情节恶劣、造成明显伤害", "无", {"police"})):
        found = routing(helan, {"severity": severity, "attention": attention}, UNIT, county)
        assert ([(each.unit, each.pass_on) for each in found.routes], found.acts) == ([("640122", ())], acts)


def test_a_school_directly_under_the_city_is_told_of_there(liaoning):
    found = routing(liaoning, {"severity": "情节轻微", "attention": "无"}, UNIT, ANCESTORS[1:])
    assert [each.unit for each in found.routes] == ["210100"]


@pytest.mark.parametrize("name", sorted(path.stem for path in (CONFIG / "campaigns").glob("*.yaml")))
def test_every_campaigns_scale_reaches_the_national_code(name):
    """domain.md 3.3: three, four or five steps, one code; the form offers the campaign's own words."""
    campaign = load_campaign(CONFIG, name)
    if campaign.incident_form is None:
        return
    titles = next(fact.choices for fact in fitted(FORM, campaign).facts if fact.key == "severity")
    codes = [severity_code(campaign, {"severity": title}) for title in titles]
    assert codes == sorted(tier.code for tier in campaign.severity)
    assert faults(campaign, fitted(FORM, campaign)) == []


def test_a_line_or_a_clock_that_names_what_nobody_asks_is_a_fault(liaoning):
    line = ReportingLine(case="某情形", to=("县",), when="colour == '红'", notify=("county",))
    clock = IncidentClock(clock="odd", title="某时限", starts=("lunch_at",), stops="decided_at", length=1)
    bent = liaoning.model_copy(update={"reporting_lines": (line,), "incident_clocks": (clock,)})
    assert faults(bent, FORM) == [
        "reporting_lines 某情形: when names no fact 'colour'",
        "incident_clocks odd: no moment 'lunch_at'",
    ]


# --- clocks -----------------------------------------------------------------------------------------------------------


def states(campaign, calendar, *entries: Entry):
    return {each.clock.clock: each for each in clock_states(campaign, chain(*entries), calendar)}


def with_clock(campaign, **changes):
    """The province's own way of counting the inquiry's days."""
    clocks = [each.model_copy(update=changes) if each.clock == "inquiry" else each for each in campaign.incident_clocks]
    return campaign.model_copy(update={"incident_clocks": tuple(clocks)})


def test_ten_days_end_at_midnight_of_the_tenth(liaoning, calendar):
    """004-B30: opened on the 10th, decided by the end of the 20th; natural days."""
    entry = make_entry(inquiry_opened_at=at(3, 10, 14))
    assert states(liaoning, calendar, entry)["inquiry"].due_at == at(3, 21, 0)


def test_the_start_and_the_length_are_the_provinces_own(liaoning, calendar):
    """Shandong counts from discovery; others count working days."""
    entry = make_entry(found_at=at(3, 8, 9), inquiry_opened_at=at(3, 10, 14))
    from_discovery = with_clock(liaoning, starts=("found_at",), length=7)
    assert states(from_discovery, calendar, entry)["inquiry"].due_at == at(3, 16, 0)
    working = with_clock(liaoning, length=3, unit="working_days")
    friday = make_entry(inquiry_opened_at=at(3, 12, 14))
    assert states(working, calendar, friday)["inquiry"].due_at == at(3, 18, 0)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(3, 17, 8, 59), None),
        (at(3, 17, 9), -3),
        (at(3, 18, 12), -3),
        (at(3, 19, 9), -1),
        (at(3, 20, 23), -1),  # the last day itself is in time
        (at(3, 21, 8), -1),
        (at(3, 21, 9), 1),
        (at(3, 25, 9), 5),  # the earlier ones were slept through: only this one rings
    ],
)
def test_the_alarm_rings_before_and_after_the_tenth_day(liaoning, calendar, moment, expected):
    state = states(liaoning, calendar, make_entry(inquiry_opened_at=at(3, 10, 14)))["inquiry"]
    alarm = alarm_reached(liaoning, state, calendar, moment)
    assert (alarm.at if alarm else None) == expected


def test_no_alarm_rings_once_the_decision_is_told(liaoning, calendar):
    entries = make_entry(inquiry_opened_at=at(3, 10)), make_entry("follow", decided_at=at(3, 15))
    state = states(liaoning, calendar, *entries)["inquiry"]
    assert alarm_reached(liaoning, state, calendar, at(4, 20)) is None
    assert state.late_by(at(4, 20)) == timedelta(0)


def test_a_late_first_report_stays_late(liaoning, calendar):
    """001-12: 不得迟报. The clock starts at the earliest discovery told and stops at our own receipt."""
    first = make_entry(received=at(3, 10, 16, 40), found_at=at(3, 10, 9, 30))
    prettier = make_entry("follow", received=at(3, 11), found_at=at(3, 10, 16))
    earlier = make_entry("follow", received=at(3, 11), found_at=at(3, 9, 16, 40))
    for entries, late in (([first], 310), ([first, prettier], 310), ([first, earlier], 22 * 60)):
        state = states(liaoning, calendar, *entries)["report"]
        assert state.late_by(at(5, 1)) == timedelta(minutes=late)
    assert late_text(list(states(liaoning, calendar, first).values()), at(5, 1)) == "用了7小时10分，超过规定5小时10分"


def test_a_decision_told_again_cannot_be_moved_back(liaoning, calendar):
    entries = (
        make_entry(inquiry_opened_at=at(3, 1)),
        make_entry("follow", decided_at=at(3, 20)),
        make_entry("follow", decided_at=at(3, 5)),
    )
    assert states(liaoning, calendar, *entries)["inquiry"].stopped_at == at(3, 20)


def test_the_county_has_fifteen_days_to_review(liaoning, calendar):
    """004-B45."""
    state = states(liaoning, calendar, make_entry(), make_entry("follow", appealed_at=at(4, 1, 10)))["review"]
    assert state.due_at == at(4, 17, 0)


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "1分"), (40, "40分"), (430, "7小时10分"), (2890, "2天"), (1500, "1天1小时")]
)
def test_lengths_in_words(minutes, text):
    assert length_text(timedelta(minutes=minutes)) == text


def test_local_time_is_the_campaigns(liaoning, calendar):
    """A clock of days ends at midnight in China, wherever the program runs."""
    start = at(3, 10, 23, 30)
    state = states(liaoning, calendar, make_entry(inquiry_opened_at=start))["inquiry"]
    assert state.due_at.astimezone(CHINA) == at(3, 21, 0)
