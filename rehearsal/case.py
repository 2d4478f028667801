"""Who writes in a rehearsal, and how better values than any are suggested to its pen."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from oneledger.domain.assignments import CampaignUnit
from rehearsal.drawing import Suggestion
from rehearsal.filler import Values

WAS = "state_before"
"""Beside the printed values of a problem: the state in which it stood when the sheet was made."""


@dataclass(frozen=True)
class Case:
    """Who writes, and what it has written in the workbook before."""

    rng: random.Random
    unit: CampaignUnit
    today: date
    opens_on: date
    rectify_ends_on: date | None
    is_candid: bool
    is_zero: bool
    rows_of: Mapping[str, Sequence[Values]]
    degrees: Mapping[int, str] = field(default_factory=dict)  # national code -> the campaign's title for it


Suggest = Callable[[Case, Sequence[Values]], Mapping[str, Suggestion]]
SuggestRow = Callable[[Case, int, Values, Sequence[Values]], Mapping[str, Suggestion]]


def always(value: Any) -> Suggestion:
    return lambda _: value
