"""Waivers, queries, mended rules and changed verdicts as people and programs read them."""

from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from oneledger.domain.amendments import changed_rules
from oneledger.domain.forms import Form
from oneledger.domain.waivers import Waiver
from oneledger.settings import read_model
from oneledger.store import verdicts
from tasks.amending import amend, amendments_of
from tasks.office import running
from tasks.reviewing_again import Outcome
from tasks.waiving import waivers_of

WORDS = {"accepted": "接收", "returned": "退回改正", "refused": "不能读取"}


def listed_waivers(name: str, at: datetime) -> list[dict[str, Any]]:
    zone = running(name).zone
    today = at.astimezone(zone).date()

    def row(each: Waiver) -> dict[str, Any]:
        state = "revoked" if each.revoked_at else "holds" if each.holds_on(today) else "expired"
        place = f"{each.sheet} {each.cell}{f'第{each.row}行' if each.row else ''}".strip()
        return {
            "id": each.id, "unit": each.unit, "rule": each.rule, "place": place, "until": str(each.until),
            "state": state, "by": each.by, "reason": each.reason, "at": f"{each.at.astimezone(zone):%Y-%m-%d %H:%M}",
            "revoked_by": each.revoked_by,
        }  # fmt: skip

    return [row(each) for each in waivers_of(name)]


def listed_queries(name: str, unit: str) -> list[dict[str, Any]]:
    here = running(name)
    with here.office.store.read() as connection:
        found = verdicts.last_findings(connection, name)
    return [
        {
            "unit": code, "name": here.units[code].name, "phase": phase, "deliverable": deliverable,
            "version": version, "rule": each.rule, "sheet": each.sheet, "cell": each.cell, "found": each.found,
            "remedy": each.remedy, "reason": each.reason, "asked": each.asked, "is_open": each.is_open,
        }
        for phase, deliverable, code, version, findings in found
        for each in findings
        if each.level == "query" and unit in ("", code)
    ]  # fmt: skip


def mend(name: str, path: Path, *, reason: str, by: str, at: datetime) -> list[str]:
    return amend(name, read_model(path, Form), reason=reason, by=by, at=at)


def listed_amendments(name: str) -> list[dict[str, Any]]:
    zone = running(name).zone
    return [
        {
            "id": each.id, "at": f"{each.at.astimezone(zone):%Y-%m-%d %H:%M}", "form": each.form,
            "rules": changed_rules(Form.model_validate(each.before), Form.model_validate(each.after)),
            "by": each.by, "reason": each.reason,
        }
        for each in amendments_of(name)
    ]  # fmt: skip


def show_outcome(out: Console, outcome: Outcome, *, is_dry: bool) -> None:
    table = Table("单位", "名称", "报送事项", "第几次", "原结论", "现结论", "规则", "去信")
    for each in outcome.changed:
        table.add_row(
            each.unit, each.name, each.deliverable, str(each.version), WORDS[each.before], WORDS[each.after],
            "、".join(each.rules), each.mail,
        )  # fmt: skip
    out.print(table)
    told = sum(bool(each.mail) for each in outcome.changed)
    deed = "将去信" if is_dry else "去信"
    out.print(
        f"核对 {outcome.returns} 份，结论或内容有变 {len(outcome.changed)} 份，{deed} {told} 封。", highlight=False
    )
    if outcome.unread:
        out.print(f"原件已不能读取，保留原结论：{'；'.join(outcome.unread)}", highlight=False)
