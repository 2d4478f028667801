"""Issue 6 of 6, part B: one sender over several connections keeps within what its account is allowed."""

import json
import subprocess
import sys

import pytest
import yaml

from oneledger.settings import Collect, MailSettings, Sender
from tasks import sending
from tasks.sending import LONG_WORK, mailers
from tests.conftest import CONFIG
from tests.small_office import at, make_campaign, opened


@pytest.mark.parametrize(
    ("connections", "per_second", "used"), [(1, None, 1), (8, None, 8), (8, 5, 5), (8, 0.2, 1), (4, 100, 4)]
)
def test_no_more_connections_than_mails_may_leave_in_a_second(connections, per_second, used):
    """Each sends one mail at a time, so more of them would go out at once than the provider takes in a second."""
    sender = Sender(name="x", address="a@x.cn", host="127.0.0.1", port=1, security="none", connections=connections)
    mail = MailSettings(sender=sender, collect=Collect(address="a@x.cn"), per_second=per_second)
    with mailers(mail) as posts:
        assert len(posts) == used


def test_where_much_waits_it_goes_out_while_the_figures_are_worked_out_and_each_mail_once(tmp_path):
    """Issue 7: from a process of its own, the rest after."""
    more = LONG_WORK - 3  # besides the schools of the small office
    command = [sys.executable, "-m", "tests.look_aside", str(tmp_path), str(more)]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1])
    assert told == {"aside": [LONG_WORK], "after": 0, "came": LONG_WORK, "different": LONG_WORK}


@pytest.mark.parametrize(("waits", "per_second", "is_worth"), [(3, None, True), (4, None, False), (3, 2, False)])
def test_a_process_is_started_for_much_that_waits_for_us_and_not_for_the_provider(
    tmp_path, monkeypatch, waits, per_second, is_worth
):
    """Issue 7: ``waits``, of three mails, is how many are much."""
    mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
    mail["per_second"] = per_second
    (tmp_path / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_MAIL", str(tmp_path / "mail.yaml"))
    monkeypatch.setattr(sending, "LONG_WORK", waits)
    monkeypatch.setattr(sending, "CORES", 2)
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch) as (only,):
        assert len(only.open("deploy", at("2021-03-01"))) == 3
        assert sending.is_worth_an_aside(at("2021-03-01")) is is_worth
