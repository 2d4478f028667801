"""The steps that every phase's flow is made of, and how failures are shown."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from prefect import unmapped
from prefect.futures import PrefectFuture, wait
from prefect.runtime import flow_run
from pydantic import Field

from oneledger.domain.campaigns import PhaseKind
from oneledger.domain.packs import pack_name, packs
from tasks.asking import ask, open_phase, units_to_ask
from tasks.office import running
from tasks.reminding import digest, remind

CampaignId = Annotated[str, Field(description="专项行动的代号，即 config/campaigns 下的文件名，如 liaoning-2021")]
AsOf = Annotated[datetime | None, Field(description="按哪一时刻处理；留空为现在")]


class StepsFailedError(Exception):
    """Some packs failed; all others were done. The next look tries the failed ones again."""


def moment(as_of: datetime | None) -> datetime:
    """Only flows read the clock, and only where nobody said which moment is meant."""
    return as_of or datetime.now(UTC)


def run_name() -> str:
    """``collect-liaoning-2021-0315-1700``: ASCII, since the run graph drops Chinese characters."""
    parameters = flow_run.parameters
    as_of = parameters.get("as_of")
    at = moment(datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of)
    return f"{flow_run.flow_name}-{parameters.get('campaign_id', 'all')}-{at:%m%d-%H%M}"


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


def phases_open(campaign_id: str, kind: PhaseKind, as_of: datetime) -> list[str]:
    here = running(campaign_id)
    today = as_of.astimezone(here.zone).date()
    return [
        phase.phase
        for phase in here.campaign.phases
        if phase.kind is kind and phase.opens_on is not None and phase.opens_on <= today
    ]


def ask_everyone(campaign_id: str, phase: str, as_of: datetime) -> int:
    """Plan the mail of every unit that has none yet, county by county."""
    made = packs(units_to_ask(campaign_id, phase), least=100)
    ids = [[number for county in pack.values() for number in county] for pack in made]
    futures = ask.map(unmapped(campaign_id), unmapped(phase), ids, unmapped(as_of), labels(campaign_id, made))
    return sum(finished(futures))


def bring(campaign_id: str, phase: str, as_of: datetime) -> None:
    """Bring a phase to where it ought to be: asked, reminded, its collectors told. Twice is the same as once."""
    open_phase(campaign_id, phase, as_of)
    ask_everyone(campaign_id, phase, as_of)
    remind(campaign_id, phase, as_of)
    digest(campaign_id, phase, as_of)
