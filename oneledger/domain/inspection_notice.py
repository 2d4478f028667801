"""A rectification notice (整改通知书) to the unit inspected, as data for its Word template (000-25; domain.md 1.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Form
from oneledger.domain.phrases import day_text, listed
from oneledger.domain.problems import Problem
from oneledger.domain.report import title_lines, title_words
from oneledger.domain.returns import Ledger
from oneledger.domain.scoring import plain

STEPS = (
    "对照所列问题逐项明确责任人和整改措施，立行立改；一时不能改完的，先有管控办法。",
    "在整改期限前完成整改，把进展、完成日期和佐证填入整改销号台账，由责任人以外的人验收后销号。",
    "到期未改的，逐级提醒上级主管部门，并列入情况通报。",
)


@dataclass(frozen=True)
class Inspected:
    """One accepted record. ``problems``: those its rows opened and that are still open, in order of number."""

    campaign: Campaign
    unit_name: str
    inspected_by: str
    form: Form
    ledger: Ledger
    problems: Sequence[Problem]
    version: int
    day: date  # of the notice

    @property
    def due_on(self) -> date | None:
        return max((problem.due_on for problem in self.problems if problem.due_on), default=None)


def notice_number(inspected: Inspected) -> str:
    """The first problem's number, which no other notice can bear, and the version of the record."""
    return f"{inspected.problems[0].problem_no}-{inspected.version}"


def notice_context(inspected: Inspected) -> dict[str, Any]:
    """Everything templates/reports/rectification_notice.docx names."""
    title = "督导检查整改通知书"
    due = inspected.due_on
    return {
        "mark": "内部资料　注意保管",
        "number": f"编号：{notice_number(inspected)}",
        "title": title,
        "title_lines": title_lines([*title_words(inspected.campaign.title), title]),
        "addressee": inspected.unit_name,
        "opening": _opening(inspected),
        "due_text": day_text(due) if due else "",
        "rows": [_row(inspected, no, problem) for no, problem in enumerate(inspected.problems, 1)],
        "steps": [f"{no}.{step}" for no, step in enumerate(STEPS, 1)],
        "feedback": str(inspected.ledger.facts.get("feedback") or ""),
        "signature": inspected.inspected_by,
        "date": day_text(inspected.day),
    }


def _opening(inspected: Inspected) -> str:
    facts, scoring = inspected.ledger.facts, inspected.form.scoring
    day = facts.get("inspected_on")
    joint = listed(list(facts.get("joint_bodies") or []))
    who = f"{inspected.inspected_by}{f'会同{joint}' if joint else ''}"
    when = f"{day_text(day)}，" if isinstance(day, date) else ""
    scored = ""
    if scoring and facts.get(scoring.total) is not None:
        scored = f"检查得分{plain(facts[scoring.total])}分，等次为“{facts.get(scoring.grade)}”。"
    count = len(inspected.problems)
    return f"{when}{who}对你单位进行了督导检查。{scored}检查发现下列{count}个问题，现予交办，请按期整改。"


def _row(inspected: Inspected, no: int, problem: Problem) -> dict[str, str]:
    values = problem.values
    return {
        "no": str(no),
        "problem_no": problem.problem_no,
        "topic": _topic(inspected, problem),
        "description": str(values.get("description") or ""),
        "owner": str(values.get("resp_person") or ""),
        "due": day_text(problem.due_on) if problem.due_on else "",
    }


def _topic(inspected: Inspected, problem: Problem) -> str:
    """Of the row that opened it: 责任到岗."""
    table, key = inspected.form.table, problem.source.rpartition("/")[2]
    rows: Sequence[Mapping[str, Any]] = [row.values for row in inspected.ledger.rows]
    row = next((each for each in rows if table and str(each.get(table.key)) == key), {})
    return str(row.get("topic") or row.get("title") or key)
