"""What every experiment is: trials, each with its failures; and faults that it must catch within fifty of them."""

import json
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sqlalchemy import text

from tests.torture.world import Lab, World

MOST_TRIALS_OF_A_CONTROL = 50
EACH = ("sqlite", "postgresql")
SEVERAL = 4  # connections of one sender


@dataclass
class Trial:
    """``count``: how many faults it brought; ``units``: over how many mails. ``unknown`` mails, and how many of them
    were ``settled``; ``by_hand``: mails left to a person, as they must be."""

    failures: list[str]
    count: int = 1
    units: int = 0
    unknown: int = 0
    settled: int = 0
    by_hand: int = 0


@dataclass(frozen=True)
class Experiment:
    """``trials``: laboratory, number, fault planted. ``controls``: the faults it must catch. ``databases``: where the
    whole `make torture` runs it."""

    name: str
    fault: str
    trials: Callable[[Lab, int, str], Generator[Trial]]
    full: int
    sample: int
    controls: tuple[str, ...]
    databases: tuple[str, ...] = ("sqlite",)


@dataclass
class Result:
    name: str
    fault: str
    database: str
    trials: int = 0
    units: int = 0
    failures: list[str] = field(default_factory=list)
    duplicates: int = 0
    lost: int = 0
    unknown: int = 0
    settled: int = 0
    by_hand: int = 0
    controls: dict[str, int] = field(default_factory=dict)  # planted fault -> faults until it was caught, 0: not caught
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return self.trials > 0 and not self.failures and all(self.controls.values())

    @property
    def bound(self) -> float:
        """0 in n bounds the rate below this, with 95 %."""
        return 3 / self.trials


def tried(experiment: Experiment, lab: Lab, number: int, *, with_controls: bool = True) -> Result:
    began = time.monotonic()
    result = Result(experiment.name, experiment.fault, "PostgreSQL" if lab.server else "SQLite")
    try:
        for trial in experiment.trials(lab, number, ""):
            _count(result, trial)
        for fault in experiment.controls if with_controls else ():
            result.controls[fault] = 0
            result.controls[fault] = _caught(experiment, lab, number, fault)
    except Exception as fault:  # noqa: BLE001  a fault of the experiment is a failure, and what was counted stays
        result.failures.append(f"the experiment broke off: {fault!r}")
    result.seconds = round(time.monotonic() - began, 1)
    return result


def _count(result: Result, trial: Trial) -> None:
    result.trials += trial.count
    result.failures += trial.failures
    result.duplicates += sum(each.startswith("I3") for each in trial.failures)
    result.lost += sum(each.startswith(("lost", "I5", "I6")) for each in trial.failures)
    for name in ("units", "unknown", "settled", "by_hand"):
        setattr(result, name, getattr(result, name) + getattr(trial, name))


def _caught(experiment: Experiment, lab: Lab, number: int, fault: str) -> int:
    """After how many trials; a fault that shows only when all is over counts for those before it."""
    done = 0
    with closing(experiment.trials(lab, number, fault)) as trials:
        for trial in trials:
            done += trial.count
            if trial.failures:
                return max(1, done)
            if done >= MOST_TRIALS_OF_A_CONTROL:
                break
    return 0


def in_state(world: World, state: str) -> int:
    with world.store() as store, store.read() as connection:
        query = text("SELECT count(*) FROM outbox WHERE kind = 'ask' AND state = :state")
        return int(connection.execute(query, {"state": state}).scalar_one())


def write(path: Path, results: list[Result]) -> None:
    told = [{**asdict(each), "bound": each.bound if each.trials else None} for each in results]
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def read(path: Path) -> list[Result]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return [Result(**{key: value for key, value in each.items() if key != "bound"}) for each in told]
