"""From a definition to an armed campaign and on: check, copy, plan, arm, run, status, carry-over, shift."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from desk.console import (
    AsJson,
    AsOfText,
    CampaignName,
    Data,
    ExemptPairs,
    SetFile,
    as_moment,
    err,
    exempt_map,
    out,
    show_json,
    use_data,
)
from oneledger.settings import Settings

app = typer.Typer()


@app.command()
def check(campaign: CampaignName, set_file: SetFile = None, as_json: AsJson = False) -> None:
    """Check a campaign's definition and print its calendar, or every fault with file, line and key."""
    from desk.plans import campaign_calendar  # noqa: PLC0415  commands load what they need
    from tasks.picturing import LEVEL_NAMES  # noqa: PLC0415

    rows = campaign_calendar(use_data(None, set_file), campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("时间", "阶段", "事项", "层级", title=campaign)
    for row in rows:
        at = row["at"] + ("（推定）" if row["is_estimated"] else "")
        table.add_row(at, row["phase"], row["title"], "、".join(LEVEL_NAMES[each] for each in row["levels"]))
    out.print(table)
    if any(row["is_estimated"] for row in rows):
        out.print("（推定）：当年放假安排尚未录入 config/calendar，只按周末推算，请在国务院通知公布后补录。")


@app.command("copy")
def copy_command(
    campaign: CampaignName,
    new: Annotated[str, typer.Argument(help="name of the new file under config/campaigns")],
    opens: Annotated[str, typer.Option(help="when its first phase opens, e.g. 2027-02-24")],
) -> None:
    """Write a new campaign from an old one, its dates moved by whole weeks."""
    from desk.copying import copy_campaign  # noqa: PLC0415

    path = copy_campaign(Settings(), campaign, new, as_moment(opens).date())
    out.print(f"已写出 {path}，请核对标题、文号和日期。", highlight=False)


@app.command()
def plan(
    campaign: CampaignName,
    data: Data = None,
    as_of: AsOfText = "",
    exempt: ExemptPairs = None,
    samples: Annotated[Path | None, typer.Option(help="write a sample mail and workbook per level here")] = None,
    set_file: SetFile = None,
    as_json: AsJson = False,
) -> None:
    """What launching would send, to whom, on which days. Nothing is sent. Exit 1 if it may not be armed."""
    from desk.plans import show_plan, write_samples  # noqa: PLC0415
    from tasks.launching import make_plan  # noqa: PLC0415

    use_data(data, set_file)
    made = make_plan.fn(campaign, as_moment(as_of), exempt_map(exempt))
    show_json({"mails": made.mails, **asdict(made)}) if as_json else show_plan(out, made)
    if samples is not None:
        for path in write_samples(campaign, samples, as_moment(as_of)):
            err.print(f"样例 {path}", highlight=False)
    raise typer.Exit(1 if made.refusals else 0)


@app.command()
def arm(
    campaign: CampaignName,
    mails: Annotated[int, typer.Option(help="type the number of mails of the plan's first phase")],
    name: Annotated[str, typer.Option(help="type the campaign's name once more")],
    by: Annotated[str, typer.Option(help="who approved it (a post)")] = "operator",
    data: Data = None,
    as_of: AsOfText = "",
    exempt: ExemptPairs = None,
    set_file: SetFile = None,
) -> None:
    """Freeze the campaign and let the clock run."""
    from tasks.launching import arm_campaign  # noqa: PLC0415

    use_data(data, set_file)
    arm_campaign.fn(campaign, as_moment(as_of), typed_name=name, typed_mails=mails, by=by, exempt=exempt_map(exempt))
    out.print(f"{campaign} 已启动。")


@app.command()
def run(campaign: CampaignName, data: Data = None, as_of: AsOfText = "") -> None:
    """One look: do whatever is due, then end. Safe to repeat."""
    settings, at = use_data(data), as_moment(as_of)
    from desk.window import lock_of, window  # noqa: PLC0415

    with window(settings.data / "prefect", lock=lock_of(settings)):
        from flows.look import look  # noqa: PLC0415  Prefect reads its environment when it is imported
        from tasks.office import running  # noqa: PLC0415

        running(campaign)
        state = look(campaign, at, return_state=True)
    if not state.is_completed():
        err.print(str(state.message), markup=False, soft_wrap=True)
        raise typer.Exit(1)
    _show_status(campaign, as_json=False)


@app.command()
def status(campaign: CampaignName, data: Data = None, as_of: AsOfText = "", as_json: AsJson = False) -> None:
    """How the campaign stands: mails, returns and what waits for a person."""
    use_data(data)
    _show_status(campaign, as_json=as_json, at=as_moment(as_of))


def _show_status(campaign: str, *, as_json: bool, at: datetime | None = None) -> None:
    from desk.status import show_status  # noqa: PLC0415
    from tasks.status import campaign_status  # noqa: PLC0415

    told = campaign_status(campaign, at)
    show_json(told) if as_json else show_status(out, told)


@app.command("carry-over")
def carry_over_command(
    before: Annotated[str, typer.Argument(help="the campaign that ends")],
    after: Annotated[str, typer.Argument(help="the one that goes on; it must be armed")],
    by: Annotated[str, typer.Option(help="who decides (a post)")],
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Take open problems, under their numbers, and units with incidents into the next campaign. Safe to repeat."""
    from tasks.carrying import carry_over  # noqa: PLC0415

    use_data(data)
    told = carry_over(before, after, by, as_moment(as_of))
    if as_json:
        show_json(told)
        return
    out.print(f"转入未销号问题 {len(told.problems)} 个；列入回头看的单位 {len(told.units)} 个。", highlight=False)
    if told.left_behind:
        out.print(f"有 {len(told.left_behind)} 个问题的单位不在 {after} 的名单里，没有转入：", highlight=False)
        out.print("\n".join(told.left_behind), highlight=False)


@app.command()
def shift(
    campaign: CampaignName,
    phase: Annotated[str, typer.Argument(help="leave out to list what was moved")] = "",
    unit: Annotated[str, typer.Argument(help="code of the unit")] = "",
    due_on: Annotated[str, typer.Argument(help="its new date, e.g. 2018-07-06")] = "",
    reason: Annotated[str, typer.Option(help="why, e.g. 7月9日放假")] = "",
    by: Annotated[str, typer.Option(help="who decided (a post)")] = "",
    below: Annotated[bool, typer.Option("--below", help="all units below it that may move theirs")] = False,
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Move a unit's date of a phase around its vacation, within the phase's bounds; or list such moves."""
    from desk.shifting import move, recorded  # noqa: PLC0415

    use_data(data)
    if phase:
        if not unit or not due_on:
            raise typer.BadParameter("write PHASE UNIT DATE, or only the campaign to list what was moved")
        day, at = as_moment(due_on).date(), as_moment(as_of)
        moved = move(campaign, phase, unit, day, reason=reason, by=by, is_for_all_below=below, as_of=at)
        err.print(f"已调整 {moved.dates} 个单位的报送日。", highlight=False)
        for doubt in moved.doubts:
            err.print(f"请留意：{doubt}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    rows = recorded(campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("单位", "阶段", "报送日", "原因", "经手", "登记于")
    for row in rows:
        table.add_row(*(row[key] for key in ("unit", "phase", "due_on", "reason", "by", "at")))
    out.print(table)
