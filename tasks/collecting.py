"""Who collects from a unit: the offices above it, and those that were above it at the launch."""

from oneledger.domain.assignments import CampaignUnit
from tasks.office import Running


def collectors(here: Running, code: str, today: Running) -> list[CampaignUnit]:
    """Nearest first; each once. ``today``: in the tree as it is now."""
    return list({each.code: each for each in (*today.ancestors(code), *here.ancestors(code))}.values())
