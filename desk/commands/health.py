"""Keeping it alive: doctor, backup, restore, release."""

from pathlib import Path
from typing import Annotated

import typer

from desk.console import AsJson, AsOfText, Data, as_moment, err, out, show_json, use_data
from oneledger.domain.health import is_well

app = typer.Typer()


@app.command()
def doctor(
    campaign: Annotated[str, typer.Argument(help="also look at this campaign's definition; default: all armed")] = "",
    probe: Annotated[
        bool, typer.Option("--probe", help="send a mail to our own reply address and see it come")
    ] = False,
    wait: Annotated[int, typer.Option(min=1, max=3600, help="seconds that --probe waits for it")] = 120,
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Ask every part that can stand in the way: one line each, what is wrong and what mends it. Exit 1 on a failure."""
    from desk.doctor import examined, show_checks  # noqa: PLC0415  commands load what they need

    checks = examined(use_data(data), campaign, as_moment(as_of), wait if probe else 0)
    show_json(checks) if as_json else show_checks(out, checks)
    raise typer.Exit(0 if is_well(checks) else 1)


@app.command()
def backup(
    output: Annotated[Path, typer.Option("-o", "--output", help="a new folder, best on another disk")],
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Copy database, archive and reports while everything runs. Exit 1: made, but something was gone already."""
    from tasks.backing_up import back_up  # noqa: PLC0415  commands load what they need

    told = back_up(use_data(data), output, as_moment(as_of))
    if as_json:
        show_json(told)
    else:
        size = sum(each["bytes"] for each in told["files"].values()) / 2**20
        out.print(f"已备份到 {output}：{len(told['files'])} 个文件，{size:.1f} MB。", highlight=False)
        out.print("\n".join(told["left_out"].values()), highlight=False)
        for kind, words in (("missing", "数据库里有、磁盘上没有"), ("damaged", "内容已与文件名的校验值不符")):
            for path in told[kind]:
                err.print(f"{path}：{words}，请从更早的备份找回", style="red", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if told["missing"] or told["damaged"] else 0)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="a folder made by backup")],
    to: Annotated[Path, typer.Option(help="the new data folder")],
    despite_faults: Annotated[bool, typer.Option("--despite-faults", help="although the trail shows faults")] = False,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Bring a backup back as a new data folder, in HOLD: nothing is sent until `release`."""
    from tasks.backing_up import restore as restored  # noqa: PLC0415

    settings = use_data(None)
    told = restored(
        folder, to, settings.database_url, as_moment(as_of), files_url=settings.files_url,
        despite_faults=despite_faults, say=lambda words: err.print(words, highlight=False),
    )  # fmt: skip
    if as_json:
        show_json(told)
        return
    out.print(
        f"已恢复到 {to}：审计 {told['entries']} 条，封存 {told['seals']} 次，链末端 {told['head']}",
        highlight=False,
        soft_wrap=True,
    )
    for fault in told["faults"]:
        err.print(fault, style="red", highlight=False, soft_wrap=True)
    out.print("现在暂停发信（HOLD），照常收信。请放回 seal.key，运行 oneledger doctor，再用 oneledger release 解除。")


@app.command("release")
def release_command(
    by: Annotated[str, typer.Option(help="who decides (a post)")],
    reason: Annotated[str, typer.Option(help="why; kept for ever")],
    i_know: Annotated[
        bool, typer.Option("--i-know", help="although it cannot be told what went out meanwhile")
    ] = False,
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """End HOLD after comparing with the journal box: what went out already is not sent again."""
    from tasks.holding import release  # noqa: PLC0415

    use_data(data)
    told = release(by=by, reason=reason, at=as_moment(as_of), i_know=i_know)
    if as_json:
        show_json(told)
        return
    for doubt in told["doubts"]:
        err.print(doubt, style="red", highlight=False, soft_wrap=True)
    out.print(f"已解除暂停；与存证邮箱核对后，确认早已发出的邮件 {told['settled']} 封。", highlight=False)
