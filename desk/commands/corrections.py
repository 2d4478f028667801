"""What is done about verdicts: waivers, queries and their reasons, rules that are mended, returns reviewed again."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from desk.console import AsJson, AsOfText, CampaignName, Data, as_moment, err, out, show_json, use_data

app = typer.Typer()
By = Annotated[str, typer.Option(help="who decides (name and post)")]
Reason = Annotated[str, typer.Option(help="why; kept for ever")]


@app.command()
def waive(
    campaign: CampaignName,
    unit: Annotated[str, typer.Argument(help="code of the unit")] = "",
    rule: Annotated[str, typer.Argument(help="e.g. LG-012")] = "",
    sheet: Annotated[str, typer.Option(help="only in this sheet")] = "",
    cell: Annotated[str, typer.Option(help="only this cell, e.g. U7")] = "",
    row: Annotated[int | None, typer.Option(help="only this row of the sheet")] = None,
    until: Annotated[str, typer.Option(help="for what is received until this day, e.g. 2021-03-31")] = "",
    revoke: Annotated[int | None, typer.Option(help="take back the waiver of this number")] = None,
    reason: Reason = "",
    by: By = "",
    data: Data = None,
    as_of: AsOfText = "",
) -> None:
    """Let an error pass for one unit until a date, on record; or take that back. Then `review-again` what came."""
    from oneledger.domain.waivers import Waiver  # noqa: PLC0415
    from tasks import waiving  # noqa: PLC0415

    use_data(data)
    at = as_moment(as_of)
    if revoke is not None:
        waiving.revoke(campaign, revoke, reason=reason, by=by, at=at)
        out.print(f"已撤销豁免第 {revoke} 号。", highlight=False)
        return
    if not (unit and rule and until):
        raise typer.BadParameter("write UNIT RULE --until DATE --reason … --by …, or --revoke NUMBER")
    day = as_moment(until).date()
    number = waiving.waive(campaign, Waiver(unit, rule, day, reason, by, at, sheet, cell, row))
    out.print(f"已登记豁免第 {number} 号：{unit} {rule}，至 {day}。", highlight=False)


@app.command()
def waivers(campaign: CampaignName, data: Data = None, as_of: AsOfText = "", as_json: AsJson = False) -> None:
    """Every waiver: for whom, of what, until when, by whom, why, and whether it holds."""
    from desk.corrections import listed_waivers  # noqa: PLC0415

    use_data(data)
    rows = listed_waivers(campaign, as_moment(as_of))
    if as_json:
        show_json(rows)
        return
    table = Table("编号", "单位", "规则", "位置", "至", "状态", "经手", "原因")
    for each in rows:
        table.add_row(*(str(each[key]) for key in ("id", "unit", "rule", "place", "until", "state", "by", "reason")))
    out.print(table)


@app.command()
def queries(
    campaign: CampaignName,
    unit: Annotated[str, typer.Option(help="code of one unit")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Queries about the last version of each return: answered with which reason, or open and how often asked."""
    from desk.corrections import listed_queries  # noqa: PLC0415

    use_data(data)
    rows = listed_queries(campaign, unit)
    if as_json:
        show_json(rows)
        return
    table = Table("单位", "名称", "表", "单元格", "规则", "写的是", "疑问", "说明")
    for each in rows:
        answer = each["reason"] or f"未说明（问过 {each['asked']} 次）"
        table.add_row(*(each[key] for key in ("unit", "name", "sheet", "cell", "rule", "found", "remedy")), answer)
    out.print(table)


@app.command()
def amend(
    campaign: CampaignName,
    form: Annotated[Path | None, typer.Option(help="the form with its mended rules; leave out to list")] = None,
    reason: Reason = "",
    by: By = "",
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Mend the rules of a form in a launched campaign, on record; columns and facts stay. Or list what was mended."""
    from desk.corrections import listed_amendments, mend  # noqa: PLC0415

    use_data(data)
    if form is not None:
        rules = mend(campaign, form, reason=reason, by=by, at=as_moment(as_of))
        err.print(f"已改规则：{'、'.join(rules)}。已报来的，用 review-again 重新核对。", highlight=False)
    rows = listed_amendments(campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("编号", "时间", "表", "规则", "经手", "原因")
    for each in rows:
        table.add_row(str(each["id"]), each["at"], each["form"], "、".join(each["rules"]), each["by"], each["reason"])
    out.print(table)


@app.command("review-again")
def review_again(
    campaign: CampaignName,
    unit: Annotated[str, typer.Option(help="code of one unit")] = "",
    phase: Annotated[str, typer.Option(help="one phase")] = "",
    rule: Annotated[str, typer.Option(help="only returns with a form that has this rule")] = "",
    is_dry: Annotated[bool, typer.Option("--dry-run", help="say what would change, change nothing")] = False,
    reason: Reason = "",
    by: By = "",
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Judge earlier returns anew by today's rules and waivers; tell only the units whose verdict changed."""
    from desk.corrections import show_outcome  # noqa: PLC0415
    from tasks.reviewing_again import Scope, review_again as again  # noqa: PLC0415

    use_data(data)
    scope, at = Scope(unit, phase, rule), as_moment(as_of)
    outcome = again(campaign, scope, by=by, reason=reason, as_of=at, is_dry=is_dry)
    show_json(outcome) if as_json else show_outcome(out, outcome, is_dry=is_dry)
