"""Sign-off, dated exceptions and snapshots: sign, signer, signatures, extend, exempt, move, snapshot."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from desk.console import AsJson, AsOfText, CampaignName, Data, as_moment, err, out, show_json, use_data

app = typer.Typer()

Unit = Annotated[str, typer.Argument(help="code of the unit")]
Phase = Annotated[str, typer.Argument(help="phase, e.g. deploy")]
Reason = Annotated[str, typer.Option(help="why; it is recorded")]
By = Annotated[str, typer.Option(help="who decided (a post); it is recorded")]


@app.command()
def sign(
    campaign: CampaignName,
    unit: Unit,
    phase: Phase,
    by: By,
    evidence: Annotated[str, typer.Option(help="where the signed paper is kept, e.g. 签报单第12号")],
    data: Data = None,
    as_of: AsOfText = "",
) -> None:
    """Record a signature that an office gave on paper. Twice is once."""
    from tasks.signers import sign_on_paper  # noqa: PLC0415  commands load what they need

    use_data(data)
    is_new = sign_on_paper(campaign, unit, phase, by=by, evidence=evidence, as_of=as_moment(as_of))
    err.print("已记录。" if is_new else "这些数字已经签过，没有再记。", highlight=False)


@app.command()
def signer(
    campaign: CampaignName,
    unit: Unit,
    acting: Annotated[str, typer.Option(help="the address that may sign for the unit")],
    since: Annotated[str, typer.Option("--from", help="first day, e.g. 2021-03-15")],
    until: Annotated[str, typer.Option(help="last day")],
    by: By,
    reason: Reason,
    data: Data = None,
    as_of: AsOfText = "",
) -> None:
    """Let somebody sign for an office for a time (代签)."""
    from tasks.signers import name_acting  # noqa: PLC0415

    use_data(data)
    first, last = as_moment(since).date(), as_moment(until).date()
    name_acting(campaign, unit, acting, first, last, reason=reason, by=by, as_of=as_moment(as_of))
    err.print(f"{acting} 自 {first} 至 {last} 可以代 {unit} 签报。", highlight=False)


@app.command()
def signatures(campaign: CampaignName, data: Data = None, as_json: AsJson = False) -> None:
    """How each office's sign-off of each report stands, and who signed when."""
    from tasks.signers import signatures_of  # noqa: PLC0415

    use_data(data)
    rows = signatures_of(campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("定稿", "单位", "名称", "状态", "签于", "签报邮箱或经手")
    for row in rows:
        late = "（逾期）" if row["is_late"] else ""
        table.add_row(*(row[key] for key in ("milestone", "unit", "name")), row["state_text"] + late,
                      row["signed_at"], row["signed_by"])  # fmt: skip
    out.print(table)


@app.command()
def extend(
    campaign: CampaignName,
    unit: Unit,
    phase: Phase,
    due_on: Annotated[str, typer.Argument(help="its new date; it ends there")],
    reason: Reason,
    by: By,
    data: Data = None,
    as_of: AsOfText = "",
) -> None:
    """Give a unit more time, approved by somebody; reminders and lateness follow."""
    from tasks.excepting import extend as extend_unit  # noqa: PLC0415

    use_data(data)
    moved = extend_unit(campaign, unit, phase, as_moment(due_on).date(), reason=reason, by=by, as_of=as_moment(as_of))
    err.print("已延期。" if moved else "已经是这个日期，没有再记。", highlight=False)


@app.command()
def exempt(
    campaign: CampaignName,
    unit: Unit,
    reason: Reason,
    by: By,
    phase: Annotated[str, typer.Option(help="only this phase; default: all")] = "",
    closed: Annotated[bool, typer.Option("--closed", help="because it was closed")] = False,
    merged_into: Annotated[str, typer.Option(help="because it was merged into the unit of this code")] = "",
    data: Data = None,
    as_of: AsOfText = "",
) -> None:
    """Excuse a unit in mid-campaign: what it still owes is no longer expected. What it has returned counts on."""
    from tasks.excepting import change_unit  # noqa: PLC0415

    use_data(data)
    kind = "merged" if merged_into else "closed" if closed else "exempt"
    excused = change_unit(
        campaign, unit, kind, phase=phase, other=merged_into, reason=reason, by=by, as_of=as_moment(as_of)
    )
    err.print(f"免报 {excused} 份，已记录。", highlight=False)


@app.command()
def move(
    campaign: CampaignName,
    unit: Unit,
    under: Annotated[str, typer.Argument(help="code of the office that collects from it from now on")],
    reason: Reason,
    by: By,
    data: Data = None,
    as_of: AsOfText = "",
) -> None:
    """Another office collects from a unit from now on, and its figures count there, with all below it."""
    from tasks.excepting import change_unit  # noqa: PLC0415

    use_data(data)
    change_unit(campaign, unit, "moved", other=under, reason=reason, by=by, as_of=as_moment(as_of))
    err.print("已记录。", highlight=False)


@app.command()
def snapshot(
    campaign: Annotated[str, typer.Argument(help="the campaign; or the word verify, then the campaign")],
    phase: Annotated[str, typer.Argument(help="phase, e.g. deploy")],
    label: Annotated[str, typer.Option(help="what it is called, e.g. 今日17时")] = "",
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Freeze a phase's figures on demand, labelled with their coverage; `verify CAMPAIGN` works every stored snapshot
    out again from the returns alone and exits 1 where one differs."""
    from tasks.extra_snapshots import freeze_on_demand, verify_snapshots  # noqa: PLC0415

    use_data(data)
    if campaign != "verify":
        told = freeze_on_demand(campaign, phase, label, as_moment(as_of), datetime.now(UTC))
        show_json(told) if as_json else out.print(f"{told['snapshot']}\n{told['label']}", highlight=False)
        return
    rows = verify_snapshots(phase)
    if as_json:
        show_json(rows)
    for row in rows if not as_json else ():
        out.print(f"{'一致' if row['agrees'] else '不一致'} {row['snapshot']} {row['digest'][:16]}", highlight=False)
    raise typer.Exit(0 if all(row["agrees"] for row in rows) else 1)
