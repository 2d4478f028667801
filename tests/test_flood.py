"""Floods (reliability T14): quotas a sender and day, known senders first, what is over them kept, a full disk stops."""

import itertools
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from oneledger.domain.quotas import MIB, Arrival, Quota, Quotas, count, over_quota
from oneledger.store import schema as t
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened

SMALL = Quotas(
    known=Quota(mails=4, megabytes=9), stranger=Quota(mails=2, megabytes=3), machine=Quota(mails=3, megabytes=9),
    strangers=Quota(mails=5, megabytes=9),
)  # fmt: skip
DAY = at("2021-03-05T09:00")
_numbers = itertools.count()


def arrivals(kind: str, sender: str, *sizes: int, has_token: bool = False) -> list[Arrival]:
    return [Arrival(sender, kind, has_token, size * MIB) for size in sizes]


def used_by(earlier: list[Arrival]):
    used = {}
    for each in earlier:
        count(used, each)
    return used


def test_each_kind_of_sender_has_its_own_day():
    assert over_quota(arrivals("stranger", "a", 0, 0, 0), {}, SMALL) == [False, False, True]
    assert over_quota(arrivals("known", "a", *[0] * 5), {}, SMALL) == [*[False] * 4, True]
    assert over_quota(arrivals("machine", "a", *[0] * 4), {}, SMALL) == [*[False] * 3, True]


def test_bytes_count_and_a_smaller_mail_still_goes():
    assert over_quota(arrivals("stranger", "a", 2, 2, 1), {}, SMALL) == [False, True, False]
    assert over_quota(arrivals("stranger", "a", 1), used_by(arrivals("stranger", "a", 3)), SMALL) == [True]


def test_what_was_taken_earlier_in_the_day_counts():
    assert over_quota(arrivals("stranger", "a", 0), used_by(arrivals("stranger", "a", 0, 0)), SMALL) == [True]
    assert over_quota(arrivals("stranger", "b", 0), used_by(arrivals("stranger", "a", 0, 0)), SMALL) == [False]


def test_a_new_address_for_each_mail_does_not_help():
    many = [each for name in "abcdefg" for each in arrivals("stranger", name, 0)]
    assert over_quota(many, {}, SMALL) == [*[False] * 5, True, True]


def test_who_borrows_an_address_uses_up_nothing_of_what_has_a_token():
    borrowed = arrivals("known", "a", *[0] * 9)
    assert over_quota(arrivals("known", "a", 0, has_token=True), used_by(borrowed), SMALL) == [False]


@pytest.fixture
def office(tmp_path, monkeypatch):
    box = tmp_path / "box"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    settings = yaml.safe_load((Path(__file__).parent.parent / "config" / "mail.yaml").read_text(encoding="utf-8"))
    settings["collect"]["maildir"] = str(box)
    settings["quotas"] = SMALL.model_dump()
    (tmp_path / "mail.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_MAIL", str(tmp_path / "mail.yaml"))
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch) as (only,):
        yield only, box


def deliver(box: Path, sender: str, count: int) -> None:
    for number in itertools.islice(_numbers, count):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "ledger@ledger.invalid", f"第{number}封"
        mail.set_content("请查收。")
        (box / "new" / f"{number:06d}.M.x").write_bytes(mail.as_bytes())


def states(office) -> list[tuple[str, str]]:
    with office.store.read() as connection:
        return [
            tuple(row) for row in connection.execute(select(t.inbox.c.sender, t.inbox.c.state).order_by(t.inbox.c.id))
        ]


def take(office, moment):
    from tasks.intake import take_in_mail

    return take_in_mail.fn(office.name, moment)


def test_a_flood_is_kept_waits_and_holds_up_no_school(office):
    """Nothing is dropped, nobody is answered, the school's mail is worked on first, the rest day by day."""
    only, box = office
    deliver(box, "flood@evil.invalid", 5)
    deliver(box, f"{SCHOOL}@x.invalid", 1)
    work = take(only, DAY)
    assert [state for sender, state in states(only) if sender == "flood@evil.invalid"] == ["new", "new", *["held"] * 3]
    assert (len(work["none"]), work["none"][0]) == (3, 6)  # the school's came last and goes first
    assert len(states(only)) == 6
    assert only.planned() == []
    take(only, DAY + timedelta(hours=2))
    assert [state for _, state in states(only)].count("held") == 3  # still the same day
    take(only, DAY + timedelta(days=1))
    assert [state for _, state in states(only)].count("held") == 1
    take(only, DAY + timedelta(days=2))
    assert [state for _, state in states(only)].count("held") == 0


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 100])
def test_a_sender_s_day_is_counted_once_however_many_batches_it_comes_in(office, monkeypatch, at_a_time):
    """T14, issue 7."""
    only, box = office
    monkeypatch.setattr("tasks.intake.BATCH", at_a_time)
    deliver(box, "a@strangers.invalid", 1)
    deliver(box, "b@strangers.invalid", 3)
    deliver(box, "a@strangers.invalid", 2)
    take(only, DAY)
    assert Counter(states(only)) == {
        ("a@strangers.invalid", "new"): 2, ("a@strangers.invalid", "held"): 1,
        ("b@strangers.invalid", "new"): 2, ("b@strangers.invalid", "held"): 1,
    }  # fmt: skip
    deliver(box, "b@strangers.invalid", 1)
    take(only, DAY + timedelta(hours=1))
    assert Counter(states(only))["b@strangers.invalid", "held"] == 2


def test_what_is_held_is_told_in_the_status(office):
    from tasks.status import campaign_status

    only, box = office
    deliver(box, "flood@evil.invalid", 5)
    take(only, DAY)
    told = campaign_status(only.name)
    assert told["inbox"]["held"] == 3
    assert told["disk"]["free_mb"] > 0


def test_below_the_low_water_mark_nothing_is_taken_in_and_nothing_lost(office, monkeypatch):
    only, box = office
    deliver(box, f"{OTHER}@x.invalid", 1)
    mail = only.here.office.mail
    monkeypatch.setattr(mail, "low_water_mb", 10**9)
    assert (take(only, DAY), states(only), len(list((box / "new").iterdir()))) == ({}, [], 1)
    monkeypatch.setattr(mail, "low_water_mb", 1)
    assert take(only, DAY) == {"none": [1]}
