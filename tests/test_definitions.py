"""What config/ says, held against the documents it comes from. Ids such as 004-C2 name their requirements."""

import re
from collections import Counter
from datetime import date, time
from itertools import chain
from pathlib import Path

import pytest

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign, Office, open_dates
from oneledger.domain.expressions import FUNCTIONS, compiled
from oneledger.domain.forms import CONTEXT, RETURNED, Field, FieldRollup, FieldType, Form, Rows, asked_of
from oneledger.domain.launch_plan import owed
from oneledger.domain.schedule import answering_levels, due_day
from oneledger.domain.work_calendar import CalendarYear, WorkCalendar
from oneledger.settings import load_campaign, load_form, read_yaml

CONFIG = Path(__file__).parents[1] / "config"
FORMS = {path.stem: load_form(CONFIG, path.stem) for path in sorted((CONFIG / "forms").glob("*.yaml"))}
CAMPAIGNS = {path.stem: load_campaign(CONFIG, path.stem) for path in sorted((CONFIG / "campaigns").glob("*.yaml"))}
LIAONING = CAMPAIGNS["liaoning-2021"]
CALENDAR = WorkCalendar(
    CalendarYear.model_validate_json(path.read_bytes()) for path in (CONFIG / "calendar").glob("*.json")
)
LEVELS = ("school", "county", "city", "province")

every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
every_campaign = pytest.mark.parametrize("campaign", CAMPAIGNS.values(), ids=CAMPAIGNS)


def fields_of(form: Form) -> tuple[Field, ...]:
    return (*form.facts, *form.columns)


def read_by(*conditions: str | bool | None) -> set[str]:
    return set(chain.from_iterable(compiled(text).names for text in conditions if isinstance(text, str)))


# --- the 50 measures (004-B) ---------------------------------------------------------------------------------------

P, C, K, S = "province", "city", "county", "school"
RESPONSIBLE = {
    (P, C, K): {2, 3, 4},
    (P, C, K, S): {1, 5, 6, 7, *range(23, 30), *range(31, 34), *range(47, 51)},
    (C, K, S): {10, 37, 38, *range(39, 45), 46},
    (K, S): {36, 45},
    (S,): {8, 9, *range(11, 23), 30, 34, 35},
}


def measures():
    table = FORMS["selfcheck-v1"].table
    assert table is not None
    return table.items


def test_the_policy_list_has_50_measures_under_three_heads():
    assert [item.no for item in measures()] == list(range(1, 51))
    assert [item.values["no"] for item in measures()] == list(range(1, 51))
    heads = Counter(item.values["category"] for item in measures())
    assert heads == {"有效预防": 29, "妥善处置": 17, "健全机制": 4}
    assert len({item.values["group"] for item in measures()}) == 16


def test_each_measure_is_answered_by_the_bodies_that_the_list_names():
    found: dict[tuple[str, ...], set[int]] = {}
    for item in measures():
        found.setdefault(item.levels, set()).add(item.no)
    assert found == RESPONSIBLE
    assert [len(numbers) for numbers in RESPONSIBLE.values()] == [3, 18, 10, 2, 17]


@pytest.mark.parametrize(("level", "rows"), [(S, 47), (K, 33), (C, 31), (P, 21)])
def test_each_level_checks_itself_against_its_own_measures(level, rows):
    table = asked_of(FORMS["selfcheck-v1"], level).table
    assert table is not None
    assert len(table.items) == rows


def test_titles_of_measures_are_short_and_none_is_given_twice():
    titles = [item.values["title"] for item in measures()]
    assert len(set(titles)) == 50
    assert max(map(len, titles)) <= 40


def test_the_inspection_cites_every_measure_that_schools_check_and_its_points_sum_to_100():
    """004-B: one list, two views."""
    table = FORMS["inspection-v1"].table
    assert table is not None
    assert sum(item.values["points"] for item in table.items) == 100
    cited = {int(number) for item in table.items for number in item.values["measure_no"].split("、")}
    asked = asked_of(FORMS["selfcheck-v1"], "school").table
    assert cited - {4} == {item.no for item in asked.items}  # 4 is asked of bureaus; schools are inspected on it


# --- the task list (004-C1 … 004-C10) ------------------------------------------------------------------------------


def march(day: int) -> date:
    return date(2021, 3, day)


def june(day: int) -> date:
    return date(2021, 6, day)


@pytest.mark.parametrize(
    ("number", "phase", "done_by", "report_by", "actors"),
    [
        (1, "deploy", march(10), march(10), ["city"]),
        (2, "deploy", march(15), march(20), ["city", "county", "school"]),
        (3, "deploy", march(15), None, ["school"]),
        (4, "rectify", june(15), june(20), ["school"]),
        (5, "rectify", june(15), june(20), ["school"]),
        (6, "rectify", june(15), june(20), ["school", "county"]),
        (7, "rectify", june(15), june(20), ["city", "county", "school"]),
        (8, "rectify", june(15), june(20), ["city", "county"]),
        (9, "inspect", date(2021, 7, 10), date(2021, 7, 15), ["市政府教育督导委员会办公室"]),
        (10, "inspect", None, None, ["省政府教育督导委员会办公室"]),
    ],
)
def test_the_ten_duties_of_liaoning_and_their_dates(number, phase, done_by, report_by, actors):
    duty = LIAONING.duty(number)
    assert (duty.phase, duty.done_by, duty.report_by, list(duty.actors)) == (phase, done_by, report_by, actors)
    assert duty.source == f"004-C{number}"


def test_liaoning_has_ten_duties_and_each_names_the_office_that_receives_it():
    assert [duty.duty for duty in LIAONING.duties] == list(range(1, 11))
    assert [duty.office and duty.office.name for duty in LIAONING.duties] == [
        *["省教育厅学校安全管理处"] * 8,
        *["省政府教育督导委员会办公室"] * 2,
    ]


def test_the_phases_end_with_the_months_of_the_ministry():
    assert [(phase.title, phase.ends_on) for phase in LIAONING.phases] == [
        ("部署摸底", date(2021, 3, 31)),  # 004-A11
        ("集中整治", date(2021, 6, 30)),  # 004-A12
        ("督导检查", date(2021, 7, 31)),  # 004-A13
    ]


@pytest.mark.parametrize(
    ("number", "city", "county", "school"),
    [
        (2, march(19), march(17), march(15)),  # 03-20 is a Saturday
        (4, june(18), june(16), june(11)),  # 06-20 is a Sunday, 12-14 June the Dragon Boat holiday
        (9, date(2021, 7, 15), date(2021, 7, 13), date(2021, 7, 9)),
    ],
)
def test_lower_levels_are_due_earlier_and_never_on_a_rest_day(number, city, county, school):
    duty = LIAONING.duty(number)
    assert duty.report_by is not None
    top = CALENDAR.move_off_rest_day(duty.report_by, duty.rest_day)
    lead = LIAONING.lead_days
    due = [CALENDAR.add_working_days(top, -lead[level]) for level in ("city", "county", "school")]
    assert due == [city, county, school]


def test_a_school_answers_with_one_workbook_a_phase_whose_sheets_are_the_forms():
    asked = {each.deliverable: each.forms for each in LIAONING.deliverables if each.respondents.levels == ("school",)}
    assert asked == {
        "school-deploy": ("ledger-v1", "basics-v1", "selfcheck-v1"),
        "school-rectify": ("rectify-v1",),
        "lookback": ("summary-v1",),
    }


def test_an_incident_report_asks_what_the_papers_demand():
    """001-12, 004-A6: time, place, cause, course, people concerned, what was done; a follow-up only what changed."""
    form = FORMS["incident-v1"]
    first = {fact.key for fact in form.facts if fact.required in (True, "report_kind == '首报'")}
    assert {"occurred_at", "place", "cause", "course", "n_doers", "n_victims", "steps_taken"} <= first
    assert [fact.key for fact in form.facts if fact.required is True] == ["report_kind"]


def test_the_severity_scale_is_the_one_that_the_ledger_offers():
    severity = next(column for column in FORMS["ledger-v1"].columns if column.key == "severity")
    assert severity.choices == tuple(tier.title for tier in LIAONING.severity)
    assert [tier.code for tier in LIAONING.severity] == [0, 1, 2, 3, 4]


def test_reminders_follow_the_ladder_and_the_late_are_named_half_an_hour_after_the_last():
    assert [(rung.rung, rung.days) for rung in LIAONING.reminders.rungs] == [
        ("T-3", -3),
        ("T-1", -1),
        ("T", 0),
        ("T+1", 1),
    ]
    assert [(rung.days, rung.at) for rung in LIAONING.reminders.digests] == [(1, time(9, 30))]


# --- Helan 2024 (001) and Baicheng 2018 (002) -----------------------------------------------------------------------

HELAN, BAICHENG = CAMPAIGNS["helan-2024"], CAMPAIGNS["baicheng-2018"]


def due_days(campaign: Campaign, level: str) -> list[date]:
    days = {
        due_day(campaign, each, level, CALENDAR) for each in campaign.deliverables if level in answering_levels(each)
    }
    return sorted(days)


def test_helans_schools_are_due_on_the_three_days_the_document_names():
    """001-20, 001-21, 001-22: 06-30 is a Sunday, so the Friday before counts."""
    assert [duty.report_by for duty in HELAN.duties][::2] == [date(2024, 4, 15), date(2024, 6, 30), date(2024, 7, 31)]
    assert due_days(HELAN, "school") == [date(2024, 4, 15), date(2024, 6, 28), date(2024, 7, 31)]
    assert [(phase.title, phase.kind) for phase in HELAN.phases][2] == ("深化提高", "inspect")  # 001-22


def test_helans_articles_go_to_the_office_inside_the_bureau():
    """001-22."""
    articles = HELAN.deliverable("articles")
    assert (articles.kind, articles.respondents.levels) == ("document", ("school",))
    assert HELAN.duty(articles.duty).office == Office(name="贺兰县教育体育局综合办")


def test_helans_scale_has_five_steps_and_its_line_ends_at_the_county():
    """001-6, 001-10, 001-11."""
    assert [tier.code for tier in HELAN.severity] == [0, 1, 2, 3, 4]
    assert {to for line in HELAN.reporting_lines for to in line.to} == {"学校", "双方家长", "县教体局", "公安机关"}


def test_baicheng_collects_three_kinds_of_document_on_one_day():
    """002-16: plan, summary and pictures by 09-25, two working days after 09-20."""
    asked = [each.deliverable for each in BAICHENG.deliverables if each.duty == 4]
    assert asked == ["plan", "summary", "pictures"]
    due = {
        due_day(BAICHENG, BAICHENG.deliverable(name), level, CALENDAR)
        for name in asked
        for level in ("county", "school")
    }
    assert due == {date(2018, 9, 25)}
    assert CALENDAR.working_days_between(date(2018, 9, 20), date(2018, 9, 25)) == 2


def test_baichengs_stages_end_on_the_days_the_document_names():
    """002-5, 002-6, 002-7."""
    assert [phase.ends_on for phase in BAICHENG.phases] == [date(2018, 7, 15), date(2018, 8, 30), date(2018, 9, 20)]


def test_county_bureaus_and_schools_directly_under_the_city_stand_side_by_side():
    """002-1: two groups of recipients at one level; a county's school is not among them."""
    units = {
        "220800": CampaignUnit("220800", "市", "city", "220000"),
        "220802": CampaignUnit("220802", "区", "county", "220800"),
        "s1": CampaignUnit("s1", "直属校", "school", "220800"),
        "s2": CampaignUnit("s2", "区校", "school", "220802"),
    }
    asked = {each.deliverable: [who.unit for who in owed(each, units, {}, None)] for each in BAICHENG.deliverables}
    assert asked["pictures"] == asked["organisation"] == ["220802", "s1"]
    assert asked["school-daily"] == ["s1", "s2"]


def test_the_ten_partners_of_a_county_are_asked_of_counties_only():
    """002-9: seven departments, three organisations."""
    partners = next(fact for fact in FORMS["setup-v1"].facts if fact.key == "partners")
    assert (partners.levels, len(partners.choices)) == (("county",), 10)
    assert "partners" not in {fact.key for fact in asked_of(FORMS["setup-v1"], "school").facts}


# --- the ministry's notice (004-A) and a prefecture's plan (000) ------------------------------------------------------

MOE, PREFECTURE = CAMPAIGNS["moe-2021"], CAMPAIGNS["prefecture-2024"]


def test_provinces_and_the_corps_report_to_the_ministry_at_the_end_of_each_phase():
    """004-A1, A11, A12, A13: 07-31 is a Saturday."""
    assert due_days(MOE, "province") == [date(2021, 3, 31), date(2021, 6, 30), date(2021, 7, 30)]
    assert [each.phase for each in MOE.deliverables if each.respondents.levels == ("province",) and each.forms] == [
        "deploy", "rectify", "inspect",
    ]  # fmt: skip


def test_severity_has_as_many_steps_as_each_paper_says():
    """domain.md 3.3: 000-16 three, 001-6 five of which the first is no bullying, 004-A5 four above it."""
    codes = {name: [tier.code for tier in campaign.severity] for name, campaign in CAMPAIGNS.items()}
    assert codes["prefecture-2024"] == [1, 2, 4]
    assert codes["helan-2024"] == codes["moe-2021"] == [0, 1, 2, 3, 4]


def test_the_prefecture_looks_after_bullying_and_violence_in_three_tiers_of_units():
    """000-2, 000-4, 000-26."""
    assert PREFECTURE.topics == ("bullying", "violence")
    assert list(PREFECTURE.lead_days) == ["city", "county", "school"]
    assert PREFECTURE.deliverable("lookback").respondents.with_earlier_incidents


@every_campaign
def test_what_a_campaign_asks_for_can_be_asked(campaign: Campaign):
    assert {reference for each in campaign.deliverables for reference in each.forms} <= set(FORMS)
    assert [each.deliverable for each in campaign.deliverables if campaign.duty(each.duty).phase != each.phase] == []


def test_liaoning_leaves_no_date_open():
    assert open_dates(LIAONING) == []


# --- every form -----------------------------------------------------------------------------------------------------


def test_every_id_is_given_once_across_all_forms():
    prefixes = Counter(form.prefix for form in FORMS.values())
    assert [prefix for prefix, times in prefixes.items() if times > 1] == []
    ids = Counter(
        chain.from_iterable(
            [*map(form.rule_of, fields_of(form)), *(rule.id for rule in form.rules)] for form in FORMS.values()
        )
    )
    assert [rule for rule, times in ids.items() if times > 1] == []


@every_form
def test_every_rule_says_in_chinese_what_is_wrong_and_how_to_mend_it(form):
    spoken = re.compile(r"[\u4e00-\u9fff，、；。“”：（）0-9—]{10,80}。")
    assert [rule.id for rule in form.rules if not spoken.fullmatch(rule.message)] == []


@every_form
def test_a_rule_reads_the_facts_or_one_row_but_never_both(form):
    facts, columns = {fact.key for fact in form.facts}, {column.key for column in form.columns}
    astray = [
        rule.id
        for rule in form.rules
        if not any(read_by(rule.check, rule.when) | {rule.cell} <= kind | CONTEXT for kind in (facts, columns))
    ]
    assert astray == []
    for fields in (form.facts, form.columns):
        own = {field.key for field in fields} | CONTEXT
        assert [field.key for field in fields if not read_by(field.required) <= own] == []


@pytest.mark.parametrize("level", LEVELS)
@every_form
def test_whoever_is_asked_a_field_is_asked_what_its_condition_reads(form, level):
    asked = {field.key for field in fields_of(asked_of(form, level))} | CONTEXT
    asking = [field for field in fields_of(asked_of(form, level)) if not read_by(field.required) <= asked]
    assert [field.key for field in asking] == []


@every_form
def test_no_key_hides_a_function_or_a_value_of_the_context(form):
    assert {field.key for field in fields_of(form)} & (set(FUNCTIONS) | CONTEXT) == set()


def bare(title: str) -> str:
    return re.sub(r"（[^（）]*）", "", title)


@pytest.mark.parametrize("level", LEVELS)
@every_form
def test_headings_can_be_told_apart(form, level):
    sheet = asked_of(form, level)
    for fields in (sheet.facts, sheet.columns):
        names = Counter(chain.from_iterable({bare(name) for name in (field.title, *field.aliases)} for field in fields))
        assert [name for name, times in names.items() if times > 1] == []


KNOWN_AT_LAUNCH = {
    "campaign.title", "phase.title", "phase.period", "unit.code", "unit.name", "unit.due_text", "parent.name",
    "about.name", "about.code", "respondent.name", "problem.problem_no", "selfcheck.conclusion", "incident.no",
    "sample.joint_bodies",
}  # fmt: skip


@every_form
def test_what_is_printed_for_a_unit_is_known_when_it_is_printed(form):
    of_problems = {f"problem.{column.key}" for column in FORMS["ledger-v1"].columns}
    printed = {field.prefill for field in fields_of(form) if field.prefill}
    assert printed - KNOWN_AT_LAUNCH - of_problems - {RETURNED} == set()
    assert [column.key for column in form.columns if column.prefill == RETURNED] == []  # only facts are told again
    rows_are_ours = form.table is not None and form.table.rows == Rows.FIXED
    unfilled = [field.key for field in fields_of(form) if field.locked and not field.prefill]
    ours = [column.key for column in form.columns if column.locked and not column.prefill]
    assert unfilled == (ours if rows_are_ours else [])


@every_form
def test_texts_fit_a_cell(form):
    fields = fields_of(form)
    assert [field.key for field in fields if len(field.title) > 20] == []
    assert [field.key for field in fields if len(field.help) > 40] == []
    assert [field.key for field in fields if any(len(choice) > 16 for choice in field.choices)] == []
    assert [note for note in form.notes if len(note) > 60] == []
    assert [field.key for field in fields if (field.max_len or 0) > 2000] == []


@every_form
def test_free_text_has_a_limit(form):
    free = [field for field in fields_of(form) if field.type == FieldType.TEXT and not field.locked]
    assert [field.key for field in free if field.max_len is None] == []


@every_form
def test_numbers_have_bounds_and_counts_are_never_negative(form):
    numbers = [
        field for field in fields_of(form) if field.type in (FieldType.INT, FieldType.NUMBER) and not field.locked
    ]
    assert [field.key for field in numbers if field.min is None or field.min < 0] == []
    assert [field.key for field in numbers if field.max is None and field.key != "seq"] == []


COUNTED = {FieldType.CHOICE, FieldType.YESNO}
SUMMED = {FieldType.INT, FieldType.NUMBER}


@every_form
def test_facts_go_up_as_their_type_allows(form):
    wrong = [
        fact.key
        for fact in form.facts
        if (fact.rollup == FieldRollup.SUM and fact.type not in SUMMED)
        or (fact.rollup == FieldRollup.COUNT and fact.type not in COUNTED)
    ]
    assert wrong == []


@every_form
def test_every_figure_that_is_asked_goes_up(form):
    """But for reports of incidents: the basic table asks for their number, and nothing is counted twice."""
    if form.role == "incident":
        assert [fact.key for fact in form.facts if fact.rollup != FieldRollup.NONE] == []
        return
    added_from_rows = {form.scoring.total} if form.scoring else set()
    kept = {fact.key for fact in form.facts if fact.type in COUNTED | SUMMED and fact.rollup == FieldRollup.NONE}
    assert kept == added_from_rows


@every_form
def test_no_name_goes_up(form):
    named = {field.key for field in fields_of(form) if field.personal}
    assert {fact.key for fact in form.facts if fact.rollup != FieldRollup.NONE} & named == set()
    rollup = form.table.rollup if form.table else None
    assert set(chain.from_iterable(rollup.count_by if rollup else ())) & named == set()


@every_form
def test_rows_are_counted_by_choices_and_summed_over_numbers(form):
    if form.table is None:
        return
    types = {column.key: column.type for column in form.columns}
    printed = {column.key for column in form.columns if column.locked}
    counted = set(chain.from_iterable(form.table.rollup.count_by))
    assert [key for key in counted if types[key] not in COUNTED and key not in printed] == []
    assert [key for key in form.table.rollup.sum if types[key] not in SUMMED] == []


@every_form
def test_printed_rows_fill_every_locked_column(form):
    if form.table is None or form.table.rows != Rows.FIXED:
        return
    reckoned = {form.agreement.column} if form.agreement else set()
    locked = [column.key for column in form.columns if column.locked and not column.prefill]
    locked = [key for key in locked if key not in reckoned]
    assert [item.no for item in form.table.items if list(item.values) != locked] == []


def test_only_names_of_people_are_kept_back():
    named = {name: {field.key for field in fields_of(form) if field.personal} for name, form in FORMS.items()}
    assert {name: keys for name, keys in named.items() if keys} == {
        "cover-v1": {"filler", "phone", "auditor", "head"},
        "basics-v1": {"bureau_head", "bureau_contact"},
        "inspection-v1": {"members", "about_head"},
        "setup-v1": {"first_head", "line_head", "liaison"},
    }


# --- what each level is asked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "most"), [("school", 60), ("county", 35), ("city", 35), ("province", 30)])
def test_the_basic_table_asks_a_level_only_so_much(level, most):
    assert len(asked_of(FORMS["basics-v1"], level).facts) <= most


def test_no_fact_of_the_basic_table_is_counted_from_schools_and_bureaus_alike():
    mixed = [fact.key for fact in FORMS["basics-v1"].facts if "school" in fact.levels and len(fact.levels) > 1]
    assert mixed == []
    assert [fact.key for fact in FORMS["basics-v1"].facts if not fact.levels] == []


def test_rules_about_what_a_level_is_not_asked_are_left_out():
    schools = {rule.id for rule in asked_of(FORMS["basics-v1"], "school").rules}
    counties = {rule.id for rule in asked_of(FORMS["basics-v1"], "county").rules}
    assert "BS-205" in schools - counties  # the seven aspects
    assert "BS-221" in counties - schools  # schools checked
    assert schools & counties == set()


def test_the_ledger_demands_the_four_things_that_make_a_problem():
    always = {column.title for column in FORMS["ledger-v1"].columns if column.required is True}
    assert {"问题表现", "整改措施", "责任人（职务）", "整改时限"} <= always  # 000-17


# --- sources ------------------------------------------------------------------------------------------------------------

REQUIREMENTS = {
    "004-B",
    *(f"000-{n}" for n in range(1, 30)),
    *(f"001-{n}" for n in range(1, 28)),
    *(f"002-{n}" for n in range(1, 18)),
    *(f"003-{n}" for n in range(1, 14)),
    *(f"004-A{n}" for n in range(1, 16)),
    *(f"004-B{n}" for n in range(1, 51)),
    *(f"004-C{n}" for n in range(1, 11)),
}


def sources(data: object) -> list[str]:
    if isinstance(data, list):
        return list(chain.from_iterable(map(sources, data)))
    if not isinstance(data, dict):
        return []
    own = [data["source"]] if "source" in data else []
    return own + list(chain.from_iterable(map(sources, data.values())))


DEFINITIONS = sorted([*(CONFIG / "forms").glob("*.yaml"), *(CONFIG / "campaigns").glob("*.yaml")])


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_every_source_is_a_requirement_that_exists(path):
    data, _ = read_yaml(path)
    cited = set(chain.from_iterable(text.split(", ") for text in sources(data)))
    assert cited - REQUIREMENTS == set()


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_no_definition_holds_a_mobile_number_or_an_address(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)|\d{3,4}-\d{7,8}|[\w.]+@[\w.]+", text) == []
