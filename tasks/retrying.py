"""Which faults waiting cures, for every task alike."""

from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task
from sqlalchemy.exc import OperationalError

from oneledger.domain.errors import TransientError


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    fault = state.data
    return isinstance(fault, TransientError | OperationalError | ConnectionError | TimeoutError)


STORE_RETRIES: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": [2, 10],
    "retry_condition_fn": is_transient,
    "persist_result": False,
    "cache_policy": NO_CACHE,
}
