"""Launch in two steps: the plan shows what would go out; arming freezes the campaign and lets the clock run."""

from typing import Annotated

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

from flows.running import AsOf, CampaignId, moment, run_name
from flows.scheduling import schedule_milestones
from oneledger.domain.launch_plan import LaunchPlan
from tasks.launching import arm_campaign, make_plan, plan_as_markdown

TypedName = Annotated[str, Field(description="为确认，请原样输入专项行动的代号")]
TypedMails = Annotated[int, Field(description="为确认，请输入方案中第一阶段将要发出的邮件数")]
By = Annotated[str, Field(description="批准启动的人（职务即可）")]
Exempt = Annotated[dict[str, str] | None, Field(description="豁免的单位：代码 → 理由")]


@flow(name="plan", flow_run_name=run_name, log_prints=True)
def plan(campaign_id: CampaignId, exempt: Exempt = None, as_of: AsOf = None) -> LaunchPlan:
    """How many mails to whom on which days, and why it must not go yet. Nothing is sent."""
    made = make_plan(campaign_id, moment(as_of), exempt)
    create_markdown_artifact(plan_as_markdown(made), key=f"plan-{campaign_id}", description=f"启动方案 {campaign_id}")
    return made


@flow(name="launch", flow_run_name=run_name, log_prints=True)
def launch(
    campaign_id: CampaignId,
    typed_name: TypedName,
    typed_mails: TypedMails,
    by: By,
    exempt: Exempt = None,
    as_of: AsOf = None,
) -> LaunchPlan:
    """Arm the campaign. Refused, with every reason, unless the name and the number of mails are typed right."""
    plan_of_record: LaunchPlan = arm_campaign(
        campaign_id, moment(as_of), typed_name=typed_name, typed_mails=typed_mails, by=by, exempt=exempt
    )
    print(f"{schedule_milestones(campaign_id)} milestones scheduled")  # noqa: T201  shown in the run's log
    return plan_of_record
