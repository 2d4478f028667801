"""What an interrupted rehearsal needs to go on: all that the units know, kept after each of their acts, and the clock.

The look after that act may be half done; it is taken again, which changes nothing that it had done. What the units sent
after the act they send again, byte for byte, and the pipeline knows it.

A pickle of everything at once holds, while it is written, each object's state and a note of it: 1.2 GB for 210,000
schools. So what there is most of (units, what they owe, their desks) is written a part at a time; the rest refers to it
by number.
"""

import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from sys import intern
from typing import IO, Any

from oneledger.adapters.whole_file import write_whole
from oneledger.domain.errors import RefusedError
from oneledger.store.database import slices
from rehearsal.plan import Rehearsal

_STATE, _SECONDS, _PLAN = "state.pickle", "seconds.json", "plan.json"


@dataclass(frozen=True)
class Kept:
    """``acts``: how many moments the units have acted up to; ``village``: all that they know; at the head of the file
    how many objects follow."""

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
        "files": plan.files_url,
    }  # fmt: skip


def keep(out: Path, kept: Kept) -> None:
    shared = kept.village.shared()
    numbers = {id(each): number for number, each in enumerate(chain(*shared))}
    unfinished = (out / _STATE).with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        _Writer(file, {}).dump(replace(kept, village=len(numbers)))
        for some in (part for kind in shared for part in slices(kind, _PART)):
            _Writer(file, numbers).dump([(type(each), _state(each)) for each in some])
        _Writer(file, numbers).dump(kept.village)
    unfinished.replace(out / _STATE)


def kept_in(out: Path) -> Kept:
    shared: list[Any] = []
    with (out / _STATE).open("rb") as file:
        kept: Kept = _Reader(file, shared).load()
        while len(shared) < kept.village:
            shared += [_made(*each) for each in _Reader(file, shared).load()]
        return replace(kept, village=_Reader(file, shared).load())


_PART = 5_000  # objects


class _Writer(pickle.Pickler):
    def __init__(self, file: IO[bytes], numbers: Mapping[int, int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._numbers = numbers

    def persistent_id(self, thing: Any) -> int | None:
        return self._numbers.get(id(thing))


class _Reader(pickle.Unpickler):
    """Of our own file, in a folder of the owner's."""

    def __init__(self, file: IO[bytes], shared: Sequence[Any]) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, number: int) -> Any:
        return self._shared[number]


def _state(thing: Any) -> list[Any]:
    return [getattr(thing, each.name) for each in fields(thing)]


def _made(kind: type, state: Sequence[Any]) -> Any:
    """Words that many have in common are one again."""
    thing: Any = object.__new__(kind)
    for each, value in zip(fields(kind), state, strict=True):
        object.__setattr__(thing, each.name, intern(value) if type(value) is str else value)
    return thing


def keep_seconds(out: Path, seconds: Mapping[str, float]) -> None:
    write_whole(out / _SECONDS, json.dumps(dict(seconds)).encode())


def kept_seconds(out: Path) -> dict[str, float]:
    path = out / _SECONDS
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
