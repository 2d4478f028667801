"""Which faults waiting cures, for every task alike."""

from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task
from sqlalchemy.exc import IntegrityError, OperationalError

from oneledger.domain.errors import TransientError


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    return _is_cured_by_waiting(state.data)


def _is_cured_by_waiting(fault: object) -> bool:
    """IntegrityError: another run did the same work in the meantime; looked at again, there is nothing left to do."""
    if isinstance(fault, ExceptionGroup):
        return all(map(_is_cured_by_waiting, fault.exceptions))
    return isinstance(fault, TransientError | OperationalError | IntegrityError | ConnectionError | TimeoutError)


STORE_RETRIES: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": [2, 10],
    "retry_condition_fn": is_transient,
    "persist_result": False,
    "cache_policy": NO_CACHE,
}
