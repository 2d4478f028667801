"""Issue 5 of 6 A: what kills the collector, or is no longer what it was, is set aside and named; the others go on."""

import os
import subprocess
import sys
import textwrap

import pytest

from oneledger.store import inbox
from tasks.guarding import CORRUPT, MOST_CRASHES, POISON
from tests.small_office import COUNTY, OTHER, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, problem

DAY = at("2021-03-10")
SAID = {"facts": {"ledger": {"zero_flag": "否"}}, "rows": {"ledger": [problem(1)], "selfcheck": checked()}}
KILLED_BY_ONE = """
    import os, sys
    from datetime import datetime
    import tasks.guarding as guarding
    real = guarding.open_mail
    def deadly(here, reader, row, *rest, **named):
        if row.id == int(sys.argv[1]):
            os._exit(9)
        return real(here, reader, row, *rest, **named)
    guarding.open_mail = deadly
    from tasks.reviewing import reviewed
    reviewed("first", {"210102": [int(each) for each in sys.argv[2:]]}, datetime.fromisoformat("2021-03-10T08:00+08:00"))
"""


@pytest.fixture
def office(tmp_path, monkeypatch, database):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        yield only


def waiting(office) -> list[tuple[int, str]]:
    with office.store.read() as connection:
        return [(row["id"], row["reason"]) for row in inbox.for_a_person(connection, "first")]


def test_a_mail_that_kills_the_process_again_and_again_is_set_aside_and_the_others_are_judged(office):
    asked = office.open("deploy", at("2021-03-01"))
    mails = [office.reply(asked[unit], "find", unit, DAY, **SAID) for unit in (SCHOOL, OTHER)]
    deadly, fine = sorted({number for mail in mails for number in office._take_in(mail.as_bytes(), DAY)})
    program = textwrap.dedent(KILLED_BY_ONE)
    ends = [
        subprocess.run(
            [sys.executable, "-c", program, str(deadly), str(deadly), str(fine)], env=os.environ, check=False, timeout=60
        ).returncode
        for _ in range(MOST_CRASHES + 1)
    ]  # fmt: skip
    assert ends == [9] * MOST_CRASHES + [0]
    assert waiting(office) == [(deadly, POISON)]
    with office.store.read() as connection:
        assert inbox.counts(connection) == {"person": 1, "done": 1}


def test_an_archived_mail_that_is_no_longer_what_it_was_is_set_aside_and_can_come_back(office):
    """§1 Postfix: unreadable files go to `corrupt` and are not deleted; the county is not held up by it."""
    asked = office.open("deploy", at("2021-03-01"))
    first = office.reply(asked[SCHOOL], "find", SCHOOL, DAY, **SAID).as_bytes()
    office._take_in(first, DAY)
    archive = office.here.office.archive
    root = office.here.office.settings.data / "archive"
    (path,) = [path for path in root.rglob("*") if len(path.name) == 64]
    sha = path.name
    path.write_bytes(b"rot".ljust(len(first), b"."))
    assert office.take(office.reply(asked[OTHER], "find", OTHER, DAY, **SAID), DAY, COUNTY).accepted == 1
    ((number, reason),) = waiting(office)
    assert (reason, (root / "corrupt" / sha).read_bytes()[:3]) == (CORRUPT, b"rot")
    assert archive.put(first) == sha
    assert archive.get(sha) == first
    with office.store.write() as connection:
        assert inbox.decide(connection, number, "处长", accept=True)
    from tasks.reviewing import reviewed

    assert reviewed("first", {COUNTY: [number]}, DAY).accepted == 1


def test_a_fault_that_kills_nobody_counts_as_no_crash(office, monkeypatch):
    """A template or a database that fails often may not send innocent mails to the shelf."""
    from tasks import reviewing

    asked = office.open("deploy", at("2021-03-01"))
    ids = office._take_in(office.reply(asked[SCHOOL], "find", SCHOOL, DAY, **SAID).as_bytes(), DAY)

    def failing(*_):
        raise OSError("disk")

    with monkeypatch.context() as patched:
        patched.setattr(reviewing, "enclose_drafts", failing)
        for _ in range(MOST_CRASHES + 1):
            with pytest.raises(ExceptionGroup):
                reviewing.reviewed("first", {COUNTY: ids}, DAY)
    assert reviewing.reviewed("first", {COUNTY: ids}, DAY).accepted == 1
