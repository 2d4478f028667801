"""What a coordinator looks at before anything is sent: the calendar, the plan, samples."""

from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from oneledger.domain.campaigns import open_dates
from oneledger.domain.errors import RefusedError
from oneledger.domain.launch_plan import LaunchPlan
from oneledger.domain.schedule import milestones
from oneledger.settings import Settings, load_calendar
from tasks.asking import make_letter, make_workbook
from tasks.launching import draft, load_definition, sample_assignment
from tasks.picturing import LEVEL_NAMES


def campaign_calendar(settings: Settings, name: str) -> list[dict[str, Any]]:
    """Every moment at which something happens. Raises DefinitionError, or RefusedError naming dates left open."""
    campaign, _ = load_definition(settings, name)
    missing = open_dates(campaign)
    if missing:
        raise RefusedError(
            [
                f"{settings.config}/campaigns/{name}.yaml: {key}: 日期未定，启动前请填写，或另写一份文件用 --set 给出"
                for key in missing
            ]
        )
    calendar = load_calendar(settings.config)
    return [
        {
            "at": f"{each.at:%Y-%m-%d %H:%M}",
            "phase": each.phase,
            "title": each.title,
            "levels": list(each.levels),
            "is_estimated": calendar.is_estimated(each.at.date()),
        }
        for each in milestones(campaign, calendar)
    ]


def show_plan(console: Console, plan: LaunchPlan) -> None:
    table = Table("阶段", "发出日", "邮件数", "按层级", "发完日", "最早截止", title=f"{plan.units} 个单位")
    for each in plan.phases:
        by_level = " ".join(
            f"{title} {each.by_level[level]}" for level, title in LEVEL_NAMES.items() if level in each.by_level
        )
        days = [str(day or "未定") for day in (each.opens_on, each.last_day, each.first_due)]
        table.add_row(each.title, days[0], str(each.mails), by_level, days[1], days[2])
    console.print(table)
    console.print(_burden_table(plan))
    console.print(f"启动时请输入邮件数：{plan.mails}", highlight=False)
    for doubt in plan.doubts:
        console.print(f"请留意：{doubt}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    for reason in plan.refusals:
        console.print(f"不能启动：{reason}", style="red", markup=False, highlight=False, soft_wrap=True)


def _burden_table(plan: LaunchPlan) -> Table:
    """Cells of one unit's workbook; the last three columns: of each row of a list whose length is the unit's own."""
    heads = ("阶段", "报送材料", "填报方", "必填", "视情况填", "已预填", "每条必填", "每条视情况", "每条已预填")
    titles = {each.phase: each.title for each in plan.phases}
    table = Table(*heads, title="一个单位一份表格要填多少格")
    for each in plan.burdens:
        cells = [str(count) for count in (each.required, each.if_it_applies, each.prefilled)]
        rows = (each.row_required, each.row_if_it_applies, each.row_prefilled)
        listed = [str(count) if any(rows) else "" for count in rows]
        table.add_row(titles[each.phase], each.title, LEVEL_NAMES[each.level], *cells, *listed)
    return table


def sample_workbook(name: str, phase: str, code: str) -> bytes:
    """The workbook a unit would get, signed with a throw-away key: it can answer nothing."""
    here = draft(name)
    if code not in here.units:
        raise RefusedError([f"no unit {code} in the list of units"])
    if phase not in {each.phase for each in here.campaign.phases}:
        raise RefusedError([f"no phase {phase}; phases: {', '.join(each.phase for each in here.campaign.phases)}"])
    for each in here.campaign.deliverables_of(phase):
        if each.kind == "workbook" and here.units[code].level in each.respondents.levels:
            return make_workbook(here, sample_assignment(here, each, code), [])[1]
    raise RefusedError([f"phase {phase} asks no workbook of a {here.units[code].level}"])


def write_samples(name: str, folder: Path, as_of: datetime) -> list[Path]:
    """For each workbook and level: the mail (eml) and its attachment, for the first unit of that level."""
    here = draft(name)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for each in here.campaign.deliverables:
        for level in each.respondents.levels if each.kind == "workbook" else ():
            code = next(unit.code for unit in here.units.values() if unit.level == level)
            assignment = sample_assignment(here, each, code)
            file_name, content, _ = make_workbook(here, assignment, [])
            row, _ = make_letter(here, code, [assignment], {}, as_of)
            for path, data in ((folder / file_name, content), (folder / f"{each.deliverable}_{code}.eml", row.content)):
                path.write_bytes(data)
                written.append(path)
    return written
