"""What simulated units mean to report: it keeps every rule of the forms, and is the same for the same seed."""

import random
from dataclasses import replace
from datetime import date

import pytest

from oneledger.domain.expressions import compiled
from oneledger.domain.forms import Form
from oneledger.domain.values import parse
from rehearsal.authoring import Author
from rehearsal.counting import figures_of
from rehearsal.drawing import NoAnswerError, Pen, RecordKind, Scope
from rehearsal.filler import Habit, Meant, typed
from rehearsal.obligations import Definitions
from rehearsal.truth import Occasion, Truth
from tests.rehearsal_world import DUE_ON, WRITTEN_ON, campaign, definitions, forms, make_piece, make_unit, world

STAGES = ("小学", "初中", "九年一贯制", "高中", "完全中学", "十二年一贯制", "中职", "特教", "技工")
CASES = [
    (deliverable.deliverable, level)
    for deliverable in campaign().deliverables
    if deliverable.forms
    for level in deliverable.respondents.levels or ("school",)
]


def _truth(candid_share: float = 0.0) -> Truth:
    return Truth(definitions(), seed=7, candid_share=candid_share)


def _meant(truth: Truth, deliverable: str, level: str, number: int, **changes) -> tuple[Occasion, Meant]:
    phase = campaign().deliverable(deliverable).phase
    stage = STAGES[number % len(STAGES)] if level == "school" else ""
    unit = replace(make_unit(level, f"21210{number:05}"), stage=stage, has_incidents=number % 3 == 0)
    known = ()
    if deliverable == "school-rectify":
        before = Occasion("school-deploy", unit, WRITTEN_ON["deploy"], DUE_ON["deploy"])
        known = truth.meant(before).rows["ledger"]
    occasion = Occasion(deliverable, unit, WRITTEN_ON[phase], DUE_ON[phase], known=known, **changes)
    return occasion, truth.meant(occasion)


def _faults(form: Form, meant: Meant, context: dict, levels: tuple[str, ...]) -> list[str]:
    """Rule ids that do not hold, judged by the pipeline's own reading of conditions and cells."""
    facts, rows = meant.facts.get(form.form, {}), meant.rows.get(form.form, ())
    columns = {column.key for column in form.columns}
    scope = {**context, **facts, "table_rows": len(rows)}
    found = []
    for fields, values in ((form.facts, facts), *((form.columns, row) for row in rows)):
        everything = scope | values
        for field in fields:
            must = field.required if isinstance(field.required, bool) else compiled(field.required).holds(everything)
            value = values.get(field.key)
            if field.locked:
                continue
            if must and value is None:
                found.append(f"{form.rule_of(field)} is blank")
            if value is not None:
                parsed = parse(field, typed(field, value, Habit()))
                if parsed.fault or parsed.value != value:
                    found.append(f"{form.rule_of(field)} {value!r} {parsed}")
    for rule in form.rules:
        check, when = compiled(rule.check), compiled(rule.when) if rule.when else None
        about_rows = columns & (check.names | (when.names if when else set()) | {rule.cell})
        for values in rows if about_rows else (facts,):
            everything = scope | values
            applies = when is None or when.holds(everything)
            if rule.level in levels and applies and check.holds(everything) is False:
                found.append(rule.id)
    return found


def _all_faults(truth: Truth, deliverable: str, level: str, number: int, levels=("error", "query"), **changes):
    occasion, meant = _meant(truth, deliverable, level, number, **changes)
    phase = campaign().deliverable(deliverable).phase
    context = {
        "phase_opens_on": campaign().phase(phase).opens_on,
        "phase_ends_on": campaign().phase(phase).ends_on,
        "rectify_ends_on": campaign().phase("rectify").ends_on,
        "received_on": occasion.today,
        "due_on_unit": occasion.due_on,
        "stage": occasion.unit.stage,
        "level": level,
    }
    forms = definitions().forms_of(deliverable, level)
    return [each for form in forms for each in _faults(form, meant, context, levels)]


@pytest.mark.parametrize(("deliverable", "level"), CASES)
def test_what_a_unit_means_keeps_every_rule_of_its_forms(deliverable, level):
    truth = _truth()
    assert [_all_faults(truth, deliverable, level, number) for number in range(8)] == [[]] * 8


@pytest.mark.parametrize(("deliverable", "level"), CASES)
def test_a_candid_unit_may_be_asked_but_never_breaks_what_must_be_kept(deliverable, level):
    truth = _truth(candid_share=1.0)
    assert [_all_faults(truth, deliverable, level, number, levels=("error",)) for number in range(4)] == [[]] * 4


def test_some_candid_units_tell_an_awkward_truth():
    truth = _truth(candid_share=1.0)
    found = {each for n in range(4) for each in _all_faults(truth, "school-deploy", "school", n)}
    assert "BS-203" in found  # not every pupil was screened


def test_a_zero_report_says_so_and_has_no_rows():
    _, meant = _meant(_truth(), "school-deploy", "school", 5, is_zero=True)
    assert (meant.facts["ledger"], meant.rows.get("ledger")) == ({"zero_flag": "是"}, None)
    assert meant.facts["basics"]["found_total"] == 0
    assert _all_faults(_truth(), "school-deploy", "school", 5, is_zero=True) == []


def test_the_statistics_agree_with_the_schools_own_ledger():
    for number in range(20):
        _, meant = _meant(_truth(), "school-deploy", "school", number)
        rows = meant.rows["ledger"]
        assert meant.facts["basics"]["found_total"] == len(rows)
        assert meant.facts["basics"]["found_duty"] == sum(row["aspect7"] == "责任落实" for row in rows)
        assert meant.facts["basics"]["cases"] == sum(row["severity"] is not None for row in rows)


def test_the_same_seed_means_the_same_and_another_means_another():
    assert _meant(_truth(), "school-deploy", "school", 3)[1] == _meant(_truth(), "school-deploy", "school", 3)[1]
    other = Truth(definitions(), seed=8, candid_share=0.0)
    assert _meant(_truth(), "school-deploy", "school", 3)[1] != _meant(other, "school-deploy", "school", 3)[1]


def test_a_second_variant_is_another_answer():
    one, two = (_meant(_truth(), "school-deploy", "school", 3, variant=variant)[1] for variant in (0, 1))
    assert one.facts["basics"] != two.facts["basics"]


def test_no_row_of_a_ledger_tells_the_same_problem_twice():
    for number in range(25):
        descriptions = [
            row["description"] for row in _meant(_truth(), "school-deploy", "school", number)[1].rows["ledger"]
        ]
        assert len(set(descriptions)) == len(descriptions)


def test_no_text_gives_away_a_pupil_or_a_mobile_phone():
    """Names of pupils are not written at all; those of staff stand in personal fields only."""
    personal = {fact.key for fact in definitions().forms_of("school-deploy", "school")[0].facts if fact.personal}
    _, meant = _meant(_truth(), "school-deploy", "school", 2)
    assert personal <= meant.facts["cover"].keys()
    texts = [str(value) for rows in meant.rows.values() for row in rows for value in row.values()]
    assert not any("学生甲" in text or "1390" in text for text in texts)


def test_figures_are_keyed_as_roll_ups_are():
    """Two choices in a cell count once each, a blank one under 未填, a sum is there even where it is 0."""
    ledger = definitions().forms_of("school-deploy", "school")[1]
    rows = [
        {"aspect7": "工作机制", "risk": "一般", "item_type": "工作短板", "place": None, "fix_mode": "限期整改"},
        {"aspect7": "工作机制", "risk": "重大", "item_type": "隐患点", "place": "厕所", "fix_mode": "限期整改"},
    ]
    figures = figures_of([ledger], Meant({"ledger": {"zero_flag": "否"}}, {"ledger": rows}))
    assert figures == {
        "ledger.zero_flag=否": 1, "ledger.rows": 2, "ledger.n_pupils": 0,
        "ledger.rows[aspect7=工作机制]": 2, "ledger.rows[risk=一般]": 1, "ledger.rows[risk=重大]": 1,
        "ledger.rows[item_type=工作短板]": 1, "ledger.rows[item_type=隐患点]": 1,
        "ledger.rows[place=未填]": 1, "ledger.rows[place=厕所]": 1, "ledger.rows[fix_mode=限期整改]": 2,
        "ledger.rows[aspect7=工作机制,risk=一般]": 1, "ledger.rows[aspect7=工作机制,risk=重大]": 1,
    }  # fmt: skip


def test_the_rehearsals_own_count_agrees_with_the_pipelines(tmp_path):
    from oneledger.domain.figures import figures_of as pipelines
    from oneledger.domain.returns import Ledger, LedgerRow

    author = Author(definitions(), 7, tmp_path, 0.0)
    for deliverable, level in CASES:
        piece = make_piece(deliverable, make_unit(level))
        meant, theirs = author.meant(piece), {}
        for form in author.forms_of(piece)[1:]:
            rows = [LedgerRow(n, dict(row)) for n, row in enumerate(meant.rows.get(form.form, ()))]
            theirs |= pipelines(form, Ledger(form.form, 1, form.sheet, dict(meant.facts[form.form]), rows))
        assert author.figures(piece) == theirs


def test_a_form_that_contradicts_itself_is_told_not_answered():
    form = definitions().forms_of("lookback", "school")[1]
    impossible = [rule.model_copy(update={"when": None, "check": "meetings < 0"}) for rule in form.rules[:1]]
    kind = RecordKind(form.facts, impossible)
    scope = Scope(WRITTEN_ON["inspect"], WRITTEN_ON["inspect"])
    with pytest.raises(NoAnswerError, match=impossible[0].id):
        Pen(kind, scope, random.Random(1)).record()


def test_every_unit_of_a_province_can_answer_everything_it_owes():
    from rehearsal.obligations import owings

    place, truth = world(40, seed=5), _truth()
    owed = [each for phase in campaign().phases for each in owings(place, phase.phase, set())]
    nobody_yet = {each.deliverable for each in campaign().deliverables if each.respondents.with_open_problems}
    assert {each.deliverable for each in owed} == {each.deliverable for each in campaign().deliverables} - nobody_yet
    for owing in owed[::7]:
        if not owing.is_document:
            occasion = Occasion(
                owing.deliverable, place.units[owing.unit], WRITTEN_ON[owing.phase], owing.due_at.date()
            )
            assert truth.meant(occasion).facts["cover"]["filler"]


def test_a_form_of_a_name_we_know_may_ask_other_things():
    """Issue 3, done when 3: a campaign's own ledger has its own columns and choices; all its rules are kept."""
    ledger = next(form for form in forms().values() if form.form == "ledger")
    kept = [column for column in ledger.columns if column.key in ("seq", "description", "risk", "due_on")]
    columns = [
        column.model_copy(update={"choices": ("甲", "乙")} if column.key == "risk" else {"required": True})
        for column in kept
    ]
    table = ledger.table.model_copy(update={"columns": tuple(columns)})
    own = ledger.model_copy(update={"table": table, "rules": ()})
    changed = {reference: own if form is ledger else form for reference, form in forms().items()}
    campaign_ = campaign()
    deliverable = next(each for each in campaign_.deliverables if each.deliverable == "school-deploy")
    alone = campaign_.model_copy(update={"deliverables": (deliverable.model_copy(update={"forms": ("ledger-v1",)}),)})
    truth = Truth(Definitions(alone, changed), seed=3)
    occasion = Occasion("school-deploy", make_unit(), date(2021, 3, 10), date(2021, 3, 15))
    rows = truth.meant(occasion).rows["ledger"]
    assert rows
    assert {row["risk"] for row in rows} <= {"甲", "乙"}
    assert all(isinstance(row["due_on"], date) for row in rows)
