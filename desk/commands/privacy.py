"""People's data: quarantine, access log, certificate of deletion, forgetting."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from desk.console import AsJson, AsOfText, CampaignName, Data, as_moment, out, show_json, use_data

app = typer.Typer()


@app.command()
def quarantine(
    campaign: CampaignName,
    number: Annotated[int | None, typer.Option("--open", help="write this original to -o; recorded first")] = None,
    by: Annotated[str, typer.Option(help="who looks (name and post)")] = "",
    reason: Annotated[str, typer.Option(help="why; kept for ever")] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="a new .eml file")] = None,
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Mails with pupils' data, sealed: who sent them and what kinds, never the data. --open needs --by and --reason."""
    from desk.quarantine import under_seal, write_original  # noqa: PLC0415

    use_data(data)
    if number is not None:
        if output is None:
            raise typer.BadParameter("--open needs -o FILE")
        write_original(campaign, number, output, by=by, reason=reason, at=as_moment(as_of))
    rows = under_seal(campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("编号", "单位", "名称", "含有", "封存", "删除", "查看次数")
    for row in rows:
        kinds = "、".join(f"{kind}{count}处" for kind, count in row["kinds"].items())
        deleted = "已删除" if row["is_deleted"] else row["delete_at"]
        table.add_row(str(row["id"]), row["unit"], row["name"], kinds, row["found_at"], deleted, str(row["views"]))
    out.print(table)


@app.command("access-log")
def access_log(campaign: CampaignName, data: Data = None, as_json: AsJson = False) -> None:
    """Who saw or deleted people's data, when and why. Nothing of it can be altered."""
    from desk.quarantine import events_of  # noqa: PLC0415

    use_data(data)
    rows = events_of(campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("时间", "谁", "做了什么", "对象", "原因")
    for row in rows:
        table.add_row(row["at"], row["by"], row["deed"], row["about"], row["reason"])
    out.print(table)


@app.command()
def certificate(
    campaign: CampaignName,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="a text file")] = None,
    data: Data = None,
) -> None:
    """What was deleted when the campaign's retention date had passed, and what remains. Exit 1: nothing yet."""
    from tasks.retention import certificate as certified  # noqa: PLC0415

    use_data(data)
    told = certified(campaign)
    if output is None:
        print(told, end="")
    else:
        output.write_text(told, encoding="utf-8")
        out.print(f"已写出 {output}", highlight=False)


@app.command()
def forget(
    campaign: CampaignName,
    word: Annotated[str, typer.Argument(help="a name or number as it was written; - reads it from standard input")],
    delete: Annotated[bool, typer.Option("--delete", help="take it out; without it, only say where it stands")] = False,
    by: Annotated[str, typer.Option(help="who decides (name and post)")] = "",
    reason: Annotated[str, typer.Option(help="why; kept for ever")] = "",
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """A person asks to be forgotten: where a word stands in a campaign; with --delete it is taken out, on record."""
    from tasks.forgetting import (  # noqa: PLC0415
        UNALTERABLE,
        forget as forgotten,
        search,
    )

    use_data(data)
    wanted = typer.get_text_stream("stdin").readline().strip() if word == "-" else word
    told = (
        forgotten(campaign, wanted, by=by, reason=reason, at=as_moment(as_of))
        if delete
        else search(campaign, wanted).counts
    )
    if as_json:
        show_json(told)
        return
    for place, count in told.items():
        out.print(f"{place}: {count}", highlight=False)
    if told.get(UNALTERABLE):
        out.print("incident_entry：事件报告链是处理记录，不作改动。")
    out.print("已删除，已记录。" if delete else "只是查找，没有改动；加 --delete --by --reason 删除。")
