"""What came back, every version of it; and the problems (问题) that the accepted ledgers hold."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Update, bindparam, func, select, union, update

from oneledger.domain.findings import Finding
from oneledger.domain.problems import Problem
from oneledger.store import judged_then, reopenings, schema as t
from oneledger.store.database import insert_missing, slices


class Counted(NamedTuple):
    """The submission that counts for one assignment at a moment."""

    assignment: int
    submission: int
    is_zero: bool
    is_late: bool
    judged_at: datetime
    figures: dict[str, Any] | None = None  # as Figured; only of what was judged anew since the moment


class Figured(NamedTuple):
    """What a submission adds."""

    figures: dict[str, Any]
    forms: list[str]


def record(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Their numbers, in the same order."""
    if not rows:
        return []
    statement = t.submission.insert().returning(t.submission.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, list(rows)).scalars())


def judged_parts(connection: Connection, inbox: int) -> set[str]:
    """Parts of a mail that were judged, workbooks and documents."""
    s, d = t.submission.c, t.document.c
    parts = union(select(s.part).where(s.inbox == inbox), select(d.part).where(d.inbox == inbox))
    return set(connection.execute(parts).scalars())


def counting(
    connection: Connection, campaign: str, phase: str, moment: datetime, known_at: datetime | None = None
) -> dict[int, Counted]:
    """By assignment: the last accepted version received until ``moment``, unless an office sent it back by then.

    ``known_at``: of what had been judged and recorded by that look, as it was judged then. Without figures, which are
    read when they are wanted.
    """
    s, a = t.submission.c, t.assignment.c
    come = (s.campaign == campaign, s.verdict == "accepted", s.received_at <= moment)
    last = (
        select(s.assignment, func.max(s.version).label("version"))
        .where(*come, *([s.reviewed_at <= known_at] if known_at else []))
        .group_by(s.assignment)
        .subquery()
    )
    query = (
        select(s.assignment, s.id, s.version, s.is_zero, s.is_late, s.reviewed_at)
        .join(last, (last.c.assignment == s.assignment) & (last.c.version == s.version))
        .join(t.assignment, a.id == s.assignment)
        .where(a.campaign == campaign, a.phase == phase)
    )
    last_valid = {
        row.assignment: (row.version, Counted(row.assignment, row.id, bool(row.is_zero), bool(row.is_late),
                                              row.reviewed_at))
        for row in connection.execute(query)
    }  # fmt: skip
    then = judged_then.of_phase(connection, campaign, phase, moment, known_at) if known_at else []
    for row in then:
        if row.verdict == "accepted" and row.version > last_valid.get(row.assignment, (0,))[0]:
            told = (row.assignment, row.submission, bool(row.is_zero), bool(row.is_late), row.judged_at)
            last_valid[row.assignment] = (row.version, Counted(*told, row.figures))
    back = {each.submission for each in reopenings.until(connection, campaign, moment, known_at)}
    return {number: each for number, (_, each) in last_valid.items() if each.submission not in back}


def figures_of(connection: Connection, counted: Iterable[Counted]) -> dict[int, Figured]:
    """By submission, as it was judged when it was found to count, whatever was judged anew meanwhile."""
    s = t.submission.c
    told: dict[int, dict[str, Any]] = {}
    unread: dict[int, datetime] = {}
    for each in counted:
        if each.figures is None:
            unread[each.submission] = each.judged_at
        else:
            told[each.submission] = each.figures
    for some in slices(unread):
        for row in connection.execute(select(s.id, s.reviewed_at, s.figures).where(s.id.in_(some))):
            is_same = row.reviewed_at == unread[row.id]
            told[row.id] = row.figures if is_same else judged_then.figures(connection, row.id, unread[row.id])
    return {number: Figured(each["figures"], each["forms"]) for number, each in told.items()}


def faulty(
    connection: Connection, campaign: str, phase: str, moment: datetime, known_at: datetime | None = None
) -> set[int]:
    """Assignments for which something came until ``moment`` that had to be mended, or was sent back by then."""
    s, a = t.submission.c, t.assignment.c
    come = (s.verdict != "accepted", s.received_at <= moment)
    query = (
        select(s.assignment)
        .join(t.assignment, a.id == s.assignment)
        .where(a.campaign == campaign, a.phase == phase, *come, *([s.reviewed_at <= known_at] if known_at else []))
    )
    back = {each.assignment for each in reopenings.until(connection, campaign, moment, known_at)}
    then = judged_then.of_phase(connection, campaign, phase, moment, known_at) if known_at else []
    return (
        set(connection.execute(query).scalars())
        | back
        | {each.assignment for each in then if each.verdict != "accepted"}
    )


def last_reviewed(connection: Connection, campaign: str, phase: str) -> datetime | None:
    """When the last accepted return of a phase was judged."""
    s, a = t.submission.c, t.assignment.c
    mine = (a.campaign == campaign, a.phase == phase, s.verdict == "accepted")
    query = select(s.reviewed_at).join(t.assignment, a.id == s.assignment).where(*mine)
    return connection.execute(query.order_by(s.reviewed_at.desc()).limit(1)).scalar_one_or_none()


def ledgers(
    connection: Connection, submissions: Sequence[int], known_at: datetime | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(submission id, its ledgers as data). ``known_at``: as they were read then."""
    s = t.submission.c
    for some in slices(submissions):
        then = judged_then.ledgers(connection, some, known_at) if known_at else {}
        for row in connection.execute(select(s.id, s.ledgers).where(s.id.in_(some))):
            yield row.id, then.get(row.id, row.ledgers)


def accepted_by_units(
    connection: Connection, campaign: str, deliverables: Sequence[str], units: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(unit, ledgers) of what counts of the units' answers about themselves, in the order in which it came."""
    s, a = t.submission.c, t.assignment.c
    mine = (a.campaign == campaign, a.deliverable.in_(list(deliverables)), a.unit.in_(list(units)))
    query = (
        select(a.unit, s.ledgers)
        .join(t.assignment, a.accepted == s.id)
        .where(*mine, a.respondent == a.unit)
        .order_by(s.received_at, s.id)
    )
    for row in connection.execute(query):
        yield row.unit, row.ledgers


class Kept(NamedTuple):
    """An accepted return that counts."""

    phase: str
    version: int
    ledgers: dict[str, Any]


def accepted_of_unit(connection: Connection, campaign: str, unit: str) -> list[Kept]:
    """What counts of a unit's own answers, in the order in which it came."""
    s, a = t.submission.c, t.assignment.c
    query = (
        select(a.phase, s.version, s.ledgers)
        .join(t.assignment, a.accepted == s.id)
        .where(a.campaign == campaign, a.unit == unit, a.respondent == unit)
        .order_by(s.received_at, s.id)
    )
    return [Kept(*row) for row in connection.execute(query)]


def verdict_counts(connection: Connection, campaign: str, phase: str) -> dict[str, int]:
    s, a = t.submission.c, t.assignment.c
    query = (
        select(s.verdict, func.count())
        .join(t.assignment, a.id == s.assignment)
        .where(a.campaign == campaign, a.phase == phase)
        .group_by(s.verdict)
    )
    return {key: count for key, count in connection.execute(query)}  # noqa: C416


def problems_of(
    connection: Connection, campaign: str, units: Sequence[str] | None = None, states: Collection[str] | None = None
) -> list[Problem]:
    """In order of number; all of the campaign's where no units and no states are named."""
    c = t.problem.c
    columns = (c.problem_no, c.unit, c.submission, c.line, c.state, c["values"], c.progress, c.source,
               c.carried_from)  # fmt: skip
    query = select(*columns).where(c.campaign == campaign)
    if units is not None:
        query = query.where(c.unit.in_(list(units)))
    if states is not None:
        query = query.where(c.state.in_(list(states)))
    found = [Problem(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda each: each.problem_no)  # asked to sort, SQLite reads the whole campaign by number


def problem_states(connection: Connection, campaign: str) -> list[tuple[str, str]]:
    """(unit, state), each once: who has problems, without reading them."""
    c = t.problem.c
    rows = connection.execute(select(c.unit, c.state).where(c.campaign == campaign).distinct())
    return [(row.unit, row.state) for row in rows]


def save_problems(connection: Connection, campaign: str, problems: Sequence[Problem], known: Collection[str]) -> None:
    """Numbers that are ``known`` take the new values, state and progress; the others are added."""
    rows = [{**vars(problem), "campaign": campaign} for problem in problems]
    insert_missing(connection, t.problem, [row for row in rows if row["problem_no"] not in known])
    told = [{f"new_{name}": value for name, value in row.items()} for row in rows if row["problem_no"] in known]
    if told:
        connection.execute(_told_again(), told)


@cache
def _told_again() -> Update:
    c = t.problem.c
    mine = (c.campaign == bindparam("new_campaign"), c.problem_no == bindparam("new_problem_no"))
    names = [each.name for each in fields(Problem) if each.name != "problem_no"]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(t.problem).where(*mine).values(values)


def findings_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Finding]]:
    """What was told of these submissions, accepted ones too."""
    s = t.submission.c
    found: dict[int, list[Finding]] = {}
    for start in range(0, len(numbers), 500):
        rows = connection.execute(select(s.id, s.findings).where(s.id.in_(numbers[start : start + 500])))
        found |= {row.id: [Finding(**each) for each in row.findings] for row in rows}
    return found


def mails_of(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By submission: the mail that brought it, by the hash of its archived bytes, and the file in it."""
    s, i = t.submission.c, t.inbox.c
    columns = (s.id, s.version, s.part, s.file_name, s.sha256.label("file_sha256"), i.sha256, i.received_at, i.sender)
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(numbers), 500):
        query = select(*columns).join(t.inbox, i.id == s.inbox).where(s.id.in_(numbers[start : start + 500]))
        for row in connection.execute(query).mappings():
            told = dict(row)
            found[told.pop("id")] = told
    return found
