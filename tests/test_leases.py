"""Issue 5 of 6 B: scheduled work takes a lease in our own store; duplicates go home, the dead are replaced."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest

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
