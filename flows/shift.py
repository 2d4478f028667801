"""A unit moves its date of a phase around its vacation, within bounds; the new reminders are scheduled (002-4)."""

from datetime import date
from typing import Annotated

from prefect import flow
from pydantic import Field

from flows.running import AsOf, CampaignId, moment, run_name
from flows.scheduling import schedule_milestones
from tasks.shifting import shift_units, units_below

PhaseName = Annotated[str, Field(description="阶段的代号，如 daily")]
UnitCode = Annotated[str, Field(description="单位代码；上级单位的代码和“含下级”一起用")]
DueOn = Annotated[date, Field(description="新的报送日")]
Reason = Annotated[str, Field(description="调整的原因，如 7月9日放假")]
By = Annotated[str, Field(description="经手人（职务即可）")]
Below = Annotated[bool, Field(description="含下级：该单位以下可以调整的单位一并调整")]


@flow(name="shift", flow_run_name=run_name, log_prints=True)
def shift(
    campaign_id: CampaignId, phase: PhaseName, unit: UnitCode, due_on: DueOn, reason: Reason, by: By,
    below: Below = False, as_of: AsOf = None,
) -> int:  # fmt: skip
    """Says how many dates were moved. Refused, with every reason, outside the bounds of the phase."""
    codes = units_below(campaign_id, unit, phase) if below else [unit]
    moved = shift_units(campaign_id, phase, codes, due_on, reason=reason, by=by, as_of=moment(as_of))
    if moved:
        schedule_milestones(campaign_id)
    return moved
