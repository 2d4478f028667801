"""The dead man's switch (issue 5 of 6 D): one note for each time that collecting falls silent; what cannot be mailed is
shown."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from desk.cli import app
from oneledger.store import holding, pulses
from tasks import office as offices
from tasks.sending import SendTally
from tasks.watching import note_sent, note_silence, troubles
from tests.small_office import at
from tests.test_doctor import Clinic, clinic  # noqa: F401  a fixture

NOON = at("2021-03-12T12:00")


@pytest.fixture
def office(clinic: Clinic):  # noqa: F811
    """Collecting has just succeeded; two hours of silence are too many."""
    clinic.set_mail(silent_hours=2, operators="duty@office.invalid")
    read_anew()
    with clinic.office.store.write() as connection:
        pulses.beat(connection, pulses.COLLECT, NOON)
        pulses.beat(connection, pulses.SEND, NOON)
    return clinic.office


def read_anew():
    """The mail settings are read once a process."""
    offices.office().store.close()
    offices._office.cache_clear()
    offices._last_read.cache_clear()


def collected(office, moment):
    with office.store.write() as connection:
        pulses.beat(connection, pulses.COLLECT, moment)


def test_one_note_for_each_outage(office):
    hours = [note_silence(NOON + timedelta(hours=each)) for each in (0, 2, 2.1, 3, 9, 30)]
    assert hours == [False, False, True, False, False, False]
    collected(office, NOON + timedelta(hours=31))
    assert [note_silence(NOON + timedelta(hours=each)) for each in (32, 33.1, 40)] == [False, True, False]
    first, second = office.mails("silence")
    assert first["To"].addresses[0].addr_spec == "duty@office.invalid"
    assert "自2021年3月12日12:00起，系统没有再成功收过信，至今 2 小时" in first.get_body(("plain",)).get_content()
    assert first["Message-ID"] != second["Message-ID"]


def test_nobody_is_written_to_where_no_address_is_set(clinic):  # noqa: F811
    clinic.set_mail(silent_hours=2, operators="")
    read_anew()
    collected(clinic.office, NOON)
    assert note_silence(NOON + timedelta(days=9)) is False


def test_sending_that_is_silent_is_shown_and_not_mailed(office):
    office.open("deploy", NOON)
    late = NOON + timedelta(hours=3)
    collected(office, late)
    assert (troubles(office.here.office, NOON + timedelta(hours=2)), len(troubles(office.here.office, late))) == ([], 1)
    shown = CliRunner().invoke(app, ["status", office.name, "--as-of", f"{late:%Y-%m-%dT%H:%M}"])
    assert "最早一封到时未发的邮件已等了 3.0 小时" in shown.stdout
    note_sent(SendTally(stopped="535 no"), late)
    assert len(troubles(office.here.office, late)) == 1
    note_sent(SendTally(), late)
    assert troubles(office.here.office, late) == []


def test_in_hold_nobody_is_expected_to_send_and_hold_is_shown(office):
    office.open("deploy", NOON)
    with office.store.write() as connection:
        holding.hold(connection, NOON, by="restore", reason="由备份恢复")
    collected(office, NOON + timedelta(hours=3))
    assert troubles(office.here.office, NOON + timedelta(hours=3)) == [
        "暂停发信（HOLD）：由备份恢复。核对后用 oneledger release 解除"
    ]


def test_taking_in_mail_is_what_counts_as_collecting(office):
    """A disk without room is no success."""
    from tasks.intake import take_in_mail

    later = NOON + timedelta(hours=1)
    take_in_mail.fn(office.name, later)
    with office.store.read() as connection:
        assert pulses.last(connection)[pulses.COLLECT] == later
    object.__setattr__(office.here.office.mail, "low_water_mb", 10**9)
    take_in_mail.fn(office.name, later + timedelta(hours=1))
    with office.store.read() as connection:
        assert pulses.last(connection)[pulses.COLLECT] == later
