"""What is worked out once for a form is never another form's (docs/performance.md, "A return")."""

from oneledger.domain import remembered
from oneledger.domain.remembered import once_a_form
from tests.make_returns import LEDGER

title_of = once_a_form(lambda form: form.title)
AMENDED = LEDGER.model_copy(update={"title": "改过的台账"})  # the same name and version, as an amendment leaves them


def test_two_forms_of_one_name_and_version_are_told_apart():
    assert [title_of(form) for form in (LEDGER, AMENDED, LEDGER)] == [LEDGER.title, "改过的台账", LEDGER.title]


def test_it_is_worked_out_once_and_again_after_it_was_forgotten(monkeypatch):
    asked = []
    of_form = once_a_form(lambda form: asked.append(form.title))
    monkeypatch.setattr(remembered, "MOST", 1)
    for form in (LEDGER, LEDGER, AMENDED, AMENDED, LEDGER):
        of_form(form)
    assert asked == [LEDGER.title, "改过的台账", LEDGER.title]
