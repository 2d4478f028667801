"""The way out of HOLD where there is a journal box (issue 5 of 6 C; E16): what went out since the backup is known before
anything is sent, and nothing goes twice."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from oneledger.domain.errors import RefusedError
from oneledger.store import schema as t
from rehearsal.post_office_client import running_post_office
from tasks.backing_up import back_up, restore
from tasks.holding import release
from tasks.office import office as at_work
from tests.small_office import at, make_campaign, opened
from tests.test_backup import PROGRAMS, fresh
from tests.test_settling import settings

START = at("2021-03-01")
BY = {"by": "值班员", "reason": "核对过", "at": START + timedelta(hours=2)}


@pytest.fixture
def post(tmp_path):
    with running_post_office(tmp_path / "post") as running:
        running.set_clock(START)
        yield running


@pytest.fixture
def office(tmp_path, monkeypatch, database, post):
    settings(tmp_path, monkeypatch, post)
    monkeypatch.setenv("PATH", f"{PROGRAMS}:{os.environ['PATH']}")
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        store = only.store
        yield only
        store.close()


@pytest.fixture
def restored(request, office, tmp_path, monkeypatch):
    """Back to what was saved at ``copy``."""

    def go() -> None:
        url = fresh(request) if office.here.office.settings.database_url else ""
        restore(tmp_path / "copy", tmp_path / "again", url, START + timedelta(hours=1))
        monkeypatch.setenv("ONELEDGER_DATA", str(tmp_path / "again"))
        monkeypatch.setenv("ONELEDGER_DATABASE_URL", url)

    yield go
    at_work().store.close()


def sent(hours: float) -> int:
    from tasks.sending import send_due

    return send_due.fn(START + timedelta(hours=hours)).sent


def copies(post) -> int:
    return len(post.deliveries()[0])


def test_what_went_out_after_the_backup_is_settled_and_not_sent_again(office, restored, post, tmp_path):
    office.open("deploy", START)
    back_up(office.here.office.settings, tmp_path / "copy", START)
    assert sent(0.1) == copies(post) == 3
    restored()
    assert sent(1) == 0
    assert release(**BY, i_know=False) == {"settled": 3, "doubts": []}
    assert (sent(3), copies(post)) == (0, 3)
    with office.store.read() as connection:
        assert set(connection.execute(select(t.outbox.c.state)).scalars()) == {"sent"}


def test_what_never_went_out_goes_once_it_is_released(office, restored, post, tmp_path):
    office.open("deploy", START)
    back_up(office.here.office.settings, tmp_path / "copy", START)
    restored()
    assert release(**BY, i_know=False) == {"settled": 0, "doubts": []}
    assert (sent(3), copies(post)) == (3, 3)


def test_mails_that_the_store_lacks_forbid_it_until_they_are_planned_again(office, restored, post, tmp_path):
    """Planned and sent after the backup: a look in HOLD plans them under the same Message-IDs."""
    back_up(office.here.office.settings, tmp_path / "copy", START)
    office.open("deploy", START)
    assert sent(0.1) == 3
    restored()
    with pytest.raises(RefusedError, match="有 3 封本系统发出、数据库里却没有的邮件"):
        release(**BY, i_know=False)
    office.open("deploy", START)
    assert release(**BY, i_know=False) == {"settled": 3, "doubts": []}
    assert (sent(3), copies(post)) == (0, 3)


def test_a_person_who_knows_may_release_all_the_same(office, restored, post, tmp_path):
    back_up(office.here.office.settings, tmp_path / "copy", START)
    office.open("deploy", START)
    sent(0.1)
    restored()
    assert len(release(**BY, i_know=True)["doubts"]) == 1


def test_a_journal_that_holds_nothing_of_ours_or_is_away_proves_nothing(office, restored, post, tmp_path):
    office.open("deploy", START)
    sent(0.1)
    back_up(office.here.office.settings, tmp_path / "copy", START)
    restored()
    for file in post.journal.glob("*/*"):
        file.unlink()
    with pytest.raises(RefusedError, match="不能作证"):
        release(**BY, i_know=False)
    post.journal.rename(post.journal.with_name("away"))
    with pytest.raises(RefusedError, match="存证邮箱读不了"):
        release(**BY, i_know=False)


def test_a_mail_that_was_being_sent_when_the_backup_was_taken(office, restored, post, tmp_path):
    """Nobody is sending it now: its lease is over, and the journal tells."""
    from oneledger.store import outbox
    from tasks.sending import LEASE

    office.open("deploy", START)
    with office.store.write() as connection:
        claim = outbox.claim(connection, START, most=1, lease=LEASE)[0]
    with office.store.write() as connection:
        assert outbox.begin(connection, [claim], START + LEASE, "journal@ledger.invalid")
    back_up(office.here.office.settings, tmp_path / "copy", START)
    restored()
    assert release(**BY, i_know=False)["settled"] == 0
    with office.store.read() as connection:
        assert sorted(connection.execute(select(t.outbox.c.state)).scalars()) == ["planned", "planned", "unknown"]
