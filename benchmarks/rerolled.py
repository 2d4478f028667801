"""One school of 30,000 returns something else: its own line of offices is added up anew, nobody else's.

Floor: adding up what its county's hundred schools and its city's twenty counties say, as plain numbers by key.
The second way does the same among 3,000 schools: it may take no less, or the cost grows with the number of schools.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.timing import Row, Ways
from benchmarks.world import units
from oneledger.domain.launch_plan import frozen_units
from oneledger.domain.rolling import children_of, offices_over, rolled_up
from oneledger.domain.rollup import Coverage, Rollup
from oneledger.domain.unit_tree import UnitTree

PIECES, KEYS = 20, 50
CHANGED = "2100000077"


def own_of(number: int) -> list[Rollup]:
    figures = {f"ledger.rows[k{key}]": number % 7 + key for key in range(KEYS)}
    return [Rollup(figures, {"ledger": 1}, Coverage(returned=1))]


class Tree:
    def __init__(self, schools: int) -> None:
        self.units = {each.code: each for each in frozen_units(UnitTree(units(schools)), {})}
        self.own = {code: own_of(int(unit.order)) for code, unit in self.units.items() if unit.level == "school"}
        self.below = children_of(self.units)
        self.before = dict(rolled_up(self.units, self.below, self.read))

    def read(self, codes: Sequence[str]) -> dict[str, list[Rollup]]:
        return {code: self.own[code] for code in codes if code in self.own}

    def changed(self, number: int) -> None:
        for piece in range(PIECES):
            self.own[CHANGED] = own_of(number + piece)
            again = offices_over(self.units, self.below, [CHANGED])
            dict(rolled_up(self.units, self.below, self.read, again=again, before=self.before))


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    large, small = Tree(30_000), Tree(3_000)
    line = [CHANGED]
    while (parent := large.units[line[-1]].parent) is not None:
        line.append(parent)
    said = [[dict(large.before[each].figures) for each in large.below.get(code, ())] for code in line]

    def floor(_number: int) -> None:
        for _ in range(PIECES):
            for children in said:
                total: Counter[str] = Counter()
                for figures in children:
                    for key, number in figures.items():
                        total[key] += number  # type: ignore[assignment]  # whole numbers

    yield {"ours": large.changed, "floor": floor, "small": small.changed}


ROW = Row(
    "one changed school among 30,000 rolled up again", "adding the same numbers by key",
    ways, PIECES, most_ms=20,
)  # fmt: skip
