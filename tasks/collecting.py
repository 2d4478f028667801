"""Who collects from a unit: the offices above it, and those above the one it was moved to since the launch."""

from collections.abc import Mapping

from oneledger.domain.assignments import CampaignUnit
from oneledger.store import unit_changes
from tasks.office import Running


def moves_of(here: Running) -> dict[str, str]:
    """Unit -> the office that collects from it since it was moved."""
    with here.office.store.read() as connection:
        return unit_changes.moves(connection, here.name)


def collectors(here: Running, code: str, moves: Mapping[str, str]) -> list[CampaignUnit]:
    """Nearest first; each once. Figures go on counting in the tree as it was frozen."""
    above = list(here.ancestors(code))
    if code in moves:
        above = [here.units[moves[code]], *here.ancestors(moves[code]), *above]
    return list({each.code: each for each in above}.values())
