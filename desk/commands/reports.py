"""What comes out of it: report, trace, volume."""

from pathlib import Path
from typing import Annotated

import typer

from desk.console import AsJson, AsOfText, CampaignName, Data, as_moment, out, show_json, use_data

app = typer.Typer()


@app.command()
def report(
    campaign: CampaignName,
    unit: str,
    phase: str,
    output: Annotated[Path, typer.Option("-o", "--output", help="folder")] = Path(),
    kind: Annotated[
        str, typer.Option(help="published (report, workbook …), public, overall, special, circular, order")
    ] = "published",
    data: Data = None,
    *,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="PDF of the Word files too, where LibreOffice is installed")
    ] = False,
) -> None:
    """Write a unit's report and consolidated workbook of a phase's last snapshot, or another paper made from it."""
    from desk.reports import pdfs_of, write_paper, write_reports  # noqa: PLC0415

    use_data(data)
    published = kind == "published"
    made = (
        write_reports(campaign, unit, phase, output) if published else write_paper(campaign, unit, phase, kind, output)
    )
    printed = pdfs_of(made, output) if pdf else []
    for path in [*made, *printed]:
        print(path)
    if pdf and not printed:
        out.print("没有生成 PDF：本机没有安装 LibreOffice", highlight=False)


@app.command()
def trace(
    snapshot: Annotated[str, typer.Argument(help="as reports print it, e.g. liaoning-2021/deploy-0319")],
    unit: Annotated[str, typer.Argument(help="code of the unit whose report it is")],
    figure: Annotated[str, typer.Argument(help="the key beside the figure in the report's list of sources")],
    reread: Annotated[bool, typer.Option("--reread", help="read the cells once more from the archived mails")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Walk a figure down to units, returns, cells and mails. Exit 1 if the cells do not add up to it."""
    from desk.tracing import show_trace  # noqa: PLC0415
    from tasks.tracing import trace as traced  # noqa: PLC0415

    use_data(data)
    told = traced(snapshot, unit, figure, from_mails=reread)
    show_json(told) if as_json else show_trace(out, told)
    raise typer.Exit(0 if told["agrees"] else 1)


@app.command("volume")
def volume_command(
    campaign: CampaignName,
    output: Annotated[Path, typer.Option("-o", "--output", help="a docx file")],
    unit: Annotated[str, typer.Option(help="only of the units at and below this one; default everybody")] = "",
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Compile the articles that came into one Word volume, and list what should be asked before it is printed."""
    from desk.volumes import write_volume  # noqa: PLC0415

    use_data(data)
    told = write_volume(campaign, unit, output, as_moment(as_of))
    if as_json:
        show_json(told)
        return
    lacking = len(told["without"])
    words = f"已写出 {output}：{told['articles']} 篇，来自 {told['units']} 个单位；{lacking} 个单位还没有报来"
    out.print(words, highlight=False, soft_wrap=True)
    for each in told["questions"]:
        print(f"{each['unit']} {each['name']}  {each['sentence']}")
