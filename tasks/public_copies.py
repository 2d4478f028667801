"""Public copies of reports: what may be said is judged for all offices of a snapshot together."""

from collections.abc import Mapping, Sequence

from oneledger.domain.forms import Form
from oneledger.domain.public_report import Published, public_context, published
from oneledger.domain.report_figures import SnapshotView
from oneledger.domain.rollup import Rollup
from tasks.office import Running
from tasks.paper_rendering import rendered


def said_of(
    here: Running, rollups: Mapping[str, Rollup], children: Mapping[str, Sequence[str]], forms: Sequence[Form]
) -> Published:
    """No two public copies give a third away."""
    offices = {code: rollup for code, rollup in rollups.items() if here.units[code].level != "school"}
    below = {code: [each for each in children.get(code, ()) if each in offices] for code in offices}
    return published(offices, below, forms, here.campaign.public.below)


def public_copy(here: Running, view: SnapshotView, said: Published) -> bytes:
    return rendered(here, "public", view, public_context(view, said, here.campaign.public.below))
