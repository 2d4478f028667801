"""How a campaign stands, on the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

_COLUMNS = {
    "assigned": "应报", "mailed": "已发", "delivered": "已达", "returned": "已报", "zero": "零报告", "exempt": "豁免",
    "missing": "未报", "late": "迟报", "corrections": "退回更正", "reminders": "催报", "reports": "报告",
}  # fmt: skip


def show_status(console: Console, told: dict[str, Any]) -> None:
    if held := told["hold"]:
        words = f"暂停发信（HOLD）：自 {held['since'][:16]}，{held['reason']}。核对后用 oneledger release 解除。"
        console.print(words, style="red", highlight=False, soft_wrap=True)
    for words in told["silences"]:
        console.print(words, style="red", highlight=False, soft_wrap=True)
    table = Table(title=told["title"], padding=(0, 0))
    for heading in ("阶段", *_COLUMNS.values()):
        table.add_column(heading, overflow="fold", justify="left" if heading == "阶段" else "right")
    for phase, counts in told["phases"].items():
        table.add_row(phase, *(str(counts[key]) for key in _COLUMNS))
    console.print(table)
    for phase, counts in told["phases"].items():
        if "seal_missing" in counts:
            words = "{seal_received} 份已收，{seal_missing} 份未收（其中电子版已收 {copy_only} 份）".format(**counts)
            console.print(f"{phase} 盖章件：{words}", highlight=False)
    states = "，".join(f"{state} {count}" for state, count in sorted(told["mail"].items()))
    console.print(f"发件：{states or '无'}；等人处理的来件 {len(told['person'])} 封", highlight=False)
    if held := told["inbox"].get("held"):
        console.print(f"超过发件人每日限额、留待次日处理的来件 {held} 封", highlight=False)
    disk = told["disk"]
    if disk["free_mb"] < disk["low_water_mb"]:
        console.print(
            f"磁盘只剩 {disk['free_mb']} MB：已停止收信，来信留在邮箱里，请腾出空间", style="red", highlight=False
        )
    back = told["bounces"]
    words = (
        "退信：地址失效 {hard}，暂时 {soft}，对方拒收或限频 {sender}；没有可用邮箱、等新邮箱的 {stranded} 封".format(
            **back
        )
    )
    console.print(words, highlight=False)
    if back["is_paused"]:
        why = f"：{back['why']}" if "why" in back else ""
        console.print(
            f"已暂停发信{why}。核对名单后用 oneledger resume {told['campaign']} 继续。", style="red", highlight=False
        )
