"""A roll-up of what changed is the whole roll-up made anew."""

import hashlib
import json

from hypothesis import given, settings, strategies as st

from oneledger.domain.rolling import children_of, digest, rolled_again, rolled_on, rolled_up
from oneledger.domain.rollup import Coverage, Rollup, as_data
from tests.test_moves import trees


def line_of(units, code: str) -> set[str]:
    parent = units[code].parent
    return {code} | (line_of(units, parent) if parent in units else set())


@settings(max_examples=100)
@given(trees(), st.data())
def test_rolled_again_where_returns_changed_is_rolled_up_anew(units, data):
    """Issue 7: one changed school touches its own line of offices, with the very sums of a whole roll-up."""
    numbers = st.dictionaries(st.sampled_from(sorted(units)), st.integers(0, 5))

    def drawn():
        return {
            code: [Rollup({"a": n}, {"f": 1}, Coverage(missing=1), ((code, "x"),))]
            for code, n in data.draw(numbers).items()
        }

    before, changes = drawn(), drawn()
    after = before | changes
    again = rolled_again(units, children_of(units), rolled_up(units, before), after, changes)
    assert rolled_up(units, before) | again == rolled_up(units, after)
    assert set(again) == set().union(*(line_of(units, code) for code in changes))


@settings(max_examples=100)
@given(trees(), st.data())
def test_sums_carried_on_from_look_to_look_are_those_of_a_whole_roll_up(units, data):
    """Issue 7. Units come to have something of their own, and cease to."""
    numbers = st.dictionaries(st.sampled_from(sorted(units)), st.integers(0, 2))
    last, below = None, children_of(units)
    for _ in range(4):
        drawn = data.draw(numbers)
        own = {code: [Rollup({"a": n}, {"f": 1}, Coverage(missing=1), ((code, "x"),))] for code, n in drawn.items()}
        last = rolled_on(last, units, below, own)
        assert last.sums == rolled_up(units, own)
        assert list(last.sums) == list(rolled_up(units, own))


WORDS = st.text(max_size=6)
ROLLUPS = st.builds(
    Rollup, st.dictionaries(WORDS, st.integers()), st.dictionaries(WORDS, st.integers()),
    st.builds(Coverage, returned=st.integers()), st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple),
)  # fmt: skip


@given(st.dictionaries(WORDS, ROLLUPS, max_size=4))
def test_the_digest_is_that_of_the_whole_as_sorted_json(rollups):
    """Issue 4 of 6: snapshots frozen by any version prove themselves. Taken unit by unit it is the same hash."""
    whole = json.dumps({code: as_data(each) for code, each in rollups.items()}, sort_keys=True, ensure_ascii=False)
    assert digest(rollups) == hashlib.sha256(whole.encode()).hexdigest()
