"""Snapshots (issue 5 C): draft, final and on demand, each worked out again from the returns alone to the same digest."""

from datetime import timedelta
from unittest import mock

import pytest
from sqlalchemy import select, update

from oneledger.domain.rollup import Coverage
from oneledger.domain.schedule import Milestone
from oneledger.store import schema as t, snapshots
from oneledger.store.submissions import figures_of
from tests.sign_office import CITY_TURN, FROZEN, KEY, reply, send, signing_office
from tests.small_office import COUNTY, OTHER, ROOT, SCHOOL, at

HOUR = timedelta(hours=1)
NOW = at("2021-04-30")


@pytest.fixture
def both(database, tmp_path, monkeypatch):
    with signing_office(tmp_path, monkeypatch, database) as only:
        yield only


def look(office, when) -> None:
    from tasks.bringing import bring_phase
    from tasks.sign_asking import asked_to_sign
    from tasks.supplementing import phases_to_supplement, supplement

    for wanted in bring_phase.fn("first", "deploy", when).to_sign:
        asked_to_sign("first", wanted, wanted.offices, when)
    for phase in phases_to_supplement("first", when):
        supplement("first", phase, when)


def kinds(office) -> dict[str, str]:
    with office.store.read() as connection:
        return {each.milestone: each.kind for each in snapshots.every_kind(connection, "first")}


def test_every_snapshot_is_worked_out_again_to_the_same_digest_whatever_came_later(both):
    from tasks.excepting import change_unit
    from tasks.extra_snapshots import freeze_on_demand, verify_snapshots

    office = both
    told = freeze_on_demand("first", "deploy", "今日17时", at("2021-03-10T17:00"), at("2021-03-10T17:01"))
    assert told["label"] == "今日17时（截至2021-03-10 17:00，应报3、已报2、免报0、未报1）"
    look(office, at("2021-03-17T17:01"))
    reply(office, COUNTY, f"退回 {SCHOOL} 条数不符", at("2021-03-17T18:00"))
    look(office, CITY_TURN + timedelta(minutes=1))
    send(office, SCHOOL, at("2021-03-19T09:00"), rows=3)
    look(office, FROZEN + timedelta(minutes=5))
    send(office, OTHER, at("2021-03-22T09:00"))
    look(office, at("2021-03-22T17:00"))
    change_unit("first", OTHER, "exempt", reason="停办", by="副局长", as_of=at("2021-03-23"))
    assert kinds(office) == {
        "deploy-now-20210310-170000": "demand", f"{KEY}-draft": "draft", KEY: "report", f"{KEY}-s1": "supplement",
    }  # fmt: skip
    rows = verify_snapshots("first")
    assert [row["agrees"] for row in rows] == [True] * 4
    with office.store.read() as connection:
        draft = dict(snapshots.every_rollup(connection, snapshots.found(connection, "first", f"{KEY}-draft").id))[ROOT]
        final = dict(snapshots.every_rollup(connection, snapshots.found(connection, "first", KEY).id))[ROOT]
    assert draft.coverage == Coverage(returned=1, missing=2, in_correction=1)
    assert final.coverage == Coverage(returned=2, missing=1)
    with office.store.write() as connection:  # somebody alters a return behind our back
        row = connection.execute(t.submission.select().limit(1)).one()
        figures = {**row.figures, "figures": {**row.figures["figures"], "ledger.rows": 99}}
        connection.execute(update(t.submission).where(t.submission.c.id == row.id).values(figures=figures))
    assert [row["agrees"] for row in verify_snapshots("first")] != [True] * 4


def test_each_return_is_read_once_for_what_is_frozen_and_nothing_is_left_beside_it(both):
    """A country's figures take 600 MB: they lie in a file without a name until they are frozen."""
    from tasks.freezing import freeze

    before, read = sorted(both.here.office.settings.data.iterdir()), []

    def reading(connection, counted):
        some = list(counted)
        read.extend(each.submission for each in some)
        return figures_of(connection, some)

    with mock.patch("tasks.recounting.submissions.figures_of", reading):
        freeze(both.here, Milestone(FROZEN, "deploy", "report", KEY, "x"), FROZEN)
    assert len(read) == len(set(read)) == 2
    assert sorted(both.here.office.settings.data.iterdir()) == before


def test_figures_that_an_earlier_version_wrote_prove_themselves_and_are_compared_as_figures(both):
    """4 of 6: it put neither spaces nor the keys in order. A supplement names who moved, and nobody else."""
    from tasks.auditing import verify
    from tasks.publishing import freeze_due
    from tasks.supplementing import supplement

    freeze_due("first", "deploy", FROZEN + timedelta(minutes=5))
    with both.store.write() as connection:
        c = t.snapshot_unit.c
        for row in connection.execute(select(c.unit, c.rollup)).all():
            then = dict(reversed(row.rollup.items()))
            connection.execute(update(t.snapshot_unit).where(c.unit == row.unit).values(rollup=then))
    assert verify(with_mails=False)["faults"] == []
    send(both, OTHER, at("2021-03-22T09:00"))
    assert supplement("first", "deploy", at("2021-03-22T10:00")) == f"{KEY}-s1"
    told = [mail.get_body(("plain",)).get_content() for mail in both.mails("supplement")]
    assert [(f"1. 柳林小学（{OTHER}）" in words, SCHOOL in words) for words in told] == [(True, False)] * 3


def test_the_same_returns_give_the_same_digests_on_both_databases(tmp_path, monkeypatch, postgres_url):
    from tests.postgres import fresh_database

    seen = []
    for name, url in (("a", ""), ("b", fresh_database(postgres_url))):
        with signing_office(tmp_path / name, monkeypatch, url) as office:
            look(office, FROZEN + timedelta(minutes=5))
            with office.store.read() as connection:
                seen.append([(each.milestone, each.digest) for each in snapshots.every_kind(connection, "first")])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 1


def test_the_draft_goes_to_the_office_that_publishes_once(both):
    office = both
    for _ in range(2):
        look(office, CITY_TURN + timedelta(minutes=1))
    (draft,) = office.mails("draft")
    assert draft["To"].addresses[0].username == ROOT
    assert "应报 3 份：已报 2 份" in draft.get_body(("plain",)).get_content()
    look(office, FROZEN - HOUR)
    assert len(office.mails("draft")) == 1
