"""What is to be rehearsed, and the clock that is kept of it."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from oneledger.domain.units import Unit
from rehearsal.looks import MOST

Progress = Callable[[str, int, int], None]  # what, done, of how many


@dataclass
class Clock:
    """Seconds by step; the simulated schools' own time is kept apart from the pipeline's."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += time.perf_counter() - start

    @property
    def pipeline(self) -> float:
        return sum(seconds for step, seconds in self.seconds.items() if not step.startswith("schools"))


@dataclass(frozen=True)
class Rehearsal:
    """What is to be rehearsed. ``units`` given: instead of those of the campaign's own land."""

    campaign: str
    schools: int
    seed: int
    out: Path
    units: Sequence[Unit] | None = None
    repeat: int = 1  # how often each look is run
    most_looks: int = MOST  # a phase
    skipped: tuple[datetime, datetime] | None = None  # looks between these moments are slept through
    workers: int = 1  # processes that look; several take each look at once, as workers on several machines do
    last: str = ""  # the phase that ends it; empty: all of them
    is_resumed: bool = False  # ``out`` holds one that was interrupted
    database_url: str = ""  # an empty PostgreSQL database; none: SQLite under ``out``
    files_url: str = ""  # an object store for mails and reports; none: folders under ``out``
