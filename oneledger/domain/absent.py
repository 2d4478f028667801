"""What stands in a table where there is no figure: — nobody owes it; nothing, where it is owed and has not come.

A reported nought is 0 and never either of them. Source: domain.md 2.3.
"""

from collections.abc import Collection
from typing import NamedTuple

from oneledger.domain.forms import LEVELS, Form
from oneledger.domain.phrases import NOT_APPLICABLE
from oneledger.domain.report_figures import SnapshotView, own_part
from oneledger.domain.rollup import Rollup

NOT_COME = ""


class Part(NamedTuple):
    """A line of a table: a unit below with all that is below it, the office's own part (本级), or the sum."""

    name: str
    levels: frozenset[str]  # of the units it holds
    rollup: Rollup

    def absent(self, asked: Collection[str]) -> str:
        """``asked``: levels that owe the figure."""
        return NOT_COME if self.rollup.coverage.missing and not self.levels.isdisjoint(asked) else NOT_APPLICABLE


def parts_of(view: SnapshotView) -> list[Part]:
    """The office's own part, then its children in administrative order."""
    own = own_part(view)
    mine = [Part("本级", frozenset({view.unit.level}), own)] if own else []
    return [*mine, *(Part(unit.name, levels_from(unit.level), rollup) for unit, rollup in view.children)]


def whole_of(view: SnapshotView) -> Part:
    return Part("合计", levels_from(view.unit.level), view.rollup)


def levels_from(level: str) -> frozenset[str]:
    """It and all below."""
    return frozenset(LEVELS[LEVELS.index(level) :] if level in LEVELS else LEVELS)


def levels_asked(view: SnapshotView, form: Form) -> frozenset[str]:
    """Whose units owe a form in the phase; what is about units of a sample is about schools."""
    reference = f"{form.form}-v"
    owed = [
        each for each in view.campaign.deliverables_of(view.phase.phase)
        if any(name.startswith(reference) for name in each.forms)
    ]  # fmt: skip
    return frozenset(level for each in owed for level in each.respondents.levels or ("school",))
