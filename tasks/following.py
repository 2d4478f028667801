"""The figures of a phase at look after look: only what came between them is read and added up.

For what is asked and told while figures still move. What is frozen, and what proves it, is read from the returns anew.
"""

import threading
from dataclasses import dataclass, field

from sqlalchemy import Connection

from oneledger.domain.rolling import Rolled, rolled_on
from oneledger.domain.rollup import Rollup
from oneledger.store.submissions import Known
from tasks.office import Running
from tasks.recounting import Basis, Reference, basis_of, by_unit
from tasks.trees import tree_of

MOST_REMEMBERED = 60_000
"""Units of a campaign: their figures take some 250 MB in every process. A larger one is rolled up whole each time."""


@dataclass
class _Memory:
    """``here``: in the tree of then."""

    here: Running
    phase: str
    known: Known = field(default_factory=dict)
    rolled: Rolled | None = None


_last: list[_Memory] = []
_alone = threading.Lock()


def figures_now(here: Running, connection: Connection, at: Reference) -> dict[str, Rollup]:
    """As ``recounting.figures_at``."""
    return followed(tree_of(here, connection, min(at.as_of, at.owed_by)), connection, at)[1]


def followed(here: Running, connection: Connection, at: Reference) -> tuple[Basis, dict[str, Rollup]]:
    """``here``: in the tree of then."""
    with _alone:
        memory = next((each for each in _last if each.here is here and each.phase == at.phase), _Memory(here, at.phase))
        basis = basis_of(here, connection, at, memory.known)
        memory.rolled = rolled_on(memory.rolled, here.units, here.children, by_unit(basis.own))
        _last[:] = [memory] if len(here.units) <= MOST_REMEMBERED else []
        return basis, dict(memory.rolled.sums)
