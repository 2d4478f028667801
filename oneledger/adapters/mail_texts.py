"""Notices as people read them: templates/mail/<notice>/{subject.txt,text.txt,html.html}, filled in a sandbox."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from oneledger.domain.errors import DefinitionError
from oneledger.domain.findings import Finding
from oneledger.domain.phrases import day_text, share

LISTED = 30
"""Findings written out in one mail; a phone shows no more, and the marked workbook has them all."""

_UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MOMENTS = ("due", "received_at")

STATUS_NAMES = {
    "returned": "已报",
    "zero": "零报告",
    "exempt": "免报",
    "missing": "未报",
    "in_correction": "已报来，待改正",
    "late": "逾期报送",
    "seal_missing": "电子版已收，盖章件未收",
    "copy_missing": "盖章件已收，电子版未收",
}


@dataclass(frozen=True)
class MailText:
    subject: str
    text: str
    html: str


class MailTexts:
    """Reads each template once. Raises DefinitionError naming the template where one is missing, broken or asks for
    a value that was not given."""

    def __init__(self, templates: Path) -> None:
        self._folder = templates
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(templates),
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(_FILTERS)

    def render(self, notice: str, context: Mapping[str, Any]) -> MailText:
        subject = self._filled(f"{notice}/subject.txt", context)
        text = self._filled(f"{notice}/text.txt", context)
        html = _shown(self._filled(f"{notice}/html.html", context))
        return MailText(one_line(subject), _tidy(_shown(text)), html)

    def notices(self) -> list[str]:
        return sorted(folder.name for folder in self._folder.iterdir() if folder.is_dir())

    def sample(self, notice: str) -> dict[str, Any]:
        """An invented context to look at a template with: sample.json, its moments read."""
        context = json.loads((self._folder / notice / "sample.json").read_text(encoding="utf-8"))
        return {key: datetime.fromisoformat(value) if key in _MOMENTS else value for key, value in context.items()}

    def _filled(self, name: str, context: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(context)
        except TemplateSyntaxError as fault:
            place = f"{self._folder / (fault.name or name)}:{fault.lineno}"
            raise DefinitionError([f"{place}: {fault.message}"]) from fault
        except TemplateError as fault:
            raise DefinitionError([f"{self._folder / name}: {fault.message or type(fault).__name__}"]) from fault


def one_line(words: str) -> str:
    """No line end and no control character can come through: a subject is one header and nothing else."""
    return "".join(letter for letter in " ".join(words.split()) if letter.isprintable())


def _shown(text: str) -> str:
    """Without what no mail may hold, and without marks that turn the reading direction round."""
    return _UNSHOWN.sub("", text)


def _tidy(text: str) -> str:
    """No more than one blank line in a row, none at the ends, no trailing blanks."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _moment(moment: datetime) -> str:
    """2021年3月20日17:00, in the zone the moment carries."""
    return f"{day_text(moment)}{moment:%H:%M}"


def _short_moment(moment: datetime) -> str:
    return f"{moment.month}月{moment.day}日{moment:%H:%M}"


def _place(finding: Finding | Mapping[str, Any]) -> str:
    """排查台账 U7 格; 整个文件 where the fault has no place."""
    known = _finding(finding)
    cell = known.cell if known.cell.endswith("处") or not known.cell else f"{known.cell} 格"
    return f"{known.sheet or '整个文件'} {cell}".rstrip()


def _fault(finding: Finding | Mapping[str, Any]) -> str:
    known = _finding(finding)
    seen = "写的是" if known.sheet else "收到的是"
    parts = [f"{seen}“{known.found}”" if known.found else "", f"应为{known.expected}" if known.expected else ""]
    return "，".join(part for part in parts if part) + "。"


def _finding(finding: Finding | Mapping[str, Any]) -> Finding:
    return finding if isinstance(finding, Finding) else Finding(**finding)


@dataclass(frozen=True)
class _Group:
    name: str
    members: Sequence[Any]


def _groups(members: Iterable[Mapping[str, Any]], key: str) -> list[_Group]:
    """Those that share a value together, in the order in which each value first appears."""
    found: dict[str, list[Any]] = {}
    for member in members:
        found.setdefault(member[key], []).append(member)
    return [_Group(name, each) for name, each in found.items()]


_FILTERS: dict[str, Callable[..., Any]] = {
    "moment": _moment,
    "short_moment": _short_moment,
    "before": lambda words: f"{words.removesuffix('前')}前",
    "clock": lambda moment: f"{moment:%H:%M}",
    "share": share,
    "status_name": lambda status: STATUS_NAMES.get(status, status),
    "place": _place,
    "fault": _fault,
    "first_ones": lambda members, limit=LISTED: list(members)[:limit],
    "left_over": lambda members, limit=LISTED: sum(getattr(each, "count", 1) for each in members[limit:]),
    "groups": _groups,
}
