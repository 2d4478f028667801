"""Many packs are worked through in processes of their own, as many as there are cores; one more is for what goes on
beside.

Threads are no help: what the packs do is Python's own work, and SQLite gives the lock away at every row it reads, so
four threads took longer than one. Whoever dies leaves its pack to the next look.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from oneledger.adapters.with_parent import end_with_parent
from oneledger.domain.errors import TransientError
from oneledger.domain.packs import Work, packs

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
A_FEW = 2  # packs that are not worth the two seconds in which a process starts
OURS = "ONELEDGER_"

Made = TypeVar("Made")


class WorkerLostError(TransientError):
    """A process died in the middle of a pack: killed, or out of memory. The pack is tried again."""


def pack_runner() -> TaskRunner[Any]:
    """As many packs at a time as there are cores, and as many that wait at their door: the server is told of one while
    another is worked on."""
    return ThreadPoolTaskRunner(max_workers=2 * CORES)


def shared_out(
    work: Mapping[str, list[Work]], least: int = 150, weight: Callable[[str], int] | None = None
) -> tuple[list[dict[str, list[Work]]], bool]:
    """Packs, and whether several cores do them sooner. Once the processes are there, little is worth sharing, too."""
    is_started = "packs" in _pools
    made = packs(work, least, weight, wanted=2 * CORES if is_started else 1)
    return made, CORES > 1 and len(made) > (1 if is_started else A_FEW)


def worked(deed: Callable[..., Made], *args: Any, is_one_of_many: bool) -> Made:
    """What the deed returns. One of a few is done here, one after the other; one of many in another process.

    Raises what the deed raises, and WorkerLostError.
    """
    if not is_one_of_many:
        with _alone:
            return deed(*args)
    return _elsewhere("packs", CORES, deed, args)


def worked_aside(deed: Callable[..., Made], *args: Any) -> Made:
    """As ``worked``, in a process that no pack waits for."""
    return _elsewhere("aside", 1, deed, args)


def _elsewhere(name: str, processes: int, deed: Callable[..., Made], args: tuple[Any, ...]) -> Made:
    with _opening:
        if name not in _pools:
            _pools[name] = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), end_with_parent)
        pool = _pools[name]
    try:
        return pool.submit(_done, _environment(), deed, args).result()
    except BrokenProcessPool as fault:
        with _opening:
            if _pools.get(name) is pool:  # else another has replaced it already
                del _pools[name]
        raise WorkerLostError("a worker process ended before its work was done") from fault


_alone = threading.Lock()
_opening = threading.Lock()
_pools: dict[str, ProcessPoolExecutor] = {}


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key.startswith(OURS)}


def _done(environment: Mapping[str, str], deed: Callable[..., Made], args: tuple[Any, ...]) -> Made:
    """In the worker, which may have been started for another data folder."""
    for key in _environment():
        del os.environ[key]
    os.environ.update(environment)
    return deed(*args)
