"""Our flows as Prefect deployments: intervals for collect and send, milestones as scheduled runs that can be seen."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import serve
from prefect.deployments import run_deployment

from flows.collect import collect
from flows.deploy import deploy
from flows.inspect import inspect
from flows.launch import launch, plan
from flows.look import look
from flows.publish import publish
from flows.rectify import rectify
from flows.send import send
from oneledger.domain.schedule import Milestone, milestones
from oneledger.store import campaigns
from tasks.office import office, running

NAME = "oneledger"
_FLOW_OF_KIND = {"deploy": deploy, "rectify": rectify, "inspect": inspect}


def _deployments(names: list[str], collect_minutes: int) -> list[Any]:
    made = [
        plan.to_deployment(NAME, description="启动前的方案：发给谁、发多少、哪天发；不发任何邮件。"),
        launch.to_deployment(NAME, description="启动专项行动：需要输入名称和邮件数。"),
        look.to_deployment(NAME, description="看一眼：把该做的都做了。可以重复运行。"),
        publish.to_deployment(NAME, description="到期定稿并下发报告。"),
        send.to_deployment(NAME, interval=timedelta(minutes=1), description="发信：按限额每分钟发一批。"),
        *(each.to_deployment(NAME, tags=[kind]) for kind, each in _FLOW_OF_KIND.items()),
        collect.to_deployment(NAME, description="收信、审核、答复。"),
    ]
    made.extend(
        collect.to_deployment(
            f"{NAME}-{name}",
            interval=timedelta(minutes=collect_minutes),
            parameters={"campaign_id": name},
            tags=[name],
            description="定时收信。",
        )
        for name in names
    )
    return made


def serve_deployments(collect_minutes: int, say: Callable[[str], None]) -> None:
    """Blocks. Milestones of armed campaigns are scheduled once the deployments exist, each under its own key."""
    with office().store.read() as connection:
        names = campaigns.names(connection)
    made = _deployments(names, collect_minutes)
    timer = threading.Timer(8, schedule_all, (names, say))
    timer.daemon = True
    timer.start()
    serve(*made, pause_on_shutdown=False)


def schedule_all(names: list[str], say: Callable[[str], None]) -> None:
    for name in names:
        say(f"{name}：已安排 {schedule_milestones(name)} 个后续节点")


def schedule_milestones(name: str) -> int:
    """Scheduled runs for every milestone to come; the key makes a second call change nothing."""
    here = running(name)
    now = datetime.now(UTC)
    kinds = {phase.phase: phase.kind.value for phase in here.campaign.phases}
    coming = [each for each in milestones(here.campaign, here.office.calendar) if each.at > now]
    for each in coming:
        _schedule(name, kinds[each.phase], each)
    return len(coming)


def _schedule(name: str, kind: str, milestone: Milestone) -> None:
    """Figures are frozen by a whole look, which takes in the mail first; the rest is the phase's own flow.

    No ``as_of``: a run that starts late must see the world as it is then.
    """
    run_deployment(
        f"{'look' if milestone.kind == 'report' else kind}/{NAME}",
        parameters={"campaign_id": name},
        scheduled_time=milestone.at,
        idempotency_key=f"{name}-{milestone.key}",
        flow_run_name=f"{milestone.phase}-{milestone.kind}-{milestone.at:%m%d-%H%M} {milestone.title}",
        tags=[name, milestone.phase, milestone.kind],
        timeout=0,
        as_subflow=False,
    )
