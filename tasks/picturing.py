"""What operators see in the Prefect pages: funnel, completeness by county, the mails' states."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from sqlalchemy import Connection

from oneledger.domain.campaigns import Phase
from oneledger.domain.pictures import as_markdown_image, funnel_svg
from oneledger.domain.signoff import State, standings
from oneledger.store import assignments, outbox, signatures, snapshots
from tasks.office import Running, running
from tasks.outlooks import CountyRow, outlook_page
from tasks.retrying import STORE_RETRIES

SETTLED_AFTER = timedelta(days=14)  # then the pictures of a phase change no more
KIND_NAMES = {"docx": "报告", "xlsx": "汇总表", "circular": "情况通报", "public": "公开版", "volume": "汇编"}
LEVEL_NAMES = {"ministry": "部级", "province": "省级", "city": "市级", "county": "县级", "school": "学校"}


@task(task_run_name="show-progress-{name}", **STORE_RETRIES)
def show_progress(name: str, as_of: datetime) -> None:
    """One funnel and one table per phase under way; the newest version is what the Artifacts page shows."""
    here = running(name)
    with here.office.store.read() as connection:
        under_way = [phase for phase in here.campaign.phases if not _is_settled(phase, as_of)]
        owed = [(phase, assignments.by_county(connection, name, phase.phase)) for phase in under_way]
        shown = [
            (
                phase,
                _funnel(here, connection, phase.phase, counties, as_of),
                _completeness(here, counties),
                outlook_page(here, connection, phase, counties, as_of),
            )
            for phase, counties in owed
            if counties
        ]
    for phase, funnel, completeness, outlook in shown:
        create_markdown_artifact(funnel, key=f"funnel-{name}-{phase.phase}", description=f"{phase.title} 进度漏斗")
        create_table_artifact(
            completeness, key=f"completeness-{name}-{phase.phase}", description=f"{phase.title} 各县报送情况"
        )
        create_markdown_artifact(
            outlook, key=f"outlook-{name}-{phase.phase}", description=f"{phase.title} 进度图和预计"
        )


def _is_settled(phase: Phase, as_of: datetime) -> bool:
    return phase.ends_on is None or as_of.date() > phase.ends_on + SETTLED_AFTER


def _funnel(here: Running, connection: Connection, phase: str, counties: Sequence[CountyRow], as_of: datetime) -> str:
    mails = outbox.asked(connection, here.name, phase)
    signed = signed_offices(here, connection, phase)
    frozen = [each for each in snapshots.of_campaign(connection, here.name) if each.phase == phase]
    parts = [f"截至 {as_of.astimezone(here.zone):%Y-%m-%d %H:%M}", ""]
    total = sum(n for *_, n in counties)
    answered = sum(n for _, _, status, n in counties if status in ("returned", "zero"))
    steps = [
        ("应报", total),
        ("已编制", sum(mails.get(state, 0) for state in _WRITTEN)),
        ("已发出", mails.get("sent", 0)),
        ("有效回收", answered),
    ]
    parts += [as_markdown_image(funnel_svg(steps), "进度漏斗"), ""]
    parts += ["| 层级 | 应报 | 已报 | 零报告 | 豁免 | 未报 | 已审核签报 |", "|---|---|---|---|---|---|---|"]
    for level, title in LEVEL_NAMES.items():
        counts = _counts(counties, level)
        if sum(counts.values()):
            parts.append(f"| {title} | {sum(counts.values())} | " + " | ".join(map(str, counts.values())))
            parts[-1] += f" | {_signed(here, level, signed)} |"
    return "\n".join([*parts, "", f"已定稿 {len(frozen)} 次。"])


def _signed(here: Running, level: str, signed: Mapping[str, int]) -> str:
    """Offices of a level that signed the last report of the phase; nothing where nobody is asked."""
    asked = {step.level for step in here.campaign.sign_off if step.days is not None}
    return str(signed.get(level, 0)) if level in asked else ""


def signed_offices(here: Running, connection: Connection, phase: str) -> Counter[str]:
    """Level -> how many offices stand as signed for the phase's latest report. Supplements to it ask a few anew."""
    supplements = [each.milestone for each in snapshots.of_campaign(connection, here.name, ["supplement"])]
    milestone = signatures.latest_milestone(connection, here.name, phase, but=supplements)
    found = standings(signatures.of_campaign(connection, here.name, milestone)) if milestone else {}
    return Counter(here.units[unit].level for (_, unit), each in found.items() if each.state is State.SIGNED)


_WRITTEN = ("planned", "claimed", "sending", "sent", "deferred", "failed", "unknown")
_STATUSES = ("returned", "zero", "exempt", "missing")


def _counts(counties: Sequence[CountyRow], level: str) -> dict[str, int]:
    counts = dict.fromkeys(_STATUSES, 0)
    for _, unit_level, status, count in counties:
        if unit_level == level:
            counts[status] += count
    return counts


def _completeness(here: Running, counties: Sequence[CountyRow]) -> list[dict[str, Any]]:
    table: dict[str, dict[str, int]] = {}
    for county, _, status, count in counties:
        table.setdefault(county, dict.fromkeys(_STATUSES, 0))[status] += count
    told = []
    for code, counts in sorted(table.items()):
        expected = sum(counts.values()) - counts["exempt"]
        done = counts["returned"] + counts["zero"]
        told.append(
            {
                "代码": code,
                "单位": here.units[code].name if code in here.units else "",
                "应报": expected,
                "已报": counts["returned"],
                "零报告": counts["zero"],
                "未报": counts["missing"],
                "完成率": f"{done * 100 // expected if expected else 100}%",
            }
        )
    return told


@task(task_run_name="show-reports-{milestone}", **STORE_RETRIES)
def show_reports(name: str, milestone: str) -> None:
    """Where each office's report of a snapshot lies."""
    here = running(name)
    with here.office.store.read() as connection:
        frozen = snapshots.found(connection, name, milestone)
        paths = snapshots.reports(connection, frozen.id) if frozen else {}
    rows = [
        {"代码": code, "单位": here.units[code].name, "类别": KIND_NAMES.get(kind, kind), "文件": path}
        for (code, kind), path in sorted(paths.items())
    ]
    create_table_artifact(rows, key=f"reports-{name}-{milestone}", description=f"{milestone} 各单位报告所在位置")
