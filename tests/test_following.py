"""Figures that still move are followed from look to look, and are at each the very figures of all returns."""

import gc
import weakref
from unittest import mock

import pytest
from sqlalchemy import select

from oneledger.domain.rolling import rolled_up
from oneledger.store import campaigns, schema as t
from tests.sign_office import COUNTY_TURN, FROZEN, bring, reply, send, signing_office
from tests.small_office import COUNTY, DIRECT, OTHER, SCHOOL, at


@pytest.fixture
def office(tmp_path, monkeypatch):
    with signing_office(tmp_path, monkeypatch) as only:
        yield only


def both_ways(office, moment):
    """The phase's figures followed, and worked out of all returns."""
    from tasks.following import figures_now
    from tasks.office import running
    from tasks.recounting import Reference, figures_at

    here, at_then = running(office.name), Reference("deploy", FROZEN, moment, moment)
    with office.store.read() as connection:
        return figures_now(here, connection, at_then)[1], figures_at(here, connection, at_then)


def told(figures):
    return list(figures.codes), figures.of(figures.codes)


def elsewhere(office, moment, look):
    """As a process that has seen nothing yet comes to it; and how many offices it added up for that."""
    from tasks import following
    from tasks.office import running
    from tasks.recounting import Reference

    here, added = running(office.name), []

    def counting(*args, **more):
        for code, each in rolled_up(*args, **more):
            added.append(code)
            yield code, each

    following._last.clear()
    with office.store.read() as connection, mock.patch.object(following, "rolled_up", counting):
        figures = following.followed(here, connection, Reference("deploy", FROZEN, moment, moment), look)[1]
    return told(figures), len({code for code in added if code in here.children})


def judged_anew(office, unit: str, moment, rows: int) -> None:
    """The same version, as a rule that was mended has it now."""
    s, a = t.submission.c, t.assignment.c
    with office.store.write() as connection:
        query = select(s.id, s.figures).join(t.assignment, a.accepted == s.id).where(a.unit == unit)
        row = connection.execute(query).one()
        figures = {**row.figures, "figures": {**row.figures["figures"], "ledger.rows": rows}}
        connection.execute(t.submission.update().where(s.id == row.id).values(figures=figures, reviewed_at=moment))


def test_followed_figures_are_those_of_all_returns_whatever_comes_between_two_looks(office):
    """Issue 7: what changed is rolled up again; 004: a correction, a return sent back, one judged anew, one more."""
    seen = []

    def look(moment) -> None:
        followed, whole = both_ways(office, at(moment))
        assert told(followed) == told(whole)
        seen.append(followed.of([COUNTY])[COUNTY].figures.get("ledger.rows"))

    look("2021-03-15T09:00")
    look("2021-03-15T10:00")
    send(office, SCHOOL, at("2021-03-16T09:00"), rows=3)
    look("2021-03-16T10:00")
    send(office, OTHER, at("2021-03-16T11:00"), rows=2)
    look("2021-03-16T12:00")
    judged_anew(office, OTHER, at("2021-03-16T13:00"), rows=7)
    look("2021-03-16T14:00")
    bring(office, COUNTY_TURN)
    reply(office, COUNTY, f"退回 {SCHOOL} 请核对", at("2021-03-17T18:00"))
    look("2021-03-17T19:00")
    send(office, DIRECT, at("2021-03-18T09:00"), rows=4)
    look("2021-03-18T10:00")
    assert seen == [1, 1, 3, 5, 10, 7, 7]


def test_who_makes_a_looks_papers_elsewhere_adds_up_nothing_unless_returns_came_meanwhile(office):
    """Issue 7: what is known is not worked out again; and never figures that are not those of the returns."""
    from tasks.following import figures_now, look_of
    from tasks.office import running
    from tasks.recounting import Reference

    moment = at("2021-03-16T10:00")
    with office.store.read() as connection:
        basis, figures = figures_now(running(office.name), connection, Reference("deploy", FROZEN, moment, moment))
    look = look_of(basis, figures)
    assert elsewhere(office, moment, look) == (told(figures), 0)
    assert elsewhere(office, moment, None) == (told(figures), 3)
    send(office, SCHOOL, moment, rows=3)
    again, offices = elsewhere(office, moment, look)
    assert (again, offices) == (told(both_ways(office, moment)[1]), 3)
    assert again != told(figures)


def test_of_a_campaign_only_the_version_read_last_is_held(office):
    """Issue 6 of 6, C: memory flat. Each address that goes dead, each unit marked, makes a new version of all units."""
    from tasks.office import running

    held = []
    for unit in (SCHOOL, OTHER, DIRECT):
        held.append(weakref.ref(running(office.name)))
        assert running(office.name) is held[-1]()
        with office.store.write() as connection:
            assert campaigns.mark_incidents(connection, office.name, [unit]) == [unit]
    assert running(office.name).units[DIRECT].has_incidents
    gc.collect()
    assert [each() for each in held] == [None] * 3
