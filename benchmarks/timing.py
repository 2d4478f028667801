"""Ways of doing one thing, timed side by side: one round of each in turn, so that whatever else the machine does
falls on all of them alike. CPU time counts our processes and the children that read for us; never the post office."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

OURS = b"oneledger.adapters."  # in the command line of a child that works for us
Way = Callable[[int], object]  # is told the number of the round; 0 is not counted
Ways = Mapping[str, Way]


@dataclass(frozen=True)
class Row:
    """One line of the table. Targets: ``most`` times the floor; ``naive`` times faster than that way; ``rate`` a
    second; ``most_ms`` for the whole deed. ``pieces`` are done in one round of a way, unless it names its own."""

    step: str
    floor: str  # what it is made of
    ways: Callable[[int], AbstractContextManager[Ways]]  # is told the number of rounds
    pieces: int = 1
    most: float | None = None
    naive: float | None = None
    rate: float | None = None
    most_ms: float | None = None
    pieces_of: Mapping[str, int] | None = None
    by_wall: bool = False  # wall time is compared, and not CPU time

    def pieces_in(self, way: str) -> int:
        return (self.pieces_of or {}).get(way, self.pieces)


@dataclass(frozen=True)
class Times:
    """Medians, in milliseconds a piece."""

    cpu: float
    wall: float
    rounds: int


def measured(row: Row, rounds: int) -> dict[str, Times]:
    spent: dict[str, list[tuple[float, float]]] = {}
    with row.ways(rounds) as ways:
        for number in range(rounds + 1):
            for name, way in _in_turn(ways, number):
                cpu, wall = cpu_seconds(), time.perf_counter()
                way(number)
                took = cpu_seconds() - cpu, time.perf_counter() - wall
                if number:
                    spent.setdefault(name, []).append(took)
    return {name: _medians(each, row.pieces_in(name)) for name, each in spent.items()}


def _in_turn(ways: Ways, number: int) -> Iterator[tuple[str, Way]]:
    """Another one begins each round."""
    every = list(ways.items())
    start = number % len(every)
    yield from (*every[start:], *every[:start])


def _medians(spent: list[tuple[float, float]], pieces: int) -> Times:
    cpu, wall = (statistics.median(each) * 1000 / pieces for each in zip(*spent, strict=True))
    return Times(cpu, wall, len(spent))


def cpu_seconds() -> float:
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system + sum(map(_on_cpu, _reading_children()))


def _reading_children() -> Iterator[Path]:
    for child in (Path("/proc") / number for number in _children_of(os.getpid())):
        try:
            if OURS in (child / "cmdline").read_bytes():
                yield child
        except OSError:
            continue


def _children_of(process: int) -> list[str]:
    tasks = Path(f"/proc/{process}/task")
    return [number for task in tasks.iterdir() for number in (task / "children").read_text().split()]


def _on_cpu(process: Path) -> float:
    try:
        return int((process / "schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
