"""Hostile senders (issue 4 F; reliability T1, T5, T6; mail facts 3): a token and a registered sender together accept,
From alone never does, a contradiction waits for the word of the registered address."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from oneledger.domain.confirming import VALID_FOR, Answer, authentication, read_answer
from oneledger.store import schema as t
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, problem

ASKED_ON, SENT_ON, ANSWERED_ON = at("2021-03-01"), at("2021-03-05T09:00"), at("2021-03-06T10:00")
STRANGER = "nobody@elsewhere.invalid"
REGISTERED, NEIGHBOUR = f"{SCHOOL}@x.invalid", f"{OTHER}@x.invalid"


@pytest.fixture
def office(tmp_path, monkeypatch):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch) as (only,):
        yield only


@pytest.fixture
def both(database, tmp_path, monkeypatch):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        yield only


def returned(office, unit: str = SCHOOL, *, by: str | None = None) -> EmailMessage:
    """A sound workbook of a unit, sent by whoever it is."""
    asked = office.open("deploy", ASKED_ON)[unit]
    mail = office.reply(asked, "find", unit, SENT_ON, **answers())
    if by is not None:
        mail.replace_header("From", by)
    return mail


def answers() -> dict:
    return {"facts": {"ledger": {"zero_flag": "否"}}, "rows": {"ledger": [problem(1)], "selfcheck": checked()}}


def word(office, text: str, by: str = REGISTERED, number: int = -1) -> EmailMessage:
    question = office.mails("confirm")[number]
    mail = EmailMessage()
    mail["From"], mail["To"] = by, question["Reply-To"]
    mail["Subject"], mail["In-Reply-To"] = f"回复：{question['Subject']}", question["Message-ID"]
    mail["Message-ID"] = f"<word-{office.answered}@x.invalid>"
    mail.set_content(f"{text}\n\n> 如属实，写：同意\n> 不是贵单位寄的，写：不同意\n")
    return mail


def standing(office) -> list[tuple[str, str, int]]:
    """Unit, status and versions of what is owed."""
    c = t.assignment.c
    with office.store.read() as connection:
        return [tuple(row) for row in connection.execute(select(c.unit, c.status, c.versions).order_by(c.unit))]


def states(office) -> list[str]:
    with office.store.read() as connection:
        return list(connection.execute(select(t.inbox.c.state).order_by(t.inbox.c.id)).scalars())


def look_again(office, moment):
    """What the next look does with mails that are new again."""
    from oneledger.store import inbox
    from tasks.reviewing import review_pack

    with office.store.read() as connection:
        found = inbox.new_by_county(connection, office.name)
    counties = {county or "none": ids for (_, county), ids in found.items()}
    return review_pack.fn(office.name, counties, moment, "test", is_one_of_many=False)


NOTHING = [(SCHOOL, "missing", 0), (OTHER, "missing", 0)]


def mine(office) -> list[tuple[str, str, int]]:
    return [each for each in standing(office) if each[0] in (SCHOOL, OTHER)]


def test_token_and_registered_sender_are_accepted_and_nobody_is_asked(office):
    assert office.take(returned(office), SENT_ON).accepted == 1
    assert (office.mails("confirm"), states(office)) == ([], ["done"])


def test_unknown_sender_with_a_true_token_waits_for_the_registered_address(both):
    """Stored, one question to the registered address, without the stranger's file; agreed, the review goes on."""
    office = both
    assert office.take(returned(office, by=STRANGER), SENT_ON).accepted == 0
    assert (mine(office), states(office)) == (NOTHING, ["confirm"])
    (question,) = office.mails("confirm")
    assert question["To"].addresses[0].addr_spec == REGISTERED
    assert list(question.iter_attachments()) == []
    assert STRANGER in question.get_body(("plain",)).get_content()
    office.take(word(office, "同意"), ANSWERED_ON)
    assert states(office) == ["new", "done"]
    assert look_again(office, ANSWERED_ON).accepted == 1
    assert mine(office) == [(SCHOOL, "returned", 1), (OTHER, "missing", 0)]
    assert states(office) == ["done", "done"]
    with office.store.read() as connection:
        (kept,) = connection.execute(select(t.confirmation)).all()
        (told,) = connection.execute(select(t.event).where(t.event.c.deed == "mail agreed")).all()
    assert (kept.state, kept.answered_by, kept.answered_in, kept.answered_at) == ("agreed", REGISTERED, 2, ANSWERED_ON)
    assert (told.actor, told.unit, told.detail) == (REGISTERED, SCHOOL, {"mail": 1, "answered_in": 2})


def test_refused_it_is_put_away(office):
    office.take(returned(office, by=STRANGER), SENT_ON)
    office.take(word(office, "不同意"), ANSWERED_ON)
    assert (mine(office), states(office)) == (NOTHING, ["done", "done"])
    office.take(word(office, "同意"), ANSWERED_ON)  # too late: it was answered
    assert states(office) == ["done", "done", "done"]


def test_workbook_of_another_unit_is_asked_about_there(office):
    """Mail token of one unit, workbook token of another, sender not entitled to it: the workbook's unit is asked."""
    asked = office.open("deploy", ASKED_ON)
    mail = office.reply(asked[OTHER], "find", OTHER, SENT_ON, **answers())
    for name, value in (("From", REGISTERED), ("To", asked[SCHOOL]["Reply-To"])):
        mail.replace_header(name, str(value))
    office.take(mail, SENT_ON)
    (question,) = office.mails("confirm")
    assert (question["To"].addresses[0].addr_spec, mine(office)) == (NEIGHBOUR, NOTHING)
    office.take(word(office, "确认。", by=NEIGHBOUR), ANSWERED_ON)
    look_again(office, ANSWERED_ON)
    assert mine(office) == [(SCHOOL, "missing", 0), (OTHER, "returned", 1)]


@pytest.mark.parametrize("by", [STRANGER, NEIGHBOUR])
def test_nobody_else_can_confirm(office, by):
    """Whoever holds the question's token: it counts from the registered address alone."""
    office.take(returned(office, by=STRANGER), SENT_ON)
    office.take(word(office, "同意", by=by), ANSWERED_ON)
    assert (mine(office), states(office)) == (NOTHING, ["confirm", "person"])


def test_twice_is_once(office):
    """The same mail, its copy and a second copy in other bytes: one question; two answers: one return."""
    mail = returned(office, by=STRANGER)
    office.take(mail, SENT_ON)
    mail.replace_header("Message-ID", "<other@elsewhere.invalid>")
    office.take(mail, SENT_ON)
    assert (len(office.mails("confirm")), states(office)) == (1, ["confirm", "person"])
    for _ in range(2):
        office.take(word(office, "同意"), ANSWERED_ON)
        look_again(office, ANSWERED_ON)
    assert mine(office) == [(SCHOOL, "returned", 1), (OTHER, "missing", 0)]


def test_unanswered_stays_pending_then_goes_to_a_person(both):
    from desk.waiting import waiting
    from tasks.confirming import close_unanswered

    office = both
    office.take(returned(office, by=STRANGER), SENT_ON)
    assert [(each["id"], each["state"]) for each in waiting(office.name)] == [(1, "confirm")]
    close_unanswered(office.here, SENT_ON + VALID_FOR)
    assert states(office) == ["confirm"]
    close_unanswered(office.here, SENT_ON + VALID_FOR + timedelta(seconds=1))
    assert states(office) == ["person"]
    office.take(word(office, "同意"), SENT_ON + VALID_FOR + timedelta(days=1))
    assert (mine(office), states(office)) == (NOTHING, ["person", "person"])


def test_a_persons_decision_ends_the_question(office):
    from desk.waiting import decide

    office.take(returned(office, by=STRANGER), SENT_ON)
    decide(office.name, 1, "处长", accept=False)
    office.take(word(office, "同意"), ANSWERED_ON)
    assert (mine(office), states(office)) == (NOTHING, ["done", "done"])


def test_sender_that_our_own_server_found_forged_waits(office, monkeypatch):
    """The registered address, but our server says it is not his; another server's header says nothing."""
    monkeypatch.setattr(office.here.office.mail.collect, "authserv_id", "mx.x.invalid")
    mail = returned(office)
    mail["Authentication-Results"] = "mx.x.invalid; spf=fail smtp.mailfrom=x.invalid; dmarc=fail"
    office.take(mail, SENT_ON)
    (question,) = office.mails("confirm")
    assert "没有通过邮件服务器对发件人的核验" in question.get_body(("plain",)).get_content()
    forged_word = word(office, "同意")
    forged_word["Authentication-Results"] = "mx.x.invalid; dkim=fail"
    office.take(forged_word, ANSWERED_ON)
    assert (mine(office), states(office)) == (NOTHING, ["confirm", "person"])
    mail = office.reply(office.mails("ask")[0], "find", SCHOOL, SENT_ON, **answers())
    mail["Authentication-Results"] = "elsewhere.invalid; dmarc=fail"
    assert office.take(mail, SENT_ON).accepted == 1


def test_from_alone_never_accepts(office):
    """A registered sender without any token of ours: nothing is judged, nobody is asked, a person looks."""
    office.open("deploy", ASKED_ON)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = REGISTERED, "ledger@ledger.invalid", "问题排查台账"
    mail.set_content("请查收。")
    mail.add_attachment(b"PK\x03\x04", maintype="application", subtype="octet-stream", filename="a.xlsx")
    office.take(mail, SENT_ON)
    assert (mine(office), office.mails("confirm"), states(office)) == (NOTHING, [], ["person"])


def test_an_answer_finds_its_campaign_and_county(office):
    from oneledger.adapters.mail_parse import parse_mail
    from tasks.intake import _routes

    office.take(returned(office, by=STRANGER), SENT_ON)
    mail = parse_mail(word(office, "同意").as_bytes())
    assert _routes(office.here.office, [mail], [office.here]) == [("first", "210102")]


@pytest.mark.parametrize(("text", "expected"), [
    ("同意", Answer.AGREED),
    ("您好：\n我校确认！\n张三 13800000000", Answer.AGREED),
    ("情况属实。", Answer.AGREED),
    ("不同意", Answer.REFUSED),
    ("不是我们发的，请勿受理", Answer.REFUSED),
    ("尚未确认", None),
    ("请确认", None),
    ("同意吗？", None),
    ("同意上次的，不同意这次的", None),
    ("收到", None),
    ("", None),
    ("> 同意", None),
    ("------------------ 原始邮件 ------------------\n同意", None),
    ("发件人：某人\n同意", None),
])  # fmt: skip
def test_only_a_plain_word_above_the_quote_confirms(text, expected):
    assert read_answer(text) == expected


@pytest.mark.parametrize(("headers", "expected"), [
    ([], "unknown"),
    (["mx.x; dmarc=fail"], "failed"),
    (["mx.x; spf=fail"], "failed"),
    (['mx.x 1; dkim=fail reason="bad"'], "failed"),
    (["mx.x; spf=fail; dkim=pass; dmarc=pass"], "passed"),  # forwarded: SPF alone breaks
    (['mx.x; spf=pass smtp.mailfrom="x; dmarc=fail"'], "passed"),
    (["mx.x; dkim=pass (dmarc=fail); spf=neutral"], "passed"),
    (["mx.x; none"], "unknown"),
    (["other; dmarc=fail"], "unknown"),
    (["other; dmarc=fail", "mx.x; dmarc=pass", "mx.x; dmarc=fail"], "passed"),  # the topmost of ours alone
    (["(mx.x) other; dmarc=fail"], "unknown"),
    (["mx.x; dmarc=fail; dmarc=pass"], "failed"),
])  # fmt: skip
def test_authentication_results_count_from_our_own_server_alone(headers, expected):
    assert authentication(headers, "mx.x") == expected
    assert authentication(headers, "") == "unknown"


def test_a_replayed_mail_is_a_duplicate_and_an_old_workbook_answers_what_it_was_made_for(office):
    """T5: the same bytes are not judged twice; the first phase's workbook never answers the second phase's sheet."""
    first = returned(office)
    office.take(first, SENT_ON)
    before = states(office)
    with office.store.write() as connection:
        from oneledger.store import inbox

        row = dict(connection.execute(select(t.inbox)).one()._mapping) | {"uid": "again", "state": "new"}
        row.pop("id")
        inbox.record(connection, [row])
    assert [*before, "duplicate"] == states(office)
    asked = office.open("rectify", at("2021-05-24"))[SCHOOL]
    first.replace_header("In-Reply-To", asked["Message-ID"])
    first.replace_header("To", str(asked["Reply-To"]))
    office.take(first, at("2021-05-25"))
    c = t.assignment.c
    with office.store.read() as connection:
        told = connection.execute(select(c.deliverable, c.status, c.versions).where(c.unit == SCHOOL).order_by(c.id))
        assert [tuple(each) for each in told] == [("find", "returned", 2), ("mend", "missing", 0)]


def test_an_answer_that_names_a_pupil_lies_under_seal_like_any_mail(office):
    office.take(returned(office, by=STRANGER), SENT_ON)
    office.take(word(office, "同意\n学生身份证号210102201203051234"), ANSWERED_ON)
    with office.store.read() as connection:
        assert list(connection.execute(select(t.quarantine.c.inbox)).scalars()) == [2]
    assert states(office) == ["new", "done"]
