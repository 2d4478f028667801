"""What was judged of a return at a moment, where it was reviewed again since: the former verdict counts for what was
frozen before."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from oneledger.store import schema as t


class Then(NamedTuple):
    submission: int
    assignment: int
    version: int
    verdict: str
    is_zero: bool
    is_late: bool
    figures: dict[str, Any]
    judged_at: datetime


def of_phase(connection: Connection, campaign: str, phase: str, moment: datetime, known_at: datetime) -> list[Then]:
    """Of versions received until ``moment`` and judged anew after ``known_at``: the judgement that held then."""
    f, s, a = t.former_verdict.c, t.submission.c, t.assignment.c
    query = (
        select(f.submission, s.assignment, s.version, f.verdict, f.is_zero, s.is_late, f.figures, f.reviewed_at)
        .join(t.submission, s.id == f.submission)
        .join(t.assignment, a.id == s.assignment)
        .where(f.campaign == campaign, a.phase == phase, s.received_at <= moment)
        .where(f.reviewed_at <= known_at, s.reviewed_at > known_at)
        .order_by(f.submission, f.turn)
    )
    last = {row.submission: Then(*row) for row in connection.execute(query)}
    return list(last.values())


def ledgers(connection: Connection, numbers: Collection[int], known_at: datetime) -> dict[int, dict[str, Any]]:
    """By submission, of those reviewed again since. ``numbers``: as many as a statement has room for."""
    f, s = t.former_verdict.c, t.submission.c
    query = (
        select(f.submission, f.ledgers)
        .join(t.submission, s.id == f.submission)
        .where(f.submission.in_(numbers), f.reviewed_at <= known_at, s.reviewed_at > known_at)
        .order_by(f.submission, f.turn)
    )
    return {row.submission: row.ledgers for row in connection.execute(query)}


def figures(connection: Connection, submission: int, judged_at: datetime) -> dict[str, Any]:
    """As they were judged at that moment."""
    f = t.former_verdict.c
    query = select(f.figures).where(f.submission == submission, f.reviewed_at == judged_at).order_by(f.turn.desc())
    found: dict[str, Any] = connection.execute(query.limit(1)).scalar_one()
    return found
