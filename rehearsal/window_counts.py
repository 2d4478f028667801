"""What the Prefect server saw of a rehearsal: how many task runs, how long each kind of flow ran."""

from collections import Counter

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags

_PAGE = 200


def task_run_count() -> int:
    with get_client(sync_client=True) as client:
        answer = client._client.post("/task_runs/count", json={})  # noqa: SLF001  the sync client has no call for it
        answer.raise_for_status()
        return int(answer.json())


def flow_seconds() -> dict[str, float]:
    """Flow name -> seconds in all its runs; a flow's time includes that of the flows it calls."""
    seconds: Counter[str] = Counter()
    with get_client(sync_client=True) as client:
        names = {flow.id: flow.name for flow in client.read_flows(limit=_PAGE)}
        offset = 0
        while runs := client.read_flow_runs(flow_run_filter=_everything(), limit=_PAGE, offset=offset):
            for run in runs:
                seconds[names.get(run.flow_id, "?")] += run.total_run_time.total_seconds()
            offset += len(runs)
    return {name: round(total, 1) for name, total in sorted(seconds.items())}


def _everything() -> FlowRunFilter:
    return FlowRunFilter(tags=FlowRunFilterTags())
