"""Columns and lines are worked out once a form; what an office or a phase asks otherwise must still tell them apart."""

from oneledger.domain.report_columns import fact_lines, summary_columns
from oneledger.domain.rollup import Rollup
from tests.report_samples import CAMPAIGN, view


def asked_of(given):
    return [{level for each in told for level in each.asked} for told in (summary_columns(given), fact_lines(given))]


def asking(levels):
    """The same forms, asked of these levels."""
    changed = [
        each.model_copy(update={"respondents": each.respondents.model_copy(update={"levels": levels})})
        for each in CAMPAIGN.deliverables
    ]
    return view(campaign=CAMPAIGN.model_copy(update={"deliverables": tuple(changed)}))


def test_a_form_asked_of_other_levels_says_so_though_it_is_the_same_form():
    levels = [("school",), ("county",), ("school",)]
    assert [asked_of(asking(each)) for each in levels] == [[set(each)] * 2 for each in levels]


def test_an_office_has_lines_only_of_facts_that_somebody_there_answered():
    everything = [line.key for line in fact_lines(view())]
    one = view(rollup=Rollup({everything[0]: 0}))
    assert ([line.key for line in fact_lines(one)], len(everything) > 1) == (everything[:1], True)
    assert [line.key for line in fact_lines(view())] == everything
