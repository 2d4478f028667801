"""A school's own report (工作情况报告) as a draft: what it has answered, told by the outline; the rest is left open.

Nothing is made up (003-3 to 003-7): a figure nobody gave, and a deed no form asks about, is a gap that names itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oneledger.domain.campaigns import Campaign, Phase
from oneledger.domain.expressions import compiled
from oneledger.domain.forms import Form
from oneledger.domain.gaps import gap
from oneledger.domain.known_answers import Answer, KnownAnswers, value_text
from oneledger.domain.outline import ITEMS, PLACE, Outline, Paragraph, Told
from oneledger.domain.phrases import chinese_ordinal
from oneledger.domain.report import title_lines
from oneledger.domain.report_figures import UnitBrief

MOST_ROWS = 30
"""Rows told one by one; the rest is counted."""


@dataclass(frozen=True)
class SchoolView:
    campaign: Campaign
    phase: Phase
    unit: UnitBrief
    addressee: str  # empty: a person writes it
    forms: Mapping[str, Form]  # all of the campaign's, by name
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class Run:
    text: str
    is_gap: bool = False


@dataclass
class Said:
    runs: list[Run] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    items: list[list[Run]] = field(default_factory=list)

    def add(self, other: "Said") -> None:
        self.runs += other.runs
        self.missing += other.missing
        self.items += other.items


def school_report_context(outline: Outline, view: SchoolView) -> dict[str, Any]:
    """Everything templates/reports/school_report.docx names."""
    known = KnownAnswers(view.forms, view.answers)
    campaign, title = view.campaign, f"{view.unit.name}{outline.title}"
    words = {"campaign": campaign.title, "document_no": campaign.document_no, "phase": view.phase.title}
    sections = [
        {
            "heading": f"{chinese_ordinal(no)}、{part.heading}",
            "blocks": [block for each in part.paragraphs for block in _blocks(known, each)],
        }
        for no, part in enumerate(outline.parts, 1)
    ]
    return {
        "title": title,
        "title_lines": title_lines([view.unit.name, outline.title]),
        "addressee": view.addressee or gap("主送机关"),
        "opening": outline.opening.format_map(words),
        "sections": sections,
        "signature": view.unit.name,
        "date": gap("成文日期"),
        "phase_title": view.phase.title,
        "annex_lines": [],
        "sources": [{"no": str(no), **vars(use)} for no, use in enumerate(known.used.values(), 1)],
    }


def _blocks(known: KnownAnswers, paragraph: Paragraph) -> list[dict[str, Any]]:
    """One paragraph and its numbered items; what is missing in it stands at its end, once."""
    said = Said()
    for told in paragraph.told:
        said.add(_say(known, told))
    if said.missing:
        said.runs.append(Run(gap("；".join(dict.fromkeys(said.missing))), is_gap=True))
    items = [[Run(f"{no}．"), *runs] for no, runs in enumerate(said.items, 1)]
    blocks = [_block("text", said.runs, paragraph.lead)] if said.runs or (items and paragraph.lead) else []
    return [*blocks, *(_block("item", runs) for runs in items)]


def _block(kind: str, runs: Sequence[Run], lead: str = "") -> dict[str, Any]:
    return {"kind": kind, "lead": lead, "runs": [vars(run) for run in runs]}


def _say(known: KnownAnswers, told: Told) -> Said:
    if told.when is not None:
        condition = compiled(told.when)
        holds = condition.holds(known.scope)
        if holds is None:
            return _missing(told, known.titles_of_scope(condition.needed))
        if not holds:
            return Said()
    if told.counts:
        return _say_counts(known, told)
    if told.items:
        return _say_items(known, told)
    if told.rows:
        return _say_rows(known, told)
    return _say_text(known, told)


def _missing(told: Told, titles: Iterable[str]) -> Said:
    if told.if_known:
        return Said()
    return Said(missing=[told.gap] if told.gap else [title for title in titles if title])


def _say_text(known: KnownAnswers, told: Told) -> Said:
    found = {place: known.cited(place) for place in told.places}
    if not told.text or (found and not any(found.values())):
        return _missing(told, map(known.title, found))
    return Said(_runs(told.text, found, {place: known.title(place) for place in found}))


def _runs(text: str, found: Mapping[str, str | None], titles: Mapping[str, str]) -> list[Run]:
    """The text with what was found put in; a place for which nothing was is a gap of its own."""
    runs, at = [], 0
    for place in PLACE.finditer(text):
        value = _fitting(found.get(place[1]), text[place.end() :])
        before = text[at : place.start()]
        runs += [Run(before + value)] if value else [Run(before), Run(gap(titles.get(place[1], "")), is_gap=True)]
        at = place.end()
    return [run for run in (*runs, Run(text[at:])) if run.text]


def _fitting(value: str | None, after: str) -> str:
    """What a unit wrote in lines of its own, as part of a sentence."""
    words = "".join(line.strip() for line in (value or "").splitlines())
    return words.rstrip("。；") if after.startswith(("。", "（")) else words


def _say_items(known: KnownAnswers, told: Told) -> Said:
    """Those facts of a list that were answered as ``say``; unanswered ones are missing."""
    found = {place: known.text(place) for place in told.items}
    named = [told.items[place] for place, value in found.items() if value == told.say]
    said = _missing(told, (known.title(place) for place, value in found.items() if value is None))
    if named:
        said.runs = _listing(known, told, named)
    return said


def _listing(known: KnownAnswers, told: Told, named: Sequence[str]) -> list[Run]:
    found = {place: known.cited(place) for place in told.places}
    return _runs(told.text, {**found, ITEMS: "、".join(named)}, {place: known.title(place) for place in found})


def _say_counts(known: KnownAnswers, told: Told) -> Said:
    """Numbers of a list but the zeros; unanswered ones are missing."""
    found = {place: known.text(place) for place in told.counts}
    counted = [place for place, value in found.items() if value not in (None, "0")]
    named = [told.counts[place].replace("#", known.cited(place) or "") for place in counted]
    said = _missing(told, (known.title(place) for place, value in found.items() if value is None))
    if named:
        said.runs = _listing(known, told, named)
    elif told.none and not said.missing:
        said.runs = [Run(told.none)]
    return said


def _say_rows(known: KnownAnswers, told: Told) -> Said:
    answer = known.answers.get(told.rows) or known.answers.get(told.otherwise)
    if answer is None:
        return _missing(told, [known.title(f"{told.rows}.rows")])
    titles = {column.key: column.title for column in answer.form.columns}
    rows = [row.values for row in answer.ledger.rows if _is_told(told, row.values)]
    if not rows:
        return Said([Run(told.none)]) if told.none else _missing(told, [])
    each = [_row_runs(told, values, titles) for values in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        each.append([Run(f"其余{len(rows) - MOST_ROWS}条见{answer.form.title}。")])
    if told.as_items:
        return Said(items=each)
    return Said([run for runs in each for run in runs])


def _is_told(told: Told, values: Mapping[str, Any]) -> bool:
    """Where a column is not there to be asked, the row is told."""
    return told.where is None or compiled(told.where).holds(values) is not False


def _row_runs(told: Told, values: Mapping[str, Any], titles: Mapping[str, str]) -> list[Run]:
    found, names = {}, {}
    for place in told.places:
        keys = place.split("|")
        found[place] = next((text for key in keys if (text := value_text(values.get(key)))), None)
        names[place] = titles.get(keys[-1], keys[-1])
    return _runs(told.text, found, names)
