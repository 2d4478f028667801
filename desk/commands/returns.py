"""What units get and send back: form, read, intake, pending, incidents, problems, sample."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from desk.console import AsJson, AsOfText, CampaignName, Data, SetFile, as_moment, bytes_of, out, show_json, use_data

app = typer.Typer()


@app.command()
def form(
    campaign: CampaignName,
    phase: str,
    unit: str,
    output: Annotated[Path, typer.Option("-o", "--output")],
    data: Data = None,
    set_file: SetFile = None,
) -> None:
    """Write the workbook that a unit would get; PHASE incident: the form for reports of incidents."""
    from desk.incidents import incident_workbook  # noqa: PLC0415
    from desk.plans import sample_workbook  # noqa: PLC0415

    use_data(data, set_file)
    made = incident_workbook(campaign, unit) if phase == "incident" else sample_workbook(campaign, phase, unit)
    output.write_bytes(made)
    out.print(f"已写出 {output}")


@app.command()
def read(file: Path, data: Data = None, as_json: AsJson = False, as_of: AsOfText = "") -> None:
    """Read a returned workbook as the intake would. Exit 0 accepted, 1 returned or refused."""
    from tasks.reading import read_file  # noqa: PLC0415

    use_data(data)
    told = read_file(bytes_of(file), as_moment(as_of))
    if as_json:
        show_json(told)
    else:
        out.print(f"{told['status']}  {told['campaign']} {told['phase']} {told['unit']}", highlight=False)
        for finding in told["findings"]:
            where = f"{finding['sheet']}!{finding['cell']}" if finding["cell"] else finding["sheet"]
            print(f"{finding['rule']} {where}: {finding['found']} → {finding['expected']} {finding['remedy']}")
    raise typer.Exit(0 if told["status"] == "accepted" else 1)


@app.command()
def intake(file: Path, data: Data = None, as_json: AsJson = False, as_of: AsOfText = "") -> None:
    """What the intake would do with a mail, without a trace in the store. Exit 0: nobody need do more about it."""
    from desk.mails import show_mail  # noqa: PLC0415
    from tasks.trying import is_fine, try_mail  # noqa: PLC0415

    use_data(data)
    told = try_mail(bytes_of(file), as_moment(as_of))
    if as_json:
        show_json(told)
    else:
        show_mail(out, told)
    raise typer.Exit(0 if is_fine(told) else 1)


@app.command()
def pending(
    campaign: CampaignName,
    accept: Annotated[int | None, typer.Option(help="take this mail: its sender is vouched for")] = None,
    dismiss: Annotated[int | None, typer.Option(help="put this mail away")] = None,
    by: Annotated[str, typer.Option(help="who decides (a post)")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Mails that wait for a person, and why; or decide on one of them."""
    from desk.waiting import decide, waiting  # noqa: PLC0415

    use_data(data)
    for number, is_accepted in ((accept, True), (dismiss, False)):
        if number is not None:
            decide(campaign, number, by, accept=is_accepted)
    rows = waiting(campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("编号", "收到", "发件人", "主题", "原因")
    for row in rows:
        table.add_row(str(row["id"]), row["received_at"], row["sender"], row["subject"], row["reason"])
    out.print(table)


@app.command()
def unsettled(
    campaign: CampaignName,
    sent: Annotated[int | None, typer.Option(help="this mail did arrive: asked, or seen in the sent mail")] = None,
    again: Annotated[int | None, typer.Option(help="this mail did not arrive: send it again")] = None,
    by: Annotated[str, typer.Option(help="who decides (a post)")] = "",
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Mails of which nobody knows whether they went out: looked for in the journal, or waiting for a person."""
    from desk.unsettled import decide, unknown_mails  # noqa: PLC0415

    use_data(data)
    for number, is_sent in ((sent, True), (again, False)):
        if number is not None:
            decide(campaign, number, by=by, is_sent=is_sent, at=as_moment(as_of))
    rows = unknown_mails(campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("编号", "失联", "单位", "地址", "主题", "由谁查明")
    for row in rows:
        who = f"存证邮箱（已查 {row['looks']} 次）" if row["is_looked_for"] else "人工"
        table.add_row(*(str(row[key]) for key in ("id", "lost_at", "unit", "address", "subject")), who)
    out.print(table)


@app.command()
def incidents(
    campaign: CampaignName,
    unit: Annotated[str, typer.Option(help="this unit and those below it")] = "",
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Reports of incidents: how each stands, its clocks, how late it was, who was told when."""
    from desk.incidents import show_incidents  # noqa: PLC0415
    from tasks.incident_status import incidents_of  # noqa: PLC0415

    use_data(data)
    rows = incidents_of(campaign, as_moment(as_of), unit)
    show_json(rows) if as_json else show_incidents(out, rows)


@app.command()
def problems(
    campaign: CampaignName,
    unit: Annotated[str | None, typer.Option(help="code of one unit")] = None,
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """The problem ledger: number, state, deadline, days overdue, and who said what when."""
    from desk.problem_list import problem_list, show_problems  # noqa: PLC0415

    use_data(data)
    told = problem_list(campaign, as_moment(as_of), unit)
    show_json(told) if as_json else show_problems(out, told)


@app.command()
def sample(
    campaign: CampaignName,
    plan: Annotated[str, typer.Argument(help="under samples:; none where there is one only")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The schools drawn for inspection and why each: as recorded, or as they would be drawn now."""
    from desk.samples import sample as drawn  # noqa: PLC0415

    use_data(data)
    told = drawn(campaign, plan)
    if as_json:
        show_json(told)
        return
    table = Table("代码", "学校", "学段", "办别", "所属", "入样理由")
    for row in told["schools"]:
        table.add_row(*(row[key] for key in ("code", "name", "stage", "kind", "county", "why")))
    out.print(table)
    out.print(f"{'已记录' if told['is_recorded'] else '预览'}：{len(told['schools'])} 所，种子 {told['seed']}")
