"""What runs for longer: serve, rehearse, demo."""

from pathlib import Path
from typing import Annotated

import typer

from desk.console import CampaignName, Data, SetFile, out, use_data

app = typer.Typer()


@app.command()
def serve(
    data: Data = None,
    port: Annotated[int, typer.Option(help="of the Prefect UI, on 127.0.0.1")] = 4200,
    collect_minutes: Annotated[int, typer.Option(help="how often mail is taken in")] = 5,
) -> None:
    """Run the Prefect server with our deployments and schedules until interrupted."""
    settings = use_data(data)
    from desk.serving import serve_forever  # noqa: PLC0415

    serve_forever(settings, port, collect_minutes, lambda text: out.print(text, highlight=False))


@app.command()
def rehearse(
    campaign: CampaignName,
    out_dir: Annotated[Path, typer.Option("--out", help="an empty folder")],
    schools: Annotated[int, typer.Option(min=1)] = 300,
    seed: Annotated[int, typer.Option()] = 1,
    set_file: SetFile = None,
    workers: Annotated[int, typer.Option(min=1, help="processes that take each look at once")] = 1,
    database_url: Annotated[str, typer.Option(help="an empty PostgreSQL database; none: SQLite")] = "",
    files_url: Annotated[str, typer.Option(help="s3://bucket/an-empty-folder for mails and reports; none: --out")] = "",
    last: Annotated[str, typer.Option(help="end with this phase, before the next one opens")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="go on with the one in --out that was interrupted")] = False,
) -> None:
    """Rehearse a whole campaign against simulated schools; exit 1 if any figure differs from the truth."""
    from desk.demo import rehearse_with_progress  # noqa: PLC0415
    from rehearsal.plan import Rehearsal  # noqa: PLC0415

    use_data(None, set_file)
    plan = Rehearsal(
        campaign, schools, seed, out_dir, workers=workers, database_url=database_url, files_url=files_url,
        last=last, is_resumed=resume,
    )  # fmt: skip
    raise typer.Exit(rehearse_with_progress(out, plan))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="end by itself")] = False,
    schools: Annotated[int, typer.Option(min=1)] = 300,
    out_dir: Annotated[Path, typer.Option("--out")] = Path("demo"),
) -> None:
    """Rehearse Liaoning's 2021 campaign, print the funnel, leave the Prefect UI open."""
    from desk.demo import run_demo  # noqa: PLC0415

    raise typer.Exit(run_demo(out, schools, out_dir, stay=not once))
