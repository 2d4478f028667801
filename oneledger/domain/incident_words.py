"""An incident in words: its facts for a mail, how late it was, what its clocks still want."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from oneledger.domain.campaigns import Campaign
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, FieldType, Form
from oneledger.domain.incident_clocks import ClockState
from oneledger.domain.incidents import WITHOUT_CHANGE
from oneledger.domain.notices import chinese_moment
from oneledger.domain.pupil_data import pupil_data_in
from oneledger.domain.returns import Ledger
from oneledger.domain.rules import structural

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈"
    "曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范石姚谭廖邹熊陆郝孔崔邱秦尹"
)
_NAMES = re.compile(rf"(?:[{_SURNAMES}]某)|(?:姓名\s*[：:]\s*\S)")


def plain(ledger: Ledger, campaign_zone: Any) -> dict[str, Any]:
    """A report's answers as data; moments with their zone. Blank ones are left out."""
    return {
        key: _plain(value, campaign_zone) for key, value in ledger.facts.items() if value is not None and value != []
    }


def _plain(value: Any, zone: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple | list) else value


def names_told(ledger: Ledger, form: Form) -> list[Finding]:
    """What elsewhere is a doubt is an error here: 刘某, a nickname, a thing that only reads like a name."""
    return [
        structural("IC-003", ledger.sheet, ledger.fact_cells.get(fact.key, ""), found=fact.title)
        for fact in _free_text(form)
        if _may_name(str(ledger.facts.get(fact.key) or ""))
    ]


def _may_name(text: str) -> bool:
    told = pupil_data_in(text)
    return "PD-007" in told or ("PD-004" not in told and _NAMES.search(text) is not None)


def _free_text(form: Form) -> list[Field]:
    return [fact for fact in form.facts if fact.type is FieldType.TEXT]


def kept_back(ledger: Ledger, findings: Iterable[Finding]) -> set[str]:
    """Facts that an error speaks of: they are not believed, or may name a pupil (004-B33). What they say stays in the
    archived mail, and goes nowhere else."""
    cells = {(finding.sheet, finding.cell) for finding in findings if finding.level == "error"}
    return {key for key, cell in ledger.fact_cells.items() if (ledger.sheet, cell) in cells}


def facts_in_words(
    form: Form, values: Mapping[str, Any], campaign: Campaign, only: Sequence[str] | None = None
) -> list[dict[str, str]]:
    """Title and text of what is known, in the form's order."""
    return [
        {"title": fact.title, "text": _text(fact, values[fact.key], campaign)}
        for fact in form.facts
        if fact.key in values and fact.key not in WITHOUT_CHANGE and (only is None or fact.key in only)
    ]


def _text(fact: Field, value: Any, campaign: Campaign) -> str:
    if fact.type is FieldType.DATETIME:
        return chinese_moment(datetime.fromisoformat(value), campaign)
    if isinstance(value, list):
        return "、".join(map(str, value))
    return f"{value}{fact.unit}"


def length_text(length: timedelta) -> str:
    """1天3小时; 40分钟; less than a minute is one."""
    minutes = max(1, int(length.total_seconds() // 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "天"), (hours, "小时"), (rest if not days else 0, "分")]
    return "".join(f"{count}{word}" for count, word in parts if count)


def late_text(states: Sequence[ClockState], as_of: datetime) -> str:
    """How late the first report was; empty where it was in time."""
    report = next((each for each in states if each.clock.stops == "reported_at"), None)
    if report is None or report.stopped_at is None or not report.late_by(as_of):
        return ""
    took = report.stopped_at - report.started_at
    return f"用了{length_text(took)}，超过规定{length_text(report.late_by(as_of))}"


def due_text(state: ClockState, campaign: Campaign) -> str:
    """2021年3月20日 for a clock of days, whose last day counts whole; to the minute for one of hours."""
    if state.clock.unit == "hours":
        return chinese_moment(state.due_at, campaign)
    return chinese_moment(state.due_at - timedelta(minutes=1), campaign)[:-5]


def clocks_in_words(states: Sequence[ClockState], campaign: Campaign) -> list[dict[str, str]]:
    """Of the clocks that still run."""
    return [
        {"title": each.clock.title, "due_text": f"{due_text(each, campaign)}前"}
        for each in states
        if each.stopped_at is None
    ]
