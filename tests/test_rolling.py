"""A roll-up of what changed is the whole roll-up made anew."""

import hashlib
import json
from unittest import mock

from hypothesis import given, settings, strategies as st

from oneledger.domain.rolling import children_of, digest, digest_of, offices_over, text_of
from oneledger.domain.rollup import Coverage, Rollup, added, as_data
from tests.sums import summed
from tests.test_moves import trees


def defined(units, own, code: str) -> Rollup | None:
    """By the words: what it has of its own and what each unit right below it has come to."""
    children = [defined(units, own, each) for each, unit in units.items() if unit.parent == code]
    parts = [*own.get(code, ()), *(each for each in children if each is not None)]
    return added(parts) if parts else None


def drawn_own(draw, units):
    numbers = draw(st.dictionaries(st.sampled_from(sorted(units)), st.lists(st.integers(0, 2), min_size=1, max_size=2)))
    return {
        code: [Rollup({"a": n}, {"f": 1}, Coverage(missing=1), ((code, str(n)),)) for n in parts]
        for code, parts in numbers.items()
    }


@settings(max_examples=200)
@given(trees(), st.data(), st.integers(1, 5))
def test_every_unit_s_sum_is_its_own_and_what_those_below_it_come_to(units, data, at_a_time):
    """Issue 7, 003-3: however few units are read at a time; the missing in administrative order; nobody left out."""
    own = drawn_own(data.draw, units)
    every = {code: defined(units, own, code) for code in units}
    with mock.patch("oneledger.domain.rolling._AT_A_TIME", at_a_time):
        assert summed(units, own) == {code: each for code, each in every.items() if each is not None}


@settings(max_examples=100)
@given(trees(), st.data())
def test_sums_carried_on_from_look_to_look_are_those_of_a_whole_roll_up(units, data):
    """Issue 7: only offices over what changed are added up again. Units come to have something of their own, and cease
    to."""
    below, last, sums = children_of(units), {}, {}
    for _ in range(4):
        own = drawn_own(data.draw, units)
        changed = [code for code in units if own.get(code) != last.get(code)]
        again = offices_over(units, below, changed)
        lines = {above for code in changed for above in line_of(units, code)}
        assert again == lines & below.keys()
        found = summed(units, own, again=again, before=sums)
        sums = {code: each for code, each in sums.items() if code not in again} | {
            code: each for code, each in found.items() if code in again
        }
        assert sums == {code: each for code, each in summed(units, own).items() if code in below}
        last = own


def line_of(units, code: str) -> set[str]:
    parent = units[code].parent
    return {code} | (line_of(units, parent) if parent in units else set())


WORDS = st.text(max_size=6)
ROLLUPS = st.builds(
    Rollup, st.dictionaries(WORDS, st.integers()), st.dictionaries(WORDS, st.integers()),
    st.builds(Coverage, returned=st.integers()), st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple),
)  # fmt: skip


@given(st.dictionaries(WORDS, ROLLUPS, max_size=4))
def test_the_digest_is_that_of_the_whole_as_sorted_json(rollups):
    """Issue 4 of 6: snapshots frozen by any version prove themselves. Taken unit by unit it is the same hash."""
    whole = json.dumps({code: as_data(each) for code, each in rollups.items()}, sort_keys=True, ensure_ascii=False)
    texts = [(code, text_of(each)) for code, each in sorted(rollups.items())]
    assert digest(rollups) == hashlib.sha256(whole.encode()).hexdigest() == digest_of(texts)
