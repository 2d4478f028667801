"""How runs are named, which moment they see, and how failures are shown."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from prefect.futures import PrefectFuture, wait
from prefect.runtime import flow_run
from pydantic import Field

from oneledger.domain.packs import pack_name
from oneledger.store import pulses
from tasks.office import office, running

CampaignId = Annotated[str, Field(description="专项行动的代号，即 config/campaigns 下的文件名，如 liaoning-2021")]
EVERY = "*"  # every armed campaign
AsOf = Annotated[datetime | None, Field(description="按哪一时刻处理；留空为现在")]


class StepsFailedError(Exception):
    """Some packs failed; all others were done. The next look tries the failed ones again."""


def moment(as_of: datetime | None) -> datetime:
    """Only flows read the clock, and only where nobody said which moment is meant."""
    return as_of or datetime.now(UTC)


def is_made_good(job: str, as_of: datetime | None) -> bool:
    """A scheduled run that comes late, where a run that began after its time has done the job: of a backlog only the
    first works, and a run made twice for one time finds it done. Never where a moment was asked for."""
    due = None if as_of else flow_run.scheduled_start_time
    if due is None:
        return False
    with office().store.read() as connection:
        last = pulses.last(connection).get(job)
    return last is not None and last > due


def run_name() -> str:
    """``collect-liaoning-2021-0315-1700``: ASCII, since the run graph drops Chinese characters."""
    parameters = flow_run.parameters
    as_of = parameters.get("as_of")
    at = moment(datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of)
    campaign = parameters.get("campaign_id", EVERY).replace(EVERY, "all")
    return f"{flow_run.flow_name}-{campaign}-{at:%m%d-%H%M}"


def finished(futures: Sequence[PrefectFuture[Any]]) -> list[Any]:
    """Every result; raises StepsFailedError naming what failed, after all have ended."""
    wait(list(futures))
    faults = [str(future.state.message) for future in futures if not future.state.is_completed()]
    if faults:
        raise StepsFailedError("; ".join(faults))
    return [future.result() for future in futures]


def labels(campaign_id: str, made: Iterable[dict[str, list[Any]]]) -> list[str]:
    names = {code: unit.name for code, unit in running(campaign_id).units.items() if unit.level != "school"}
    return [pack_name(pack, names) for pack in made]
