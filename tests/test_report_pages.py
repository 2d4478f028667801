"""How wide tables are cut into pages."""

from hypothesis import given, strategies as st

from oneledger.adapters.report_pages import PAGE, SMALLEST_PCT, pages_across

WIDEST = PAGE * 100 / SMALLEST_PCT


def test_a_table_that_can_be_read_on_one_page_stays_on_one():
    pages = pages_across([WIDEST / 4] * 4, [""] * 4, 2)
    assert (pages.spans, pages.breaks) == (((1, 4),), ())


def test_columns_under_one_head_stay_together():
    groups = ["", "", *["甲"] * 4, *["乙"] * 4, *["丙"] * 4]
    pages = pages_across([12.0] * 14, groups, 2)
    assert pages.spans == ((3, 10), (11, 14))


def test_a_head_wider_than_a_page_is_cut():
    pages = pages_across([10.0] * 32, ["", "", *["甲"] * 30], 2)
    assert [last for _, last in pages.spans] == [12, 22, 32]


def test_pages_are_evenly_filled_so_that_the_print_can_be_larger():
    pages = pages_across([5.0, 20.0, *[12.0] * 17], [""] * 19, 2)
    assert pages.spans == ((3, 11), (12, 19))
    assert pages.scale_pct == int(100 * PAGE / 133)


@given(
    st.lists(st.floats(1, 60), min_size=3, max_size=60),
    st.lists(st.sampled_from(["", "甲", "乙"]), min_size=60, max_size=60),
)
def test_every_column_stands_on_one_page_and_none_is_lost(widths, groups):
    pages = pages_across(widths, groups[: len(widths)], 1)
    shown = [number for first, last in pages.spans for number in range(first, last + 1)]
    assert shown == list(range(1 if pages.is_one else 2, len(widths) + 1))
    full = [sum(widths[first - 1 : last]) + widths[0] for first, last in pages.spans if last > first]
    assert pages.is_one or max(full, default=0) <= WIDEST + 1e-6
