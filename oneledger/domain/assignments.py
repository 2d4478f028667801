"""One unit's obligation to return one deliverable (应报事项), and the units of a campaign as frozen at launch."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from oneledger.domain.earlier_versions import Earlier
from oneledger.domain.rollup import ReturnStatus
from oneledger.domain.units import Contact

SealStatus = Literal["", "missing", "received"]
"""Of the scan that shows the seal; empty where none is wanted. Independent of the return status."""


def county_of(code: str, level: str, above: Iterable[tuple[str, str]]) -> str:
    """The unit by which work is grouped: an office's own code; of a school the nearest county's, else that of the
    office right above. ``above``: code and level of its offices, the nearest first."""
    offices = list(above) if level == "school" else []
    return next((office for office, rank in offices if rank == "county"), offices[0][0] if offices else code)


@dataclass(frozen=True, slots=True)
class CampaignUnit:
    """A unit as the campaign knew it at launch: the denominator. Every later change is logged with a reason."""

    code: str
    name: str
    level: str
    parent: str | None
    stage: str = ""
    order: float = 0  # whole at launch; who was moved since stands between two others
    county: str = ""  # the unit by which work is grouped: its county, or itself where it has none
    contacts: tuple[Contact, ...] = ()
    has_incidents: bool = False
    exempt_reason: str = ""
    kind: str = ""  # as in the list of units: 民办, 直属 …

    @property
    def address(self) -> str:
        """The first that still takes mail."""
        return next((each.email for each in (*self.living, *self.contacts)), "")

    @property
    def living(self) -> tuple[Contact, ...]:
        return tuple(each for each in self.contacts if each.email and not each.is_dead)

    @property
    def is_unreachable(self) -> bool:
        return bool(self.contacts) and not self.living


@dataclass(frozen=True, slots=True)
class Assignment:
    id: int
    campaign: str
    phase: str
    deliverable: str
    unit: str  # about whom
    respondent: str  # who answers; differs from ``unit`` in inspections
    due_at: datetime
    opened_at: datetime
    status: ReturnStatus = "missing"
    is_late: bool = False
    in_correction: bool = False
    versions: int = 0  # submissions so far
    accepted: int | None = None  # the submission that counts
    printed: dict[str, Any] = field(default_factory=dict)  # the Fill that was printed, as data
    seal: SealStatus = ""
    unwritten: tuple[Earlier, ...] = ()  # versions judged in this very look, in order

    @property
    def is_open(self) -> bool:
        return self.status == "missing"

    @property
    def lacks_seal(self) -> bool:
        """盖章件未收. Says nothing of the 电子版, which ``status`` tells."""
        return self.seal == "missing" and self.status != "exempt"
