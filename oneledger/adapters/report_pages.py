"""A table too wide for one page is cut into pages that can be read: groups kept whole, the first columns on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

PAGE = 108.0
"""Column widths, in characters, that A4 landscape takes at full size where another font with wider digits stands in."""
SMALLEST_PCT, LARGEST_PCT = 80, 90
"""Ten points at four fifths can still be read on paper; larger than at nine tenths only costs pages."""
_BALANCE = (1.0, 1.05, 1.1, 1.2, 1.4)


@dataclass(frozen=True)
class Pages:
    """``spans``: first and last column of each page, without the ``kept`` ones, which every page repeats."""

    kept: int
    spans: tuple[tuple[int, int], ...]
    scale_pct: int

    @property
    def is_one(self) -> bool:
        return len(self.spans) == 1

    @property
    def breaks(self) -> tuple[int, ...]:
        """Columns after which a page ends, but for the last."""
        return tuple(last for _, last in self.spans[:-1])


def pages_across(widths: Sequence[float], groups: Sequence[str], kept: int) -> Pages:
    """``groups``: the head above each column; columns under one head stay on one page where a page can hold them."""
    room = PAGE * 100 / SMALLEST_PCT
    if sum(widths) <= room:
        return Pages(kept, ((1, len(widths)),), _scale_pct(sum(widths)))
    room -= sum(widths[:kept])
    starts = _starts(widths, groups, kept, room)
    spans = _cut(widths, starts, room)
    even = sum(widths[kept:]) / len(spans)
    fitting = (_cut(widths, starts, even * more) for more in _BALANCE if even * more < room)
    spans = next((each for each in fitting if len(each) == len(spans)), spans)
    widest = sum(widths[:kept]) + max(sum(widths[first - 1 : last]) for first, last in spans)
    return Pages(kept, spans, _scale_pct(widest))


def _scale_pct(width: float) -> int:
    return min(LARGEST_PCT, int(100 * PAGE / width))


def _starts(widths: Sequence[float], groups: Sequence[str], kept: int, room: float) -> list[int]:
    """Columns (from 1) at which a page may begin, and one past the last."""
    free = range(kept + 2, len(widths) + 1)
    begun = [no for no in free if not groups[no - 1] or groups[no - 1] != groups[no - 2]]
    runs = [kept + 1, *begun, len(widths) + 1]
    found: list[int] = []
    for start, after in pairwise(runs):
        found += [start] if sum(widths[start - 1 : after - 1]) <= room else range(start, after)
    return [*found, len(widths) + 1]


def _cut(widths: Sequence[float], starts: Sequence[int], room: float) -> tuple[tuple[int, int], ...]:
    begun, spans, filled = starts[0], [], 0.0
    for start, after in pairwise(starts):
        width = sum(widths[start - 1 : after - 1])
        if filled and filled + width > room:
            spans.append((begun, start - 1))
            begun, filled = start, 0.0
        filled += width
    return (*spans, (begun, len(widths)))
