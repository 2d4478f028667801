"""Issue 5 of 6 B: scheduled work takes a lease in our own store; duplicates go home, the dead are replaced."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from oneledger.store import pulses, schema
from tasks.opened import ReviewTally
from tests.small_office import at, make_campaign, opened

HELD = """
import sys, time
from tasks.leasing import alone
from tasks.office import office
with alone(office(), "send") as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def office(tmp_path, monkeypatch, database):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        yield only.here.office


def holding():
    return subprocess.Popen([sys.executable, "-c", HELD], env=os.environ, stdout=subprocess.PIPE, text=True)


def waited_for(office, job: str) -> bool:
    from tasks.leasing import alone

    with alone(office, job, waits=True) as mine:
        return mine


def taken(office) -> bool:
    from tasks.leasing import alone

    with alone(office, "send") as mine:
        return mine


def test_a_job_is_done_by_one_and_taken_over_at_once_from_the_dead(office):
    with holding() as other:
        assert other.stdout.readline() == "True\n"
        began = time.monotonic()
        assert not taken(office)
        from tasks.sending import send_due

        assert send_due.fn(at("2021-03-01")).handled == 0
        assert time.monotonic() - began < 1  # E7: losers leave within a second
        other.kill()
        other.wait()
        assert taken(office)
        assert taken(office)  # and gave it back


def test_a_lease_outlives_its_length_only_while_its_holder_lives(office, monkeypatch):
    """E8, seen from elsewhere: a holder that is frozen is replaced when its lease ends, one at work never."""
    from tasks import leasing

    monkeypatch.setattr(leasing, "LENGTH", timedelta(seconds=0.4))
    monkeypatch.setattr(leasing, "_is_gone", lambda _: False)
    with leasing.alone(office, "send") as mine:
        time.sleep(1)
        assert (mine, taken(office)) == (True, False)
    monkeypatch.setattr(leasing, "_renewed", lambda *_: None)
    with leasing.alone(office, "send"):
        time.sleep(0.6)
        assert taken(office)


def test_who_names_a_campaign_waits_until_its_mail_is_taken_in_and_a_schedule_goes_home(office, monkeypatch):
    """Issue 5 of 6, done when 4: a look of a second worker must not remind or freeze while the first still collects."""
    from flows.collect import collect
    from flows.running import EVERY
    from tasks import leasing

    name, when = "first", at("2021-03-01")
    with leasing.alone(office, f"collect {name}"):
        assert collect.fn(EVERY, when) == ReviewTally()
        monkeypatch.setattr(leasing, "PATIENCE", timedelta(seconds=0.1))
        with pytest.raises(leasing.StillBusyError):
            collect.fn(name, when)
    monkeypatch.setattr(leasing, "PATIENCE", timedelta(minutes=1))
    with ThreadPoolExecutor() as other:
        with leasing.alone(office, "send"):
            waiting = other.submit(waited_for, office, "send")
            time.sleep(1)
            assert not waiting.done()
        assert waiting.result(30)


def test_of_a_backlog_of_late_runs_only_the_first_works(office, monkeypatch):
    """Issue 5 of 6 B: (job, logical time). A run that began after their time has done what they were made for."""
    from flows.collect import collect
    from flows.running import EVERY, is_made_good
    from flows.send import send
    from tasks.intake import take_in_mail
    from tasks.sending import SendTally, send_due
    from tasks.watching import note_sent

    now = datetime.now(UTC)
    due = [now - timedelta(minutes=n) for n in range(100, 0, -1)]
    run = "prefect.runtime.flow_run.scheduled_start_time"
    monkeypatch.setattr(run, due[0], raising=False)
    assert not any(is_made_good(job, None) for job in (pulses.COLLECT, pulses.SEND))
    take_in_mail.fn("first", now)
    note_sent(send_due.fn(now), now)
    with office.store.read() as connection:
        before = connection.execute(select(schema.lease)).all()
    began = time.monotonic()
    for each in due:
        monkeypatch.setattr(run, each)
        assert (collect.fn(EVERY), send.fn()) == (ReviewTally(), SendTally())
    assert time.monotonic() - began < 10
    with office.store.read() as connection:
        assert connection.execute(select(schema.lease)).all() == before
    monkeypatch.setattr(run, now + timedelta(minutes=1))  # the next one in time
    assert not any(is_made_good(job, None) for job in (pulses.COLLECT, pulses.SEND))
    assert not is_made_good(pulses.SEND, at("2021-03-01"))  # whoever names a moment is never put off
