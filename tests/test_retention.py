"""After its retention date a campaign holds nobody's words any more; a certificate says what was deleted (issue 5 of 6 F;
PIPL 19, 47; T18: also the raw pages of the database)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from oneledger.domain.errors import RefusedError
from oneledger.store import privacy, schema as t
from tests.leak_search import hits, hits_in
from tests.small_office import SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, problem
from tests.test_quarantine import everything_in

KEPT_UNTIL = at("2024-07-31T23:59")
WORDS = ("司马晓婷", "书记公孙子涵", "长孙嘉豪", "端木楼道没有照明影响学生上下楼")


@pytest.fixture
def office(database, tmp_path, monkeypatch):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        yield only


def held(office, tmp_path) -> set[str]:
    found = set().union(*hits(tmp_path / "data", WORDS).values()) if (tmp_path / "data").exists() else set()
    return found | hits_in(everything_in(office.store), WORDS)


def returned(office):
    asked = office.open("deploy", at("2021-03-01"))[SCHOOL]
    cover = {
        "filler": WORDS[0],
        "phone": "024-86891234",
        "auditor": "副校长",
        "head": "校长",
        "fill_date": at("2021-03-10").date(),
    }
    rows = [problem(1, resp_person=WORDS[1], description=WORDS[3])]
    facts = {"ledger": {"zero_flag": "否"}, "cover": cover}
    tally = office.answer(
        asked, "find", SCHOOL, at("2021-03-10"), facts=facts, rows={"ledger": rows, "selfcheck": checked()},
        subject=f"回复：{WORDS[2]}报送",
    )  # fmt: skip
    assert tally.accepted == 1


def test_until_the_day_everything_is_kept_and_after_it_nothing_of_people(office, tmp_path):
    from tasks.retention import erase_campaign, is_retention_over

    returned(office)
    assert held(office, tmp_path) == set(WORDS)
    assert not is_retention_over(office.name, KEPT_UNTIL)
    after = KEPT_UNTIL + timedelta(minutes=2)
    assert is_retention_over(office.name, after)
    figures = office_figures(office)
    told = erase_campaign(office.name, after)
    assert held(office, tmp_path) == set()
    assert office_figures(office) == figures
    assert (told["counts"]["originals"], told["counts"]["problems"]) == (1, 1)
    assert not is_retention_over(office.name, after)  # twice is the same as once


def office_figures(office):
    with office.store.read() as connection:
        return list(connection.execute(select(t.submission.c.figures)).scalars())


def test_the_certificate_says_why_what_and_when(office):
    from tasks.retention import certificate, erase_campaign

    returned(office)
    with pytest.raises(RefusedError, match="kept until 2024-07-31"):
        certificate(office.name)
    erase_campaign(office.name, at("2024-08-01T02:00"))
    told = certificate(office.name).splitlines()
    for line in (
        "个人信息删除证明",
        "收集目的：摸清现状，督促整改",
        "保存期限：2024-07-31",
        "删除时间：2024-08-01 02:00",
        "  来信原件：1 条",
    ):
        assert line in told
    assert "  问题经过：1 条" in told  # what the database refuses to alter is named, too
    with office.store.read() as connection:
        assert [each.deed for each in privacy.events(connection, office.name)] == ["erased"]


def test_what_came_for_another_campaign_too_stays(office):
    from tasks.retention import erase_campaign

    returned(office)
    with office.store.write() as connection:
        sha = connection.execute(text("SELECT sha256 FROM inbox")).scalar_one()
        connection.execute(text("INSERT INTO inbox (account, folder, uidvalidity, uid, sha256, received_at, taken_at, size, state, campaign) "
                                "SELECT account, folder, uidvalidity, 'x', sha256, received_at, taken_at, size, 'duplicate', 'second' FROM inbox"))  # fmt: skip
    erase_campaign(office.name, at("2024-08-01"))
    assert office.here.office.archive.get(sha)


def test_a_mail_that_comes_after_it_is_deleted_in_its_turn(office):
    from tasks.retention import erase_campaign, is_retention_over

    returned(office)
    erase_campaign(office.name, at("2024-08-01"))
    office.take(b"From: a@b.invalid\r\nSubject: late\r\n\r\ntext", at("2024-08-02"))
    assert is_retention_over(office.name, at("2024-08-02"))


def test_addresses_that_were_changed_go_and_who_did_what_when_stays(office):
    """PIPL 47: a changed contact stood on in a table that refuses every change."""
    from oneledger.store import contacts
    from tasks.retention import certificate, erase_campaign

    returned(office)
    told = contacts.ContactEvent(
        office.name, SCHOOL, "zhao@x.invalid", "confirmed", at("2021-03-12"), "zhao@x.invalid", "赵老师接手", "mail 1",
        detail={"old": "li@x.invalid"},
    )  # fmt: skip
    with office.store.write() as connection:
        contacts.record(connection, [told])
    erase_campaign(office.name, at("2024-08-01"))
    assert hits_in(everything_in(office.store), ("zhao@x.invalid", "li@x.invalid", "赵老师")) == set()
    with office.store.read() as connection:
        (left,) = contacts.of_campaign(connection, office.name)
    assert (left.unit, left.deed, left.at, left.address) == (SCHOOL, "confirmed", told.at, "deleted-1")
    assert "  邮箱变更记录中的邮箱地址：1 条" in certificate(office.name).splitlines()
    with pytest.raises(DBAPIError), office.store.write() as connection:
        connection.execute(text("UPDATE contact_event SET address = 'x'"))


def test_the_history_is_guarded_again_after_the_deletion(office):
    from tasks.retention import erase_campaign

    returned(office)
    erase_campaign(office.name, at("2024-08-01"))
    for deed in ("UPDATE problem_event SET deed = ''", "DELETE FROM problem_event"):
        with pytest.raises(DBAPIError), office.store.write() as connection:
            connection.execute(text(deed))
