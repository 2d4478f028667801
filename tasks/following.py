"""The figures of a phase at look after look: only offices whose units' returns changed are added up again.

For what is asked and told while figures still move. What is frozen, and what proves it, is added up of all returns.
"""

import hashlib
import json
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from oneledger.domain.rolling import offices_over, rolled_up
from oneledger.domain.rollup import Rollup, as_data
from oneledger.store.snapshots import as_rollup
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


@dataclass(frozen=True)
class Look:
    """What a look found, for who makes its papers in another process: he need not add it up again."""

    made_of: str  # the same wherever the figures were made of the same returns
    sums: bytes = field(compare=False, repr=False)  # of the offices; Prefect would walk through every number


_last: list[_Memory] = []
_alone = threading.Lock()


def figures_now(here: Running, connection: Connection, at: Reference) -> tuple[Basis, Figures]:
    """As ``recounting.figures_at``, and what they are made of."""
    return followed(tree_of(here, connection, min(at.as_of, at.owed_by)), connection, at)


def followed(here: Running, connection: Connection, at: Reference, look: Look | None = None) -> tuple[Basis, Figures]:
    """``here``: in the tree of then. ``look``: its sums are taken if they are of the same returns as found here."""
    with _alone:
        memory = next((each for each in _last if each.here is here and each.phase == at.phase), _Memory(here, at.phase))
        basis = basis_of(here, connection, at)
        own = by_unit(basis.own)
        seen = {code: _made_of(parts) for code, parts in own.items()}
        if look is not None and memory.seen != seen and look.made_of == _name_of(basis):
            memory.seen, memory.offices = seen, _unpacked(look.sums)
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


def look_of(basis: Basis, figures: Figures) -> Look:
    sums = json.dumps({code: as_data(each) for code, each in figures.offices.items()})
    return Look(_name_of(basis), zlib.compress(sums.encode(), 1))


def _unpacked(sums: bytes) -> dict[str, Rollup]:
    return {code: as_rollup(each) for code, each in json.loads(zlib.decompress(sums)).items()}


def _name_of(basis: Basis) -> str:
    """Of the returns, not of their figures: those of every school would have to be read."""
    hashed = hashlib.sha256()
    for each in basis.own:
        hashed.update(repr(_made_of([each])).encode())
    return hashed.hexdigest()


def _made_of(parts: Sequence[Own]) -> Any:
    return [(each.assignment.id, each.counted, each.is_exempt, each.in_correction) for each in parts]
