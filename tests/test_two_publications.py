"""Two public copies of one phase: what came in between cannot be had by subtracting them (domain.md 3.6; issue 5, E)."""

from hypothesis import given, settings, strategies as st

from oneledger.domain.public_report import UNSAID, public_context, published
from oneledger.domain.report_figures import UnitBrief
from oneledger.domain.rollup import Coverage, Rollup
from tests.report_samples import ASPECTS, LEDGER, view

CITY, NORTH, SOUTH, WEST = "210100", "210102", "210103", "210104"
COUNTIES = (NORTH, SOUTH, WEST)
THRESHOLD = 3


def ledger_of(counts, answered):
    figures = {f"ledger.rows[aspect7={aspect}]": number for aspect, number in zip(ASPECTS, counts, strict=False)}
    return Rollup({"ledger.rows": sum(counts), **figures}, {"ledger": answered}, Coverage(returned=answered))


def said_of(counties, answered, earlier=()):
    """``counties``: counts by aspect of each county."""
    whole = [sum(column) for column in zip(*counties, strict=True)]
    rollups = {CITY: ledger_of(whole, sum(answered))}
    rollups |= {code: ledger_of(*each) for code, *each in zip(COUNTIES, counties, answered, strict=True)}
    return published(rollups, {CITY: COUNTIES}, [LEDGER], THRESHOLD, earlier)


def known(said):
    """What a reader of one copy knows: what is said, and what one unknown in a sum leaves no choice about."""
    told = {cell: number for cell, number in said.numbers.items() if cell not in said.hidden}
    keys = {key for _, key in said.numbers if "aspect7" in key}
    sums = [((code, "ledger.rows"), [(code, key) for key in keys]) for code in (CITY, *COUNTIES)]
    sums += [((CITY, key), [(code, key) for code in COUNTIES]) for key in {*keys, "ledger.rows"}]
    found = True
    while found:
        found = False
        for total, parts in sums:
            open_ones = [cell for cell in (total, *parts) if cell not in told]
            if len(open_ones) == 1:
                of_parts = sum(told.get(cell, 0) for cell in parts)
                told[open_ones[0]] = of_parts if open_ones[0] == total else told[total] - of_parts
                found = True
    return told


def small_changes(before, after):
    """The attack: subtract the earlier copy from the later one."""
    first, second = known(before), known(after)
    changes = {cell: abs(second[cell] - first[cell]) for cell in first.keys() & second.keys()}
    return {cell: change for cell, change in changes.items() if 0 < change < THRESHOLD}


EARLIER = [(10, 20), (30, 40), (50, 60)]


def test_two_copies_that_know_nothing_of_each_other_give_a_small_count_away():
    """The attack works where nobody guards against it: one problem more in one county."""
    before = said_of(EARLIER, (9, 9, 9))
    after = said_of([(11, 20), *EARLIER[1:]], (12, 9, 9))
    assert small_changes(before, after)[NORTH, "ledger.rows[aspect7=工作机制]"] == 1


def test_the_later_copy_leaves_unsaid_what_subtraction_would_give_away():
    before = said_of(EARLIER, (9, 9, 9))
    after = said_of([(11, 20), *EARLIER[1:]], (12, 9, 9), [before])
    assert after.text(NORTH, "ledger.rows[aspect7=工作机制]") == UNSAID
    assert after.text(NORTH, "ledger.rows[aspect7=责任落实]") == "0"
    assert small_changes(before, after) == {}


def test_what_one_return_added_is_unsaid_however_much_it_is():
    """The returns are counted in both copies: the change of all counts is that one unit's."""
    before = said_of(EARLIER, (9, 9, 9))
    after = said_of([(25, 20), *EARLIER[1:]], (10, 9, 9), [before])
    assert {after.text(NORTH, key) for key in ("ledger.rows", "ledger.rows[aspect7=工作机制]")} == {UNSAID}


def test_what_did_not_change_or_changed_much_is_said():
    before = said_of(EARLIER, (9, 9, 9))
    after = said_of([(20, 30), *EARLIER[1:]], (12, 9, 9), [before])
    assert after.hidden == frozenset()


COUNTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=3)
MORE = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=3)


@given(COUNTS, MORE, MORE)
@settings(deadline=None)
def test_no_subtraction_of_any_two_copies_tells_a_small_change(first, more, later):
    """Three publications, each guarded against all before it."""
    tables = [first]
    for step in (more, later):
        tables.append([tuple(map(sum, zip(*pair, strict=True))) for pair in zip(tables[-1], step, strict=True)])
    said = []
    for number, table in enumerate(tables):
        said.append(said_of(table, [9 + 3 * number] * 3, said))
    pairs = [(0, 1), (0, 2), (1, 2)]
    assert [small_changes(said[before], said[after]) for before, after in pairs] == [{}, {}, {}]


def test_the_copy_says_that_it_was_guarded():
    rollup = ledger_of((10, 20), 9)
    before = published({NORTH: rollup}, {}, [LEDGER], THRESHOLD)
    given_view = view(unit=UnitBrief(NORTH, "和平区教育局", "county"), rollup=rollup, children=())
    said = published({NORTH: rollup}, {}, given_view.phase_forms, THRESHOLD, [before])
    note = public_context(given_view, said, THRESHOLD)["sections"][-1]["blocks"][0]["text"]
    assert "（包括与本阶段以前的公开版相减得出的数）" in note
