"""What an interrupted rehearsal needs to go on: all that the units know, kept after each of their acts, and the clock.

The look after that act may be half done; it is taken again, which changes nothing that it had done. What the units sent
after the act they send again, byte for byte, and the pipeline knows it.
"""

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from oneledger.adapters.whole_file import write_whole
from oneledger.domain.errors import RefusedError
from rehearsal.plan import Rehearsal

_STATE, _SECONDS, _PLAN = "state.pickle", "seconds.json", "plan.json"


@dataclass(frozen=True)
class Kept:
    """``acts``: how many moments the units have acted up to; ``village``: all that they know."""

    acts: int
    at: datetime
    village: Any


def keep_plan(plan: Rehearsal) -> None:
    write_whole(plan.out / _PLAN, json.dumps(_told(plan), ensure_ascii=False).encode())


def check_plan(plan: Rehearsal) -> None:
    """Raises RefusedError where the folder holds no rehearsal that was interrupted, or another one."""
    path = plan.out / _PLAN
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    if kept is None or not (plan.out / _STATE).exists() or (plan.out / "summary.json").exists():
        raise RefusedError([f"{plan.out}: no rehearsal was interrupted here. Leave out --resume, name a new folder"])
    differs = [f"{key}: {kept.get(key)}" for key, value in _told(plan).items() if kept.get(key) != value]
    if differs:
        raise RefusedError([f"{plan.out} was begun with another {each}: give the same again" for each in differs])


def _told(plan: Rehearsal) -> dict[str, Any]:
    return {
        "campaign": plan.campaign, "schools": plan.schools, "seed": plan.seed, "last": plan.last,
        "workers": plan.workers, "database": bool(plan.database_url),
    }  # fmt: skip


def keep(out: Path, kept: Kept) -> None:
    unfinished = (out / _STATE).with_suffix(".unfinished")
    with unfinished.open("wb") as file:  # not by way of bytes: a country's are many
        pickle.dump(kept, file, protocol=pickle.HIGHEST_PROTOCOL)
    unfinished.replace(out / _STATE)


def kept_in(out: Path) -> Kept:
    found: Kept = pickle.loads((out / _STATE).read_bytes())  # noqa: S301  our own, in a folder of the owner's
    return found


def keep_seconds(out: Path, seconds: Mapping[str, float]) -> None:
    write_whole(out / _SECONDS, json.dumps(dict(seconds)).encode())


def kept_seconds(out: Path) -> dict[str, float]:
    path = out / _SECONDS
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
