"""Many packs are worked through in processes of their own, as many as there are cores.

Threads are no help: what the packs do is Python's own work, and SQLite gives the lock away at every row it reads, so
four threads took longer than one. Whoever dies leaves its pack to the next look.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import Any, TypeVar

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from oneledger.adapters.with_parent import end_with_parent
from oneledger.domain.errors import TransientError

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
A_FEW = 2  # packs that are not worth the two seconds in which a process starts
OURS = "ONELEDGER_"

Made = TypeVar("Made")


class WorkerLostError(TransientError):
    """A process died in the middle of a pack: killed, or out of memory. The pack is tried again."""


def pack_runner() -> TaskRunner[Any]:
    """As many packs at a time as there are cores."""
    return ThreadPoolTaskRunner(max_workers=CORES)


def is_many(packs: int) -> bool:
    return packs > A_FEW and CORES > 1


def worked(deed: Callable[..., Made], *args: Any, is_one_of_many: bool) -> Made:
    """What the deed returns. One of a few is done here, one after the other; one of many in another process.

    Raises what the deed raises, and WorkerLostError.
    """
    if not is_one_of_many:
        with _alone:
            return deed(*args)
    try:
        return _pool().submit(_done, _environment(), deed, args).result()
    except BrokenProcessPool as fault:
        _pool.cache_clear()
        raise WorkerLostError("a worker process ended before its work was done") from fault


_alone = threading.Lock()


@cache
def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(CORES, multiprocessing.get_context("spawn"), end_with_parent)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key.startswith(OURS)}


def _done(environment: Mapping[str, str], deed: Callable[..., Made], args: tuple[Any, ...]) -> Made:
    """In the worker, which may have been started for another data folder."""
    for key in _environment():
        del os.environ[key]
    os.environ.update(environment)
    return deed(*args)
