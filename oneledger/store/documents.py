"""The documents that came back, file by file, and the bands by which their copies are found."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from oneledger.store import schema as t
from oneledger.store.database import insert_new

MOST_SUSPECTS = 40  # texts compared word by word with a new one; the likest first


@dataclass(frozen=True)
class Kept:
    """One file as it is kept: its text and its cleaned pictures."""

    id: int
    unit: str
    deliverable: str
    file_name: str
    format: str
    title: str
    paragraphs: list[list[Any]]  # [level, text]
    pictures: list[dict[str, Any]]  # {sha256, width, height}
    received_at: datetime

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.paragraphs)


def record(connection: Connection, rows: Sequence[dict[str, Any]], bands: Sequence[Sequence[int]], name: str) -> None:
    """Write files down with the bands of their texts; ``name``: their deliverable. Twice is the same as once."""
    insert_new(connection, t.document, rows)
    c = t.document.c
    for row, numbers in zip(rows, bands, strict=True):
        mine = (c.assignment == row["assignment"], c.inbox == row["inbox"], c.part == row["part"])
        number = connection.execute(select(c.id).where(*mine)).scalar_one()
        placed = [
            {"campaign": row["campaign"], "deliverable": name, "band": band, "document": number} for band in numbers
        ]
        insert_new(connection, t.document_band, placed)


def replace_earlier(connection: Connection, assignment: int, titles: Collection[str] | None) -> None:
    """What came before for an assignment counts no more: all of it, or what has one of the titles."""
    c = t.document.c
    mine = (c.assignment == assignment, c.role == "copy", c.is_current)
    query = update(t.document).where(*mine).values(is_current=False)
    connection.execute(query if titles is None else query.where(c.title.in_(list(titles))))


def _kept() -> Any:
    c, a = t.document.c, t.assignment.c
    columns = (c.id, a.unit, a.deliverable, c.file_name, c.format, c.title, c.paragraphs, c.pictures, c.received_at)
    return select(*columns).join(t.assignment, a.id == c.assignment)


def suspects(connection: Connection, campaign: str, deliverable: str, unit: str, bands: Sequence[int]) -> list[Kept]:
    """Current documents of other units that share a band, the likest first. Takes the time of the hits, not of all."""
    b, c, a = t.document_band.c, t.document.c, t.assignment.c
    if not bands:
        return []
    hits = (
        select(b.document, func.count().label("shared"))
        .where(b.campaign == campaign, b.deliverable == deliverable, b.band.in_(list(bands)))
        .group_by(b.document)
        .subquery()
    )
    query = (
        _kept()
        .join(hits, hits.c.document == c.id)
        .where(c.is_current, a.unit != unit)
        .order_by(hits.c.shared.desc(), c.id)
        .limit(MOST_SUSPECTS)
    )
    return [Kept(*row) for row in connection.execute(query)]


def current(connection: Connection, campaign: str, deliverables: Collection[str]) -> Iterator[Kept]:
    """What counts of these deliverables, in order of arrival."""
    c, a = t.document.c, t.assignment.c
    query = _kept().where(c.campaign == campaign, c.role == "copy", c.is_current, a.deliverable.in_(list(deliverables)))
    for row in connection.execute(query.order_by(c.id)):
        yield Kept(*row)


def counts(connection: Connection, campaign: str) -> dict[int, int]:
    """Assignment -> how many documents count for it."""
    c = t.document.c
    query = (
        select(c.assignment, func.count())
        .where(c.campaign == campaign, c.role == "copy", c.is_current)
        .group_by(c.assignment)
    )
    return {key: count for key, count in connection.execute(query)}  # noqa: C416


def titles(connection: Connection, assignment: int) -> list[str]:
    c = t.document.c
    query = select(c.title).where(c.assignment == assignment, c.role == "copy", c.is_current)
    return list(connection.execute(query).scalars())
