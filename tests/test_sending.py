"""Issue 6 of 6, part B: one sender over several connections keeps within what its account is allowed."""

import json
import subprocess
import sys

import pytest
import yaml

from oneledger.settings import Collect, MailSettings, Sender
from oneledger.store import campaigns, holding
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


def test_where_much_waits_it_goes_out_beside_the_phases_and_each_mail_once(tmp_path):
    """Issue 7: with what a phase plans meanwhile. Who sends aside and dies is named, and the look sends all the same;
    a server that turns him away is not tried again in the same look."""
    command = [sys.executable, "-m", "tests.look_aside", str(tmp_path), str(LONG_WORK)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    told = {each.pop("look"): each for line in lines if line.startswith('{"look"') for each in [json.loads(line)]}
    asked = 3  # schools of the small office
    beside = told["beside"]["sent"]
    assert (beside["send_aside"] >= LONG_WORK, sum(beside.values())) == (True, LONG_WORK + asked)
    assert [told["beside"][key] for key in ("faults", "came", "different")] == [
        "",
        LONG_WORK + asked,
        LONG_WORK + asked,
    ]
    lost = "a worker process ended before its work was done"
    assert (told["killed"]["faults"].count("send_aside:"), told["killed"]["faults"].count(lost)) == (1, 1)
    assert [told["killed"][key] for key in ("came", "different")] == [LONG_WORK, LONG_WORK]
    assert told["stopped"] == {"sent": {"send_aside": 0}, "faults": "", "came": 0, "different": 0}


@pytest.mark.parametrize(("waits", "limits", "stays", "is_worth"), [
    (3, {}, "", True),
    (4, {}, "", False),
    (3, {"per_second": 2}, "", False),
    (3, {"per_15_minutes": 500}, "", False),  # or bulk takes what this look's urgent mails need
    (3, {"per_day": 500}, "", False),
    (3, {}, "paused", False),
    (3, {}, "held", False),
])  # fmt: skip
def test_a_process_is_started_for_much_that_waits_for_us_alone(tmp_path, monkeypatch, waits, limits, stays, is_worth):
    """Issue 7: ``waits``, of three mails, is how many are much."""
    mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
    mail |= {"per_second": None, "per_15_minutes": None, "per_day": None} | limits
    (tmp_path / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_MAIL", str(tmp_path / "mail.yaml"))
    monkeypatch.setattr(sending, "LONG_WORK", waits)
    monkeypatch.setattr(sending, "CORES", 2)
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch) as (only,):
        assert len(only.open("deploy", at("2021-03-01"))) == 3
        with only.store.write() as connection:
            campaigns.pause(connection, only.name, is_paused=stays == "paused")
            if stays == "held":
                holding.hold(connection, at("2021-03-01"), by="值班员", reason="核对")
        assert sending.is_worth_an_aside(at("2021-03-01")) is is_worth
