"""The command line. Exit status: 0 done, 1 the answer is no (faults, refusals, findings), 2 called wrongly."""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from oneledger.domain.errors import OneLedgerError
from oneledger.settings import Settings

app = typer.Typer(
    name="oneledger", help="一本账: campaigns by e-mailed Excel forms.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip
units_app = typer.Typer(help="The list of units (单位表).", no_args_is_help=True)
app.add_typer(units_app, name="units")
out = Console()
err = Console(stderr=True)

CampaignName = Annotated[str, typer.Argument(help="a file under config/campaigns, without .yaml")]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]
AsOfText = Annotated[str, typer.Option("--as-of", help="campaign time, e.g. 2021-03-15T17:00; default now")]
Data = Annotated[Path | None, typer.Option("--data", help="data folder; default $ONELEDGER_DATA or ./data")]
SetFile = Annotated[Path | None, typer.Option("--set", help="a file laid on top of the definition: its open dates")]
ExemptPairs = Annotated[list[str] | None, typer.Option("--exempt", help="CODE=reason, may be repeated")]

SHANGHAI = ZoneInfo("Asia/Shanghai")


def main() -> None:
    """Faults that people can mend are told in a line each, never as a traceback.

    Told to end, we end what we started: servers and workers are closed on the way out.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app(standalone_mode=True)
    except OneLedgerError as fault:
        err.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def as_moment(text: str) -> datetime:
    """Local time in China where no zone is given; empty: now."""
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise typer.BadParameter(f"{text!r} is no moment; write 2021-03-15T17:00") from fault
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def use_data(data: Path | None, overrides: Path | None = None) -> Settings:
    for name, path in (("ONELEDGER_DATA", data), ("ONELEDGER_OVERRIDES", overrides)):
        if path is not None:
            os.environ[name] = str(path)
    return Settings()


def show_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def exempt_map(pairs: list[str] | None) -> dict[str, str]:
    found = {}
    for pair in pairs or []:
        code, sign, reason = pair.partition("=")
        if not sign or not reason:
            raise typer.BadParameter(f"{pair!r}: write CODE=reason; an exemption needs a reason")
        found[code] = reason
    return found


@app.command()
def check(campaign: CampaignName, set_file: SetFile = None, as_json: AsJson = False) -> None:
    """Check a campaign's definition and print its calendar, or every fault with file, line and key."""
    from desk.plans import campaign_calendar  # noqa: PLC0415  commands load what they need

    rows = campaign_calendar(use_data(None, set_file), campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("时间", "阶段", "事项", title=campaign)
    for row in rows:
        table.add_row(row["at"] + ("（推定）" if row["is_estimated"] else ""), row["phase"], row["title"])
    out.print(table)
    if any(row["is_estimated"] for row in rows):
        out.print("（推定）：当年放假安排尚未录入 config/calendar，只按周末推算，请在国务院通知公布后补录。")


@app.command("copy")
def copy_command(
    campaign: CampaignName,
    new: Annotated[str, typer.Argument(help="name of the new file under config/campaigns")],
    opens: Annotated[str, typer.Option(help="when its first phase opens, e.g. 2027-02-24")],
) -> None:
    """Write a new campaign from an old one, its dates moved by whole weeks."""
    from desk.copying import copy_campaign  # noqa: PLC0415

    path = copy_campaign(Settings(), campaign, new, as_moment(opens).date())
    out.print(f"已写出 {path}，请核对标题、文号和日期。", highlight=False)


@units_app.command("import")
def units_import(file: Path, data: Data = None, as_json: AsJson = False) -> None:
    """Import units from xlsx or csv; nothing is imported while any row is bad."""
    from desk import unit_lists  # noqa: PLC0415

    use_data(data)
    units, faults = unit_lists.read(file)
    if faults:
        show_json(faults) if as_json else err.print("\n".join(faults), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)
    changes = unit_lists.import_(units)
    summary = {"added": len(changes.added), "changed": len(changes.changed), "missing": len(changes.missing)}
    if as_json:
        show_json(summary)
    else:
        out.print("新增 {added}，改动 {changed}，表中不再出现 {missing}".format(**summary))


@units_app.command("check")
def units_check(file: Path, as_json: AsJson = False) -> None:
    """List every bad row with its line; exit 1 if there is one."""
    from desk import unit_lists  # noqa: PLC0415

    units, faults = unit_lists.read(file)
    if as_json:
        show_json({"units": len(units), "faults": faults})
    else:
        out.print(
            "\n".join(faults) or f"{len(units)} 个单位，没有发现问题。", markup=False, highlight=False, soft_wrap=True
        )
    raise typer.Exit(1 if faults else 0)


@units_app.command("list")
def units_list(data: Data = None, as_json: AsJson = False) -> None:
    """The units as imported."""
    from desk import unit_lists  # noqa: PLC0415

    use_data(data)
    known = unit_lists.listed()
    if as_json:
        show_json(known)
        return
    for unit in known:
        print(f"{unit['code']}\t{unit['level']}\t{unit['name']}\t{unit['reports_to'] or ''}")


@units_app.command("template")
def units_template(file: Path) -> None:
    """Write an empty list of units to fill in."""
    from desk import unit_lists  # noqa: PLC0415

    unit_lists.write_template(file)
    out.print(f"已写出 {file}")


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
    if not file.is_file():
        raise typer.BadParameter(f"{file}: no such file")
    told = read_file(file.read_bytes(), as_moment(as_of))
    if as_json:
        show_json(told)
    else:
        out.print(f"{told['status']}  {told['campaign']} {told['phase']} {told['unit']}", highlight=False)
        for finding in told["findings"]:
            where = f"{finding['sheet']}!{finding['cell']}" if finding["cell"] else finding["sheet"]
            print(f"{finding['rule']} {where}: {finding['found']} → {finding['expected']} {finding['remedy']}")
    raise typer.Exit(0 if told["status"] == "accepted" else 1)


@app.command()
def plan(
    campaign: CampaignName,
    data: Data = None,
    as_of: AsOfText = "",
    exempt: ExemptPairs = None,
    samples: Annotated[Path | None, typer.Option(help="write a sample mail and workbook per level here")] = None,
    set_file: SetFile = None,
    as_json: AsJson = False,
) -> None:
    """What launching would send, to whom, on which days. Nothing is sent. Exit 1 if it may not be armed."""
    from desk.plans import show_plan, write_samples  # noqa: PLC0415
    from tasks.launching import make_plan  # noqa: PLC0415

    use_data(data, set_file)
    made = make_plan.fn(campaign, as_moment(as_of), exempt_map(exempt))
    show_json({"mails": made.mails, **asdict(made)}) if as_json else show_plan(out, made)
    if samples is not None:
        for path in write_samples(campaign, samples, as_moment(as_of)):
            err.print(f"样例 {path}", highlight=False)
    raise typer.Exit(1 if made.refusals else 0)


@app.command()
def arm(
    campaign: CampaignName,
    mails: Annotated[int, typer.Option(help="type the number of mails of the plan's first phase")],
    name: Annotated[str, typer.Option(help="type the campaign's name once more")],
    by: Annotated[str, typer.Option(help="who approved it (a post)")] = "operator",
    data: Data = None,
    as_of: AsOfText = "",
    exempt: ExemptPairs = None,
    set_file: SetFile = None,
) -> None:
    """Freeze the campaign and let the clock run."""
    from tasks.launching import arm_campaign  # noqa: PLC0415

    use_data(data, set_file)
    arm_campaign.fn(campaign, as_moment(as_of), typed_name=name, typed_mails=mails, by=by, exempt=exempt_map(exempt))
    out.print(f"{campaign} 已启动。")


@app.command()
def run(campaign: CampaignName, data: Data = None, as_of: AsOfText = "") -> None:
    """One look: do whatever is due, then end. Safe to repeat."""
    settings, at = use_data(data), as_moment(as_of)
    from desk.window import window  # noqa: PLC0415

    with window(settings.data / "prefect"):
        from flows.look import look  # noqa: PLC0415  Prefect reads its environment when it is imported

        state = look(campaign, at, return_state=True)
    if not state.is_completed():
        err.print(str(state.message), markup=False, soft_wrap=True)
        raise typer.Exit(1)
    _show_status(campaign, as_json=False)


@app.command()
def status(campaign: CampaignName, data: Data = None, as_json: AsJson = False) -> None:
    """How the campaign stands: mails, returns and what waits for a person."""
    use_data(data)
    _show_status(campaign, as_json=as_json)


def _show_status(campaign: str, *, as_json: bool) -> None:
    from desk.status import show_status  # noqa: PLC0415
    from tasks.status import campaign_status  # noqa: PLC0415

    told = campaign_status(campaign)
    show_json(told) if as_json else show_status(out, told)


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


@app.command("carry-over")
def carry_over_command(
    before: Annotated[str, typer.Argument(help="the campaign that ends")],
    after: Annotated[str, typer.Argument(help="the one that goes on; it must be armed")],
    by: Annotated[str, typer.Option(help="who decides (a post)")],
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Take open problems, under their numbers, and units with incidents into the next campaign. Safe to repeat."""
    from tasks.carrying import carry_over  # noqa: PLC0415

    use_data(data)
    told = carry_over(before, after, by, as_moment(as_of))
    if as_json:
        show_json(told)
        return
    out.print(f"转入未销号问题 {len(told.problems)} 个；列入回头看的单位 {len(told.units)} 个。", highlight=False)
    if told.left_behind:
        out.print(f"有 {len(told.left_behind)} 个问题的单位不在 {after} 的名单里，没有转入：", highlight=False)
        out.print("\n".join(told.left_behind), highlight=False)


@app.command()
def shift(
    campaign: CampaignName,
    phase: Annotated[str, typer.Argument(help="leave out to list what was moved")] = "",
    unit: Annotated[str, typer.Argument(help="code of the unit")] = "",
    due_on: Annotated[str, typer.Argument(help="its new date, e.g. 2018-07-06")] = "",
    reason: Annotated[str, typer.Option(help="why, e.g. 7月9日放假")] = "",
    by: Annotated[str, typer.Option(help="who decided (a post)")] = "",
    below: Annotated[bool, typer.Option("--below", help="all units below it that may move theirs")] = False,
    data: Data = None,
    as_of: AsOfText = "",
    as_json: AsJson = False,
) -> None:
    """Move a unit's date of a phase around its vacation, within the phase's bounds; or list such moves."""
    from desk.shifting import move, recorded  # noqa: PLC0415

    use_data(data)
    if phase:
        if not unit or not due_on:
            raise typer.BadParameter("write PHASE UNIT DATE, or only the campaign to list what was moved")
        day, at = as_moment(due_on).date(), as_moment(as_of)
        moved = move(campaign, phase, unit, day, reason=reason, by=by, is_for_all_below=below, as_of=at)
        err.print(f"已调整 {moved} 个单位的报送日。", highlight=False)
    rows = recorded(campaign)
    if as_json:
        show_json(rows)
        return
    table = Table("单位", "阶段", "报送日", "原因", "经手", "登记于")
    for row in rows:
        table.add_row(*(row[key] for key in ("unit", "phase", "due_on", "reason", "by", "at")))
    out.print(table)


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
) -> None:
    """Rehearse a whole campaign against simulated schools; exit 1 if any figure differs from the truth."""
    from desk.demo import rehearse_with_progress  # noqa: PLC0415

    use_data(None, set_file)
    raise typer.Exit(rehearse_with_progress(out, campaign, schools, seed, out_dir))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="end by itself")] = False,
    schools: Annotated[int, typer.Option(min=1)] = 300,
    out_dir: Annotated[Path, typer.Option("--out")] = Path("demo"),
) -> None:
    """Rehearse Liaoning's 2021 campaign, print the funnel, leave the Prefect UI open."""
    from desk.demo import run_demo  # noqa: PLC0415

    raise typer.Exit(run_demo(out, schools, out_dir, stay=not once))


Command = Callable[..., None]

if __name__ == "__main__":
    main()
