"""Our flows as Prefect deployments: intervals for collect and send, milestones as scheduled runs that can be seen."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from prefect import serve

from flows.collect import collect
from flows.deploy import deploy
from flows.inspect import inspect
from flows.launch import launch, plan
from flows.look import look
from flows.publish import publish
from flows.rectify import rectify
from flows.running import EVERY
from flows.scheduling import DEPLOYMENT, schedule_milestones
from flows.send import send
from flows.shift import shift
from oneledger.store import campaigns
from tasks.office import office

_LOOK_SECONDS = 30  # between looks for newly armed campaigns


def _deployments(collect_minutes: int) -> list[Any]:
    return [
        plan.to_deployment(DEPLOYMENT, description="启动前的方案：发给谁、发多少、哪天发；不发任何邮件。"),
        launch.to_deployment(DEPLOYMENT, description="启动专项行动：需要输入名称和邮件数。"),
        look.to_deployment(DEPLOYMENT, description="看一眼：把该做的都做了。可以重复运行。"),
        shift.to_deployment(DEPLOYMENT, description="调整某单位某阶段的报送日：须在规定范围内，记下原因和经手人。"),
        publish.to_deployment(DEPLOYMENT, description="某次定稿的报告：没有的补上并下发。"),
        send.to_deployment(DEPLOYMENT, interval=timedelta(minutes=1), description="发信：按限额每分钟发一批。"),
        deploy.to_deployment(DEPLOYMENT, tags=["deploy"], description="部署摸底"),
        rectify.to_deployment(DEPLOYMENT, tags=["rectify"], description="集中整治"),
        inspect.to_deployment(DEPLOYMENT, tags=["inspect"], description="督导检查"),
        collect.to_deployment(
            DEPLOYMENT,
            interval=timedelta(minutes=collect_minutes),
            parameters={"campaign_id": EVERY},
            description="定时收信、审核、答复。",
        ),
    ]


def serve_deployments(collect_minutes: int, say: Callable[[str], None]) -> None:
    """Blocks. Milestones are scheduled as soon as the deployments exist, and those of a campaign that is armed later
    within half a minute, however and wherever it was armed."""
    threading.Thread(target=_keep_scheduled, args=(say,), daemon=True).start()
    serve(*_deployments(collect_minutes), pause_on_shutdown=False)


def _keep_scheduled(say: Callable[[str], None]) -> None:
    done: set[str] = set()
    while True:
        time.sleep(2 if not done else _LOOK_SECONDS)
        try:
            with office().store.read() as connection:
                names = campaigns.names(connection)
            for name in sorted(set(names) - done):
                if count := schedule_milestones(name):
                    done.add(name)
                    say(f"{name}：已安排 {count} 个后续节点")
        except Exception as fault:  # noqa: BLE001  the server may be restarting: the next round tries again
            say(f"暂时不能安排后续节点：{fault}")
            time.sleep(_LOOK_SECONDS)
