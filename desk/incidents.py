"""Incidents on the terminal, and the form by which they are reported."""

from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from oneledger.domain.errors import RefusedError
from oneledger.domain.incident_words import length_text
from oneledger.store import campaigns
from tasks.incident_letters import make_incident_workbook
from tasks.launching import draft
from tasks.office import office, running


def show_incidents(console: Console, rows: list[dict[str, Any]]) -> None:
    headings = ("事件编号", "单位", "情况", "严重程度", "发现", "上报", "迟报或超时限", "已告知")
    table = Table(*headings, title=f"{len(rows)} 起事件")
    for row in rows:
        late = [
            f"{each['title']} {length_text(timedelta(minutes=each['late_minutes']))}"
            for each in row["clocks"]
            if each["late_minutes"]
        ]
        if not row["is_intact"]:
            late.append("记录被改动过")
        told = "、".join(each["unit_name"] for each in row["told"])
        moments = [_short(row[key]) for key in ("found_at", "reported_at")]
        table.add_row(
            row["incident_no"], row["unit_name"], row["state"], row["severity"] or "", *moments, "\n".join(late), told
        )
    console.print(table)


def _short(moment: str | None) -> str:
    return moment[5:16].replace("T", " ") if moment else ""


def incident_workbook(name: str, code: str) -> bytes:
    """Of a launched campaign the true form, which can be sent in; else a sample, which can answer nothing."""
    with office().store.read() as connection:
        is_launched = name in campaigns.names(connection)
    here = running(name) if is_launched else draft(name)
    if code not in here.units:
        raise RefusedError([f"no unit {code} in campaign {name}"])
    return make_incident_workbook(here, here.units[code])[1]
