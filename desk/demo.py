"""The rehearsal with progress bars, and the demo that leaves the Prefect UI open."""

import shutil
import signal
import threading
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from desk.window import window, without_heartbeats
from rehearsal.plan import Rehearsal
from rehearsal.run import rehearse

CAMPAIGN = "liaoning-2021"


def rehearse_with_progress(console: Console, plan: Rehearsal) -> int:
    """0 where every figure and mail was as the truth says, else 1."""
    console.print("启动 Prefect 界面和本机邮局 …", highlight=False)
    plan.out.mkdir(parents=True, exist_ok=True)
    with window(plan.out / "prefect") as address, without_heartbeats():
        told = _rehearsed(console, plan, address)
    show_summary(console, told, plan.out)
    return 0 if told["is_true"] else 1


def run_demo(console: Console, schools: int, out: Path, *, stay: bool) -> int:
    """Rehearse into a folder of its own; the last demo's is replaced."""
    if (out / "summary.json").exists() or (out / "post_office.log").exists():
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    console.print(f"演练 {CAMPAIGN}：{schools} 所虚构学校。", highlight=False)
    console.print("先启动 Prefect 界面和本机邮局（约 20 秒）…", highlight=False)
    with window(out / "prefect") as address:
        with without_heartbeats():
            told = _rehearsed(console, Rehearsal(CAMPAIGN, schools, 7, out), address)
        show_summary(console, told, out)
        if stay:
            console.print(f"Prefect 界面：{address} （按 Ctrl-C 结束）", highlight=False)
            until_interrupted()
    return 0 if told["is_true"] else 1


def _rehearsed(console: Console, plan: Rehearsal, address: str) -> dict[str, Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("演练", total=None)

        def show(what: str, done: int, of: int) -> None:
            bar.update(task, description=f"演练 {what}", completed=done, total=of)

        return rehearse(plan, address, show)


_FUNNEL = {
    "assigned": "应报", "mailed": "已发", "delivered": "已达", "returned": "已报", "zero": "零报告", "exempt": "豁免",
    "missing": "未报", "late": "迟报", "corrections": "退回", "reminders": "催报", "reports": "报告",
}  # fmt: skip


def show_summary(console: Console, told: dict[str, Any], out: Path) -> None:
    table = Table(title=f"{told['schools']} 所学校，{told['units']} 个单位", padding=(0, 0))
    for heading in ("阶段", *_FUNNEL.values()):
        table.add_column(heading, overflow="fold", justify="left" if heading == "阶段" else "right")
    for phase, counts in told["phases"].items():
        table.add_row(phase, *(str(counts[key]) for key in _FUNNEL))
    console.print(table)
    console.print(
        f"核对数字 {told['figures_compared']} 个，不符 {told['difference_count']}；丢失 {told['lost']}，"
        f"重复 {told['duplicates']}；催报有误 {len(told['ladder_faults'])}；任务运行 {told['task_runs']} 次；"
        f"流程用时 {told['pipeline_seconds']} 秒，模拟学校用时 {told['schools_seconds']} 秒。",
        highlight=False,
    )
    for fault in [*told["differences"][:5], *told["lost_examples"][:5], *told["ladder_faults"][:5]]:
        console.print(f"不符：{fault}", style="red", markup=False, highlight=False, soft_wrap=True)
    for number, worker in enumerate(told.get("workers", ()), 1):
        said = f"第 {number} 个进程：发信 {worker['sent']} 封，收信 {worker['taken_in']} 封；看 {worker['looks']} 次"
        console.print(said, highlight=False)
    for title, name in (("报告", "reports"), ("邮件", "mail"), ("小结", "summary.json"), ("底账", "manifest.jsonl")):
        console.print(f"{title}：{out / name}", highlight=False)


def until_interrupted() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
