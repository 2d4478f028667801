"""Whom a campaign writes to, and whether it may: contacts, resume."""

from typing import Annotated

import typer
from rich.table import Table

from desk.console import AsJson, AsOfText, CampaignName, Data, as_moment, out, show_json, use_data

app = typer.Typer()
_STANDINGS = {"good": "在用", "bounced": "在用（有过退信）", "dead": "已失效"}


@app.command()
def contacts(
    campaign: CampaignName,
    unit: Annotated[str, typer.Argument(help="one unit, with everything that happened to its addresses")] = "",
    address: Annotated[str, typer.Option("--set", help="the unit's new address; needs --by and --reason")] = "",
    person: Annotated[str, typer.Option("--name", help="the new contact's name")] = "",
    phone: Annotated[str, typer.Option(help="the new contact's telephone")] = "",
    old: Annotated[str, typer.Option(help="whose place it takes; default: what is dead, else the first")] = "",
    by: Annotated[str, typer.Option(help="who changes it (a post)")] = "",
    reason: Annotated[str, typer.Option(help="why; kept for ever")] = "",
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Units' contacts and how they stand; --set changes one at once, and mails that came back go out to it."""
    from oneledger.domain.contact_changes import Change  # noqa: PLC0415
    from tasks.contact_changes import contacts_of, set_contact  # noqa: PLC0415

    use_data(data)
    if address:
        if not unit:
            raise typer.BadParameter("--set needs the unit's code")
        set_contact(
            campaign, unit, Change(unit, address, person, phone, old), by=by, reason=reason, as_of=as_moment(as_of)
        )
    rows = contacts_of(campaign, unit or None)
    if as_json:
        show_json(rows)
        return
    table = Table("单位", "名称", "邮箱", "联系人", "状态", "退信", "待发")
    for row in rows:
        for each in row["contacts"]:
            back = f"{each['bounced_at']} {each['reason'][:60]}" if each["bounced_at"] else ""
            standing = _STANDINGS[each["standing"]]
            table.add_row(
                row["unit"], row["name"], each["email"], each["name"], standing, back, str(row["mails_waiting"])
            )
    out.print(table)


@app.command()
def resume(
    campaign: CampaignName,
    by: Annotated[str, typer.Option(help="who looked at the bounces (a post)")],
    reason: Annotated[str, typer.Option(help="what was found; kept")],
    data: Data = None,
    as_of: AsOfText = "",
) -> None:
    """Send again after too many bounces stopped the sending (more than 10 hard ones among the 200 mails sent last)."""
    from tasks.bounces import resume as resume_sending  # noqa: PLC0415

    use_data(data)
    resume_sending(campaign, by=by, reason=reason, as_of=as_moment(as_of))
    out.print(f"{campaign} 继续发信。")
