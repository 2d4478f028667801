"""Judgements that took the place of earlier ones, and rules that were mended; what was before is kept for ever."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from oneledger.domain.amendments import Amendment
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Form
from oneledger.store import campaigns, schema as t

_JUDGED = ("reviewed_at", "verdict", "is_zero", "ledgers", "figures", "findings")


class Judged(NamedTuple):
    """One version of a return as it stands now."""

    id: int
    assignment: int
    inbox: int
    part: str
    sha256: str  # of the file
    version: int
    received_at: datetime
    verdict: str
    is_zero: bool
    is_late: bool
    ledgers: dict[str, Any]
    figures: dict[str, Any]
    findings: list[Finding]


_COLUMNS = tuple(getattr(t.submission.c, name) for name in Judged._fields)


def versions(connection: Connection, assignment: int) -> list[Judged]:
    """Of one assignment, the first first."""
    c = t.submission.c
    rows = connection.execute(select(*_COLUMNS).where(c.assignment == assignment).order_by(c.version))
    return [Judged(*row)._replace(findings=[Finding(**each) for each in row.findings]) for row in rows]


def mails(connection: Connection, numbers: Iterable[int]) -> dict[int, str]:
    """The hash of the archived bytes, by number of the mail."""
    c = t.inbox.c
    return {row.id: row.sha256 for row in connection.execute(select(c.id, c.sha256).where(c.id.in_(list(numbers))))}


def replace(
    connection: Connection, campaign: str, submission: int, judged: dict[str, Any], *,
    reason: str, by: str, at: datetime,
) -> int:  # fmt: skip
    """``judged``: verdict, is_zero, ledgers, figures, findings. Says which turn this is, from 2."""
    c, f = t.submission.c, t.former_verdict.c
    before = connection.execute(select(*(c[name] for name in _JUDGED)).where(c.id == submission)).mappings().one()
    turn = connection.execute(select(func.count()).where(f.submission == submission)).scalar_one() + 1
    row = {"campaign": campaign, "submission": submission, "turn": turn, "reason": reason, "by": by, "at": at}
    connection.execute(insert(t.former_verdict), dict(before) | row)
    connection.execute(update(t.submission).where(c.id == submission).values(**judged, reviewed_at=at))
    return int(turn) + 1


def former(connection: Connection, submissions: Sequence[int]) -> list[dict[str, Any]]:
    """What each was before, the first verdict first."""
    f = t.former_verdict.c
    query = select(t.former_verdict).where(f.submission.in_(list(submissions))).order_by(f.submission, f.turn)
    return [dict(row) for row in connection.execute(query).mappings()]


def stand(connection: Connection, assignment: int, values: dict[str, Any]) -> None:
    """How an assignment stands after its versions were reviewed again; it may lose what was accepted."""
    connection.execute(update(t.assignment).where(t.assignment.c.id == assignment).values(**values))


def assignments_with_versions(connection: Connection, campaign: str, unit: str = "", phase: str = "") -> list[int]:
    c = t.assignment.c
    query = select(c.id).where(c.campaign == campaign, c.versions > 0).order_by(c.id)
    query = query.where(c.unit == unit) if unit else query
    return list(connection.execute(query.where(c.phase == phase) if phase else query).scalars())


def amend(connection: Connection, campaign: str, form: Form, wanted: Amendment) -> None:
    """The digest changes, so that every process reads the campaign's forms anew."""
    c = t.campaign.c
    forms = connection.execute(select(c.forms).where(c.id == campaign)).scalar_one()
    forms[wanted.form] = form.model_dump(mode="json")
    again = sha256(f"{campaigns.digest(connection, campaign)} {wanted.at} {wanted.form}".encode()).hexdigest()
    connection.execute(update(t.campaign).where(c.id == campaign).values(forms=forms, digest=again))
    row = {name: getattr(wanted, name) for name in ("form", "before", "after", "reason", "by", "at")}
    connection.execute(insert(t.amendment), row | {"campaign": campaign})


def amendments(connection: Connection, campaign: str) -> list[Amendment]:
    """In the order made."""
    c = t.amendment.c
    columns = (c.form, c.before, c.after, c.reason, c.by, c.at, c.id)
    return [
        Amendment(*row) for row in connection.execute(select(*columns).where(c.campaign == campaign).order_by(c.id))
    ]


def last_findings(connection: Connection, campaign: str) -> list[tuple[str, str, str, int, list[Finding]]]:
    """(phase, deliverable, unit, version, findings) of the last version of each assignment that has findings."""
    s, a = t.submission.c, t.assignment.c
    query = (
        select(a.phase, a.deliverable, a.unit, s.version, s.findings)
        .join(t.assignment, (a.id == s.assignment) & (a.versions == s.version))
        .where(a.campaign == campaign, s.findings != [])
        .order_by(a.id)
    )
    return [(*row[:4], [Finding(**each) for each in row.findings]) for row in connection.execute(query)]
