"""A form offers the degrees of the campaign it is asked in, and its rules mean the same degree (domain.md 3.3)."""

import pytest

from oneledger.domain.expressions import compiled
from oneledger.domain.severity import fitted
from oneledger.settings import load_campaign, load_form
from tests.conftest import CONFIG

LEDGER = load_form(CONFIG, "ledger-v1")


def ledger_of(name: str):
    return fitted(LEDGER, load_campaign(CONFIG, name))


def degrees(form) -> tuple[str, ...]:
    return next(column.choices for column in form.columns if column.key == "severity")


@pytest.mark.parametrize(("name", "expected"), [
    ("prefecture-2024", ("情节轻微", "情节较重", "涉嫌违法犯罪")),  # 000-16
    ("helan-2024", ("玩笑打闹或一般纠纷", "情节轻微", "情节较重", "情节恶劣、造成明显伤害", "涉嫌违法犯罪")),  # 001-6
    ("moe-2021", degrees(LEDGER)),  # 004-A5
])  # fmt: skip
def test_the_ledger_offers_the_degrees_of_its_campaign(name, expected):
    assert degrees(ledger_of(name)) == expected


@pytest.mark.parametrize(("name", "severity", "applies"), [
    ("helan-2024", "情节恶劣、造成明显伤害", True),  # 001-6, 001-10: must be reported
    ("helan-2024", "涉嫌违法犯罪", True),
    ("helan-2024", "情节较重", False),
    ("prefecture-2024", "涉嫌违法犯罪", True),
    ("prefecture-2024", "情节较重", False),
])  # fmt: skip
def test_a_grave_degree_must_be_reported_whatever_it_is_called(name, severity, applies):
    rule = next(rule for rule in ledger_of(name).rules if rule.id == "LG-207")
    assert compiled(rule.when).holds({"severity": severity}) is applies


def test_liaonings_ledger_is_as_it_was(liaoning):
    assert fitted(LEDGER, liaoning) == LEDGER


def test_a_campaign_without_degrees_leaves_the_form_as_it_is(liaoning):
    assert fitted(LEDGER, liaoning.model_copy(update={"severity": ()})) == LEDGER
