"""The figures of a phase at look after look: only offices whose units' returns changed are added up again.

For what is asked and told while figures still move. What is frozen, and what proves it, is added up of all returns.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from oneledger.domain.rolling import offices_over, rolled_up
from oneledger.domain.rollup import Rollup
from tasks.office import Running
from tasks.recounting import Basis, Figures, Own, Reference, basis_of, by_unit, figures_in, own_reader
from tasks.trees import tree_of


@dataclass
class _Memory:
    """``here``: in the tree of then."""

    here: Running
    phase: str
    seen: Mapping[str, Any] = field(default_factory=dict)  # unit -> what its figures were made of
    offices: Mapping[str, Rollup] = field(default_factory=dict)


_last: list[_Memory] = []
_alone = threading.Lock()


def figures_now(here: Running, connection: Connection, at: Reference) -> Figures:
    """As ``recounting.figures_at``."""
    return followed(tree_of(here, connection, min(at.as_of, at.owed_by)), connection, at)[1]


def followed(here: Running, connection: Connection, at: Reference) -> tuple[Basis, Figures]:
    """``here``: in the tree of then."""
    with _alone:
        memory = next((each for each in _last if each.here is here and each.phase == at.phase), _Memory(here, at.phase))
        basis = basis_of(here, connection, at)
        own = by_unit(basis.own)
        seen = {code: _made_of(parts) for code, parts in own.items()}
        changed = [code for code in {**memory.seen, **seen} if memory.seen.get(code) != seen.get(code)]
        again = offices_over(here.units, here.children, changed)
        kept = {code: each for code, each in memory.offices.items() if code not in again}
        sums = rolled_up(
            here.units, here.children, own_reader(here, connection, own), again=again, before=memory.offices
        )
        memory.offices = kept | {code: each for code, each in sums if code in again}
        memory.seen = seen
        _last[:] = [memory]
        return basis, figures_in(here, own, memory.offices)


def _made_of(parts: Sequence[Own]) -> Any:
    return [(each.assignment.id, each.counted, each.is_exempt, each.in_correction) for each in parts]
