"""Who did what, proved and handed out: audit verify, audit list, evidence."""

from pathlib import Path
from typing import Annotated

import typer

from desk.console import AsJson, AsOfText, CampaignName, Data, as_moment, err, out, show_json, use_data

app = typer.Typer()
trail_app = typer.Typer(help="The trail of deeds (审计).", no_args_is_help=True)
app.add_typer(trail_app, name="audit")


@trail_app.command()
def verify(
    without_mails: Annotated[bool, typer.Option("--without-mails", help="do not read the archived mails")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Prove that nothing on the trail, and nothing it names, was altered. Exit 1 if something was."""
    from tasks.auditing import verify as verified  # noqa: PLC0415

    use_data(data)
    told = verified(with_mails=not without_mails)
    if as_json:
        show_json(told)
    else:
        words = f"共 {told['entries']} 条，{told['seals']} 次封存，未封存 {told['unsealed']} 条；链末端 {told['head']}"
        out.print(words, highlight=False, soft_wrap=True)
        for fault in told["faults"]:
            err.print(fault, style="red", markup=False, highlight=False, soft_wrap=True)
        if told["more_faults"]:
            err.print(f"另有 {told['more_faults']} 处", style="red", highlight=False)
    raise typer.Exit(1 if told["faults"] else 0)


@trail_app.command("list")
def list_command(
    campaign: CampaignName,
    unit: Annotated[str, typer.Option(help="code of one unit; default all")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The deeds of a campaign in order: when, who, what, about which unit."""
    from tasks.auditing import deeds  # noqa: PLC0415

    use_data(data)
    rows = deeds(campaign, unit)
    if as_json:
        show_json(rows)
        return
    for row in rows:
        print(f"{row['id']}\t{row['at']}\t{row['actor']}\t{row['deed']}\t{row['unit'] or ''}\t{row['detail']}")


@app.command()
def evidence(
    campaign: CampaignName,
    unit: str,
    output: Annotated[Path, typer.Option("-o", "--output", help="a zip file")],
    by: Annotated[str, typer.Option(help="who takes it (a post)")],
    reason: Annotated[str, typer.Option(help="what for")],
    data: Data = None,
    as_of: AsOfText = "",
) -> None:
    """Everything of one unit in one zip for a visiting inspection; who took it and why goes on the trail."""
    from tasks.evidence_pack import evidence_pack  # noqa: PLC0415

    use_data(data)
    output.write_bytes(evidence_pack(campaign, unit, by=by, reason=reason, at=as_moment(as_of)))
    out.print(f"已写出 {output}", highlight=False)
