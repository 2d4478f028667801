"""Compile the articles of the units below an office into one Word volume, and list what should still be asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from oneledger.adapters.likeness import bands, share_copied
from oneledger.adapters.volume_docx import make_volume
from oneledger.domain.campaigns import Deliverable, TextCheck
from oneledger.domain.document_rules import document_finding
from oneledger.domain.findings import Finding
from oneledger.domain.phrases import day_text
from oneledger.domain.report import title_lines
from oneledger.domain.volume import Article, body_lines, sections
from oneledger.store import assignments, documents, submissions
from oneledger.store.documents import Kept
from tasks.documents import COPIED_FROM
from tasks.office import Running


@dataclass
class Volume:
    content: bytes = b""
    articles: int = 0
    units: int = 0  # that sent one
    without: list[str] = field(default_factory=list)  # codes of units that owe one and sent none
    questions: list[tuple[str, Finding]] = field(default_factory=list)  # unit and what it should be asked


def compiled_of(here: Running, phase: str | None = None) -> list[Deliverable]:
    return [each for each in here.campaign.deliverables if each.is_compiled and phase in (None, each.phase)]


def volume(here: Running, top: str, as_of: datetime, *, phase: str | None = None, direct: bool = False) -> Volume:
    """Of all units at and below ``top``; ``direct``: only of those that report to it. No content where none came.

    A book takes the last version there is when it is made; ``as_of`` is the day on its cover.
    """
    names = {each.deliverable for each in compiled_of(here, phase)}
    if not names:
        return Volume()
    mine = {code for code in here.units if _belongs(here, code, top, direct=direct)}
    with here.office.store.read() as connection:
        kept = [each for each in documents.current(connection, here.name, names) if each.unit in mine]
        owing = [
            each
            for name in {here.campaign.deliverable(name).phase for name in names}
            for each in assignments.of_phase(connection, here.name, name)
            if each.deliverable in names and each.unit in mine and each.status != "exempt"
        ]
        told = submissions.findings_of(connection, [each.accepted for each in owing if each.accepted is not None])
        copies = [pair for each in kept for pair in _copies(connection, here, each)]
    units = {each.unit for each in kept}
    made = Volume(articles=len(kept), units=len(units))
    made.without = [each.unit for each in owing if each.unit not in units]
    by_submission = {each.accepted: each.unit for each in owing}
    made.questions = [
        (by_submission[number], finding)
        for number, findings in told.items()
        for finding in findings
        if finding.level == "query" and finding.rule != "DC-205"
    ]
    made.questions += copies
    made.questions += [(code, document_finding("DC-206", limit=_least(here, names), count=0)) for code in made.without]
    if kept:
        parts = sections([_article(here, each) for each in kept])
        kinds = "、".join(dict.fromkeys(each.title for each in compiled_of(here, phase)))
        title = title_lines([here.campaign.title, f"{kinds}汇编"])
        template = here.office.settings.templates / "reports" / "phase_report.docx"
        day = day_text(as_of.astimezone(here.zone).date())
        made.content = make_volume(template, title, here.units[top].name, day, parts)
    return made


def _least(here: Running, names: Iterable[str]) -> int:
    return max(here.campaign.deliverable(name).at_least for name in names)


def _belongs(here: Running, code: str, top: str, *, direct: bool) -> bool:
    if direct:
        return here.units[code].parent == top
    return code == top or any(above.code == top for above in here.ancestors(code))


def _article(here: Running, kept: Kept) -> Article:
    lines = body_lines(kept.title, [(level, text) for level, text in kept.paragraphs])
    pictures = tuple(here.office.archive.get(each["sha256"]) for each in kept.pictures)
    return Article(here.units[kept.unit], kept.title, lines, pictures)


def _copies(connection: Connection, here: Running, kept: Kept) -> list[tuple[str, Finding]]:
    """Looked for again over all that came: two copies that arrived at once did not see each other."""
    if TextCheck.COPIED not in here.campaign.deliverable(kept.deliverable).checks:
        return []
    like = documents.suspects(connection, here.name, kept.deliverable, kept.unit, bands(kept.text))
    earlier = [each for each in like if (each.received_at, each.id) < (kept.received_at, kept.id)]
    share, other = max(((share_copied(kept.text, each.text), each.unit) for each in earlier), default=(0.0, ""))
    if share < COPIED_FROM:
        return []
    name = here.units[other].name
    return [(kept.unit, document_finding("DC-205", kept.file_name, found=name, name=name, share=int(share * 100)))]
