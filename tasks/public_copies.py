"""Public copies of reports: what may be said is judged for all offices of a snapshot together."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from oneledger.domain.forms import Form
from oneledger.domain.public_report import Published, public_context, published
from oneledger.domain.report_figures import SnapshotView
from oneledger.domain.rollup import Rollup
from oneledger.store import snapshots
from oneledger.store.snapshots import Frozen
from tasks.office import Running
from tasks.paper_rendering import rendered
from tasks.trees import tree_of


def said_of(here: Running, frozen: Frozen, offices: Mapping[str, Rollup], forms: Sequence[Form]) -> Published:
    """No two public copies give a third away, nor an earlier one of the phase what came since. ``offices``: their
    figures."""
    with here.office.store.read() as connection:
        of_phase = [each for each in snapshots.of_campaign(connection, here.name) if each.phase == frozen.phase]
        every = [
            *(
                (_tree(here, connection, each), _offices(here, connection, each))
                for each in of_phase
                if each.id < frozen.id
            ),
            (_tree(here, connection, frozen), dict(sorted(offices.items()))),
        ]
    said: list[Published] = []
    for tree, figures in every:
        below: dict[str, list[str]] = {}
        for code in figures:
            below.setdefault(tree.units[code].parent or "", []).append(code)
        said.append(published(figures, below, forms, here.campaign.public.below, said))
    return said[-1]


def _offices(here: Running, connection: Connection, frozen: Frozen) -> dict[str, Rollup]:
    """By code: what is hidden must be the same whenever it is worked out."""
    offices = [unit.code for unit in here.units.values() if unit.level != "school"]
    return dict(sorted(snapshots.rollups_of(connection, frozen.id, offices).items()))


def _tree(here: Running, connection: Connection, frozen: Frozen) -> Running:
    return tree_of(here, connection, min(frozen.as_of, frozen.owed_by or frozen.as_of))


def public_copy(here: Running, view: SnapshotView, said: Published) -> bytes:
    return rendered(here, "public", view, public_context(view, said, here.campaign.public.below))
