"""Every rule has an id, a Chinese sentence and a test; no refusal without a finding (issue 3 of 6, D)."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from oneledger.domain.document_rules import DOCUMENT
from oneledger.domain.findings import is_acceptable
from oneledger.domain.forms import FieldType
from oneledger.domain.returns import Review, SheetCells, WorkbookCells, WorkbookMarks
from oneledger.domain.review import review
from oneledger.domain.rules import STRUCTURAL
from oneledger.domain.values import parse
from tests.make_returns import FORMS, LEDGER, make_cells, make_context
from tests.test_definitions import FORMS as OURS
from tests.test_form_rules import BREAKS

HANZI = re.compile(r"[\u4e00-\u9fff].*[。？]$", re.DOTALL)
TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))


def test_every_rule_of_files_sheets_rows_and_documents_has_a_chinese_sentence_and_is_named_by_a_test():
    told = {rule: each.sentence for rule, each in (*STRUCTURAL.items(), *DOCUMENT.items())}
    assert [rule for rule, sentence in told.items() if not HANZI.search(sentence)] == []
    assert [rule for rule in told if rule not in TESTS] == []


def test_every_cross_rule_of_a_form_has_a_chinese_sentence_and_a_test():
    rules = {rule.id: rule.message for form in OURS.values() for rule in form.rules}
    assert [rule for rule, message in rules.items() if not HANZI.search(message)] == []
    assert set(rules) - set(BREAKS) == set()


def test_every_check_of_a_field_says_in_chinese_what_is_wrong():
    bad = ["？？x", 1e12, "长" * 5000, "短", "2021.13.5"]
    checked = [(form, each) for form in OURS.values() for each in (*form.facts, *form.columns) if not each.locked]
    checked = [(form, each) for form, each in checked if each.type is not FieldType.TEXT or each.max_len]
    faults = {form.rule_of(each): [parse(each, raw).fault for raw in bad] for form, each in checked}
    assert [rule for rule, told in faults.items() if not any(told)] == []
    assert [
        rule for rule, told in faults.items() for each in told if each and not re.search(r"[\u4e00-\u9fff]", each)
    ] == []


def test_a_rule_id_belongs_to_one_form_and_to_no_structural_rule():
    owners: dict[str, set[str]] = {}
    for form in OURS.values():
        for rule in (*map(form.rule_of, (*form.facts, *form.columns)), *(rule.id for rule in form.rules)):
            owners.setdefault(rule, set()).add(form.form)
    assert {rule: forms for rule, forms in owners.items() if len(forms) > 1 or rule in STRUCTURAL} == {}


CELL = st.one_of(
    st.none(), st.text(max_size=8), st.integers(-5, 5000).map(float), st.dates(), st.booleans(),
    st.sampled_from(["是", "否", "重大", "合计", "约5", "2021.13.5", "张小明", *(each.title for each in LEDGER.columns)]),
)  # fmt: skip
SHEET = st.builds(
    SheetCells,
    st.sampled_from([*(form.sheet for form in FORMS), "Sheet1", "需要更正的问题"]),
    st.lists(st.lists(CELL, max_size=9), max_size=9),
)
MARKS = st.builds(
    WorkbookMarks, st.sampled_from([(), ("token",)]), st.sampled_from([(), ("ledger-v1",), ("ledger-v2",)]),
    st.sampled_from(["", "other", "liaoning-2021"]), st.sampled_from(["", "deploy", "rectify"]),
)  # fmt: skip


@given(st.one_of(
    st.builds(WorkbookCells, st.lists(SHEET, max_size=3), MARKS),
    st.builds(make_cells, SHEET),
))  # fmt: skip
@settings(max_examples=150)
def test_a_refusal_without_a_finding_is_a_defect(cells):
    told = review(cells, FORMS, make_context())
    assert (told.verdict == "accepted") == is_acceptable(told.findings)
    assert all(HANZI.search(finding.remedy) and finding.rule for finding in told.findings)


@pytest.mark.parametrize("verdict", ["returned", "refused"])
def test_a_refusal_that_names_nothing_to_mend_is_never_written(verdict):
    from tasks.recording import judged_row

    with pytest.raises(AssertionError, match="without an error finding"):
        judged_row(None, type("Nobody", (), {"id": 1})(), Review(verdict, {}, []))
