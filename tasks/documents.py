"""Documents in a mail: which assignment each answers, what is wrong with them, and how they are kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from oneledger.adapters.document_reader import DocumentReader
from oneledger.adapters.likeness import bands, share_copied
from oneledger.adapters.mail_parse import MailPart
from oneledger.domain.assignments import Assignment
from oneledger.domain.campaigns import Deliverable, TextCheck
from oneledger.domain.document_numbers import numbers_in
from oneledger.domain.document_review import review_files, review_seal
from oneledger.domain.document_rules import document_finding
from oneledger.domain.document_sorting import sort_files
from oneledger.domain.document_text import TextContext, review_text
from oneledger.domain.documents import ReceivedFile, Role
from oneledger.domain.findings import Finding, is_acceptable
from oneledger.domain.pupil_masking import masked_file
from oneledger.domain.returns import Review
from oneledger.settings import load_documents
from oneledger.store import assignments, documents, submissions
from tasks.office import Running

COPIED_FROM = 0.6  # of a text, for it to be called a copy (domain.md 1.9)

File = tuple[MailPart, ReceivedFile]


@dataclass
class Taken:
    """The documents of one mail, sorted."""

    owed: dict[int, Assignment] = field(default_factory=dict)  # every document and seal the sender owes in the phase
    copies: dict[int, list[File]] = field(default_factory=dict)  # by assignment
    seals: dict[int, list[File]] = field(default_factory=dict)
    unclear: list[str] = field(default_factory=list)  # names of files
    unasked: list[File] = field(default_factory=list)


def owed_documents(here: Running, asked: Assignment) -> dict[int, Assignment]:
    """Documents, and workbooks whose seal is wanted, that the respondent owes in the phase."""
    names = {
        each.deliverable
        for each in here.campaign.deliverables_of(asked.phase)
        if (each.kind == "document" or each.sealed) and here.units[asked.respondent].level in each.respondents.levels
    }
    if not names:
        return {}
    with here.office.store.read() as connection:
        light = assignments.of_respondent(connection, here.name, asked.respondent, names)
        return assignments.by_ids(connection, [each.id for each in light])


def take(here: Running, reader: DocumentReader, parts: Sequence[MailPart], owed: dict[int, Assignment]) -> Taken:
    taken = Taken(owed)
    by_name = {each.deliverable: each for each in owed.values()}
    files = [(part, reader.read(part.filename or "", part.content)) for part in parts]
    done = sort_files([file for _, file in files], [here.campaign.deliverable(name) for name in by_name])
    taken.copies = {by_name[name].id: [files[n] for n in indexes] for name, indexes in done.copies.items()}
    taken.seals = {by_name[name].id: [files[n] for n in indexes] for name, indexes in done.seals.items()}
    taken.unclear = [files[n][1].name for n in done.unclear]
    taken.unasked = [files[n] for n in done.unasked]
    return taken


def review_documents(here: Running, assignment: Assignment, files: Sequence[ReceivedFile]) -> Review:
    """A faulty file sends the return back; what is odd about a text is asked and the document counts."""
    deliverable = here.campaign.deliverable(assignment.deliverable)
    found = review_files(deliverable, files)
    readable = [file for file in files if file.paper is not None and file.paper.has_text]
    with here.office.store.read() as connection:
        if readable:
            context = _context(here, connection, assignment, deliverable)
            for file in readable:
                found += review_text(file.name, file.paper.paragraphs if file.paper else (), context)
                found += _copied(connection, here, assignment, deliverable, file)
        found += _too_few(connection, assignment, deliverable, files)
    return Review("accepted" if is_acceptable(found) else "returned", {}, found)


def seal_findings(files: Sequence[File]) -> list[Finding]:
    return [finding for _, file in files for finding in review_seal(file)]


def _context(here: Running, connection: Connection, assignment: Assignment, deliverable: Deliverable) -> TextContext:
    campaign, known = here.campaign, load_documents(here.office.settings.config)
    numbers = [number for text in (campaign.document_no, *campaign.bases) for number in numbers_in(text)]
    wants = TextCheck.FIGURES in deliverable.checks
    returns = submissions.accepted_of_unit(connection, here.name, assignment.unit) if wants else []
    facts = {
        f"{name}.{key}": value
        for each in returns
        for name, ledger in each.ledgers.items()
        for key, value in ledger["facts"].items()
    }
    return TextContext(
        checks=deliverable.checks,
        known_numbers=[*(each.right for each in known.numbers), *numbers],
        figures=known.figures,
        reported={key: value for key, value in facts.items() if isinstance(value, int | float)},
        own_names=_own_names(here, assignment.unit),
        names=here.name_index,
    )


def _own_names(here: Running, code: str) -> set[str]:
    """The unit, those above it and, for an office, those below it: a plan may well name its schools."""
    own = {code, *(above.code for above in here.ancestors(code))}
    if here.units[code].level != "school":
        own |= {each for each in here.units if any(above.code == code for above in here.ancestors(each))}
    return {here.units[each].name for each in own}


def _copied(
    connection: Connection, here: Running, assignment: Assignment, deliverable: Deliverable, file: ReceivedFile
) -> list[Finding]:
    if TextCheck.COPIED not in deliverable.checks or file.paper is None:
        return []
    text = file.paper.text
    like = documents.suspects(connection, here.name, deliverable.deliverable, assignment.unit, bands(text))
    share, other = max(((share_copied(text, each.text), each.unit) for each in like), default=(0.0, ""))
    if share < COPIED_FROM:
        return []
    name = here.units[other].name
    return [document_finding("DC-205", file.name, found=name, name=name, share=int(share * 100))]


def _too_few(
    connection: Connection, assignment: Assignment, deliverable: Deliverable, files: Sequence[ReceivedFile]
) -> list[Finding]:
    titles = {_title(file) for file in files}
    if deliverable.at_most > 1:
        titles |= set(documents.titles(connection, assignment.id))
    if deliverable.at_least <= len(titles) or (deliverable.pictures and not deliverable.is_compiled):
        return []
    return [document_finding("DC-206", limit=deliverable.at_least, count=len(titles))]


def _title(file: ReceivedFile) -> str:
    return (file.paper.title if file.paper else "")[:200] or file.name


def archive_pictures(here: Running, files: Sequence[File]) -> None:
    """The cleaned copies; the originals lie in the archived mail and are not touched."""
    clean = [picture.content for _, file in files if file.paper for picture in file.paper.pictures]
    if clean:
        here.office.archive.put_many(clean)


def keep(
    connection: Connection, here: Running, assignment: Assignment, files: Sequence[File], role: Role, *,
    inbox: int, submission: int | None, received_at: datetime,
) -> None:  # fmt: skip
    """Write the files down. A copy takes the place of what came before; of its namesake, where several may come."""
    if not files:
        return
    deliverable = here.campaign.deliverable(assignment.deliverable)
    files = [(part, masked_file(file)) for part, file in files]
    rows = [_row(here, assignment, part, file, role, inbox, submission, received_at) for part, file in files]
    if role == "copy":
        titles: Collection[str] | None = [row["title"] for row in rows] if deliverable.at_most > 1 else None
        documents.replace_earlier(connection, assignment.id, titles)
    wants_bands = role == "copy" and TextCheck.COPIED in deliverable.checks
    found = [bands(file.paper.text) if wants_bands and file.paper else [] for _, file in files]
    documents.record(connection, rows, found, deliverable.deliverable)


def _row(
    here: Running, assignment: Assignment, part: MailPart, file: ReceivedFile, role: Role,
    inbox: int, submission: int | None, received_at: datetime,
) -> dict[str, Any]:  # fmt: skip
    paper = file.paper
    return {
        "campaign": here.name,
        "assignment": assignment.id,
        "submission": submission,
        "inbox": inbox,
        "part": part.path,
        "role": role,
        "file_name": file.name[:200],
        "format": file.format[:20],
        "sha256": sha256(part.content).hexdigest(),
        "received_at": received_at,
        "title": _title(file)[:200],
        "paragraphs": [[each.level, each.text] for each in paper.paragraphs] if paper and role == "copy" else [],
        "pictures": [
            {"sha256": sha256(each.content).hexdigest(), "width": each.width, "height": each.height}
            for each in (paper.pictures if paper else ())
        ],
        "is_current": True,
    }


def with_seal(assignment: Assignment) -> Assignment:
    return replace(assignment, seal="received")
