"""What comes out of it: report, volume."""

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
    data: Data = None,
) -> None:
    """Write a unit's report and consolidated workbook of a phase's last snapshot."""
    from desk.reports import write_reports  # noqa: PLC0415

    use_data(data)
    for path in write_reports(campaign, unit, phase, output):
        print(path)


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
