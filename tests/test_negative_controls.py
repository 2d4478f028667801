"""Issue 4, done when 5: faults planted in matching, normalising, escaping and limits; each must make the check that
guards it fail. What is run is the very check of the other tests."""

import pytest

from oneledger.adapters import (
    cell_text,
    mail_compose,
    mail_texts,
    report_docx,
    unit_sheet,
    workbook_prescan,
    zip_guard,
)  # fmt: skip
from oneledger.adapters.mail_parse import parse_mail
from oneledger.domain import confirming, matching, quotas, values
from oneledger.domain.findings import Finding
from oneledger.domain.matching import Match
from oneledger.store import database
from tests import test_campaign_rules, test_confirming, test_flood, test_injection, test_store
from tests.make_files import make_xlsx, zipped
from tests.nasty_words import FORMULAS, NASTY, csv_faults, mail_faults, xlsx_faults


def fails(check, *arguments) -> bool:
    try:
        check(*arguments)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001  a check may stumble over the fault instead of telling it
        return True
    return False


def test_matching_that_believes_the_sender_is_caught(monkeypatch):
    """A token alone, or From alone, would accept."""
    check = test_campaign_rules.test_token_and_registered_sender_together_accept
    stranger = (test_campaign_rules.evidence(workbook=1), "stranger@x", (1, "confirm"))
    assert not fails(check, *stranger)
    monkeypatch.setattr(test_campaign_rules, "match", lambda evidence, *_: Match(matching.chosen(evidence), "certain"))
    assert fails(check, *stranger)
    assert fails(check, test_campaign_rules.evidence(), "a@x", (None, "none"))


@pytest.mark.parametrize(
    ("text", "meant"), [("尚未确认", None), ("> 同意", None), ("不同意", confirming.Answer.REFUSED)]
)
def test_a_word_that_is_taken_for_assent_too_easily_is_caught(monkeypatch, text, meant):
    check = test_confirming.test_only_a_plain_word_above_the_quote_confirms
    assert not fails(check, text, meant)
    monkeypatch.setattr(
        test_confirming,
        "read_answer",
        lambda words: confirming.Answer.AGREED if "确认" in words or "同意" in words else None,
    )
    assert fails(check, text, meant)


def test_headers_of_anybodys_server_that_are_believed_are_caught(monkeypatch):
    check = test_confirming.test_authentication_results_count_from_our_own_server_alone
    assert not fails(check, ["other; dmarc=fail"], "unknown")
    monkeypatch.setattr(confirming, "_authserv", lambda _: "mx.x")
    assert fails(check, ["other; dmarc=fail"], "unknown")


def test_text_that_is_written_as_a_formula_is_caught(monkeypatch):
    monkeypatch.setattr(unit_sheet, "_write_text", lambda cell, text: setattr(cell, "value", text))
    assert xlsx_faults(test_injection.unit_list(FORMULAS), test_injection.unit_list())
    monkeypatch.setattr(unit_sheet, "_inert", lambda text: text)
    assert csv_faults([unit_sheet._inert(word) for word in FORMULAS])


def test_text_that_is_not_escaped_in_a_workbook_is_caught(monkeypatch):
    monkeypatch.setattr(cell_text, "escape", lambda text: text)
    assert fails(test_injection.test_no_word_becomes_a_formula_or_a_link_in_a_workbook, test_injection.unit_workbook)


def test_a_page_that_is_not_escaped_is_caught(monkeypatch):
    texts = mail_texts.MailTexts(test_injection.ROOT / "templates" / "mail")
    texts._environment.autoescape = False
    monkeypatch.setattr(test_injection, "TEXTS", texts)
    test_injection.mail_of.cache_clear()
    assert any(
        mail_faults(test_injection.mail_of("correction", word), test_injection.mail_of("correction")) for word in NASTY
    )
    test_injection.mail_of.cache_clear()


def test_words_that_are_filled_in_as_a_template_are_caught(monkeypatch):
    """E13: what a school wrote is filled in a second time."""
    check, real = (
        test_injection.test_no_word_becomes_markup_a_header_or_a_template_in_a_mail,
        mail_texts.MailTexts._filled,
    )

    def twice(self, name, context):
        return self._environment.from_string(real(self, name, context)).render(context)

    with monkeypatch.context() as patched:
        patched.setattr(mail_texts.MailTexts, "_filled", twice)
        test_injection.mail_of.cache_clear()
        assert "49" in parse_mail(test_injection.mail_of("receipt", "{{7*7}}")).text
        assert fails(check, "receipt")
    test_injection.mail_of.cache_clear()
    assert not fails(check, "receipt")


def test_a_word_file_that_is_not_escaped_is_caught(monkeypatch):
    check, real = (
        test_injection.test_no_word_becomes_a_field_a_link_or_a_template_in_a_word_file,
        report_docx.ImmutableSandboxedEnvironment,
    )
    assert not fails(check, test_injection.circular)
    monkeypatch.setattr(
        report_docx, "ImmutableSandboxedEnvironment", lambda **named: real(**named | {"autoescape": False})
    )
    report_docx._prepared.cache_clear()
    assert fails(check, test_injection.circular)
    report_docx._prepared.cache_clear()


def test_a_header_that_takes_line_ends_is_caught(monkeypatch):
    check = test_injection.test_a_name_or_file_name_is_one_header_or_is_refused
    assert not fails(check, "x\r\nBcc: a@evil.invalid")
    monkeypatch.setattr(mail_compose, "_faults", lambda _: iter(()))
    assert fails(check, "x\r\nBcc: a@evil.invalid")


def test_marks_that_turn_the_reading_direction_and_stay_are_caught(monkeypatch):
    monkeypatch.setattr(mail_texts, "_shown", lambda text: text)
    monkeypatch.setattr(mail_texts, "one_line", lambda words: " ".join(words.split()))
    test_injection.mail_of.cache_clear()
    assert mail_faults(test_injection.mail_of("receipt", "\u202egnp"), test_injection.mail_of("receipt")) == ["turned"]
    test_injection.mail_of.cache_clear()


def bomb() -> bytes:
    return zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<w>" + " " * (30 * 2**20) + "</w>"})


@pytest.mark.parametrize(("name", "value", "trap"), [
    ("MOST_ENTRIES", 10**9, lambda: make_xlsx(**{f"x{n}": "" for n in range(2100)})),
    ("MOST_RATIO", 10**9, bomb),
])  # fmt: skip
def test_a_limit_that_is_taken_away_is_caught(monkeypatch, name, value, trap):
    content = trap()
    assert isinstance(workbook_prescan.prescan(content), Finding)
    monkeypatch.setattr(zip_guard, name, value)
    assert not isinstance(workbook_prescan.prescan(content), Finding)


def test_entities_that_are_let_in_are_caught(monkeypatch):
    content = make_xlsx(**{"docProps__core.xml": '<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'})
    assert workbook_prescan.prescan(content).rule == "WB-104"
    monkeypatch.setattr(workbook_prescan, "DECLARES", __import__("re").compile(rb"(?!)"))
    assert not isinstance(workbook_prescan.prescan(content), Finding)


def test_a_quota_that_never_ends_is_caught(monkeypatch):
    check = test_flood.test_each_kind_of_sender_has_its_own_day
    assert not fails(check)
    monkeypatch.setattr(quotas.Quota, "has_room", lambda *_: True)
    assert fails(check)
    assert fails(test_flood.test_a_new_address_for_each_mail_does_not_help)


def test_a_value_that_is_guessed_is_caught(monkeypatch):
    """Normalising: a number that is made up where none can be read."""
    from oneledger.domain.forms import Field, FieldType

    field = Field(no=1, key="n", title="人数", type=FieldType.INT)
    assert values.parse(field, "若干").fault
    monkeypatch.setattr(values, "read_number", lambda *_: values.Parsed(0))
    assert not values.parse(field, "若干").fault


def test_a_store_that_opens_on_any_sqlite_is_caught(monkeypatch, tmp_path):
    """E18."""
    check = test_store.test_no_store_is_opened_on_such_an_sqlite
    with monkeypatch.context() as patched:
        check(patched, tmp_path)
    monkeypatch.setattr(database, "check_sqlite", lambda _: None)
    assert fails(check, monkeypatch, tmp_path)
