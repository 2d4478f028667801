"""Issue 4, part E: a bounce goes to the next contact, then to the county; a contact is changed by mail, confirmed at
the registered address. Real store, real review; mail facts 4, reliability 3.3."""

import email
import email.policy
from dataclasses import replace

import pytest

from oneledger.domain.bouncing import Returned, copy_round, diagnosis, kind_of_refusal, must_pause, unwanted
from oneledger.domain.incoming import BounceKind
from oneledger.domain.units import Contact
from tests import small_office
from tests.postgres import fresh_database
from tests.small_office import COUNTY, OTHER, SCHOOL, SmallOffice, at, make_campaign, opened

FIRST, SECOND = f"{SCHOOL}@x.invalid", "second@x.invalid"
OFFICE = f"{COUNTY}@x.invalid"
GONE = "5.1.1"


@pytest.fixture
def office(tmp_path, monkeypatch, request):
    """The first school has as many contacts as the test wants."""
    many, on = getattr(request, "param", (2, "sqlite"))
    url = "" if on == "sqlite" else fresh_database(request.getfixturevalue("postgres_url"))
    plain = small_office.make_units

    def with_contacts(**listed):
        more = (Contact("办公室", FIRST), Contact("教务处", SECOND, role="校办"))[:many]
        return [replace(unit, contacts=more) if unit.code == SCHOOL else unit for unit in plain(**listed)]

    monkeypatch.setattr(small_office, "make_units", with_contacts)
    with opened(tmp_path, [make_campaign("one", 2021)], monkeypatch, url) as (small,):
        yield small


def bounce_of(mail, status=GONE, code="550 no such user", action="failed"):
    """The notice about one of our mails, as a mail server writes it."""
    to, told = mail["To"].addresses[0].addr_spec, f"{status} {code}"
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.x.cn\r\nTo: ledger@ledger.invalid\r\nSubject: Undelivered\r\n"
        f"Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\nsorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.x.cn\r\n\r\nFinal-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {told}\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {mail['Message-ID']}\r\n--b--\r\n"
    ).encode()


def written(sender, to, subject, text, thread=None):
    """A mail somebody writes by hand."""
    mail = email.message.EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    if thread is not None:
        mail["In-Reply-To"] = thread["Message-ID"]
    mail.set_content(text)
    return mail.as_bytes(policy=email.policy.SMTP)


def take(office: SmallOffice, content: bytes, moment):
    from tasks.reviewing import review_pack

    return review_pack.fn("one", {COUNTY: office._take_in(content, moment)}, moment, "test", is_one_of_many=False)


def look(moment):
    """What a look does about mail that came back."""
    from tasks.bounces import bounces_wait, follow_bounces

    return follow_bounces.fn("one", moment) if bounces_wait("one") else 0


def addresses(office, kind="ask"):
    return [mail["To"].addresses[0].addr_spec for mail in office.mails(kind)]


def rows(office):
    from oneledger.store import schema as t

    with office.store.read() as connection:
        return {row.message_id: row for row in connection.execute(t.outbox.select())}


def events(office, unit=SCHOOL):
    from oneledger.store import contacts

    with office.store.read() as connection:
        return [(each.deed, each.address, each.by) for each in contacts.of_campaign(connection, "one", unit)]


def changes_on_the_trail(office):
    from oneledger.store import audit

    with office.store.read() as connection:
        return [each.actor for each in audit.entries(connection, campaign="one") if each.deed == "contact changed"]


def ask_first(office):
    return office.open("deploy", at("2021-03-01"))[SCHOOL]


# --- to the next contact ----------------------------------------------------------------------------------------------


def test_a_hard_bounce_goes_once_to_the_next_contact_with_all_it_held(office):
    """The same content under a key of its own; looking and being told twice does nothing twice."""
    asked = ask_first(office)
    for moment in (at("2021-03-02T09:00"), at("2021-03-02T10:00")):
        take(office, bounce_of(asked, code=f"550 {moment}"), moment)
        look(moment)
        look(moment)
    again = [mail for mail in office.mails("ask") if mail["To"].addresses[0].addr_spec == SECOND]
    assert addresses(office).count(SECOND) == 1
    (copy,) = again
    assert copy["Message-ID"] != asked["Message-ID"]
    assert [copy[name] for name in ("Subject", "Reply-To", "From", "X-OneLedger-Kind")] == [
        asked[name] for name in ("Subject", "Reply-To", "From", "X-OneLedger-Kind")
    ]
    parts = [[part.get_content() for part in mail.walk() if not part.is_multipart()] for mail in (asked, copy)]
    assert parts[0] == parts[1]
    assert events(office) == [("bounced", FIRST, "mailer-daemon@mx.x.cn")]


def test_the_copy_is_answered_like_the_first_mail(office):
    asked = ask_first(office)
    take(office, bounce_of(asked), at("2021-03-02"))
    look(at("2021-03-02"))
    copy = next(mail for mail in office.mails("ask") if mail["To"].addresses[0].addr_spec == SECOND)
    tally = office.answer(copy, "find", SCHOOL, at("2021-03-03"), facts=None)
    assert tally.accepted + tally.returned == 1


def test_later_mails_avoid_the_dead_address_and_mails_that_wait_are_turned_round(office):
    from tasks.reminding import remind

    asked = ask_first(office)
    remind("one", "deploy", at("2021-03-18T09:00"))
    take(office, bounce_of(asked), at("2021-03-18T10:00"))
    look(at("2021-03-18T10:00"))
    assert [each for each in addresses(office, "remind") if each in (FIRST, SECOND)] == [FIRST, SECOND]
    first = next(row for row in rows(office).values() if row.kind == "remind" and row.address == FIRST)
    assert (first.state, first.copied_at is not None) == ("skipped", True)
    assert office.here.units[SCHOOL].address == SECOND


@pytest.mark.parametrize(("status", "code"), [("5.2.2", "552 mailbox full"), ("4.4.7", "expired")])
def test_a_soft_bounce_is_tried_once_more_after_a_day_and_then_counts_as_hard(office, status, code):
    asked = ask_first(office)
    take(office, bounce_of(asked, status, code), at("2021-03-02T09:00"))
    assert [look(at("2021-03-03T08:59")), look(at("2021-03-03T09:00")), look(at("2021-03-03T09:00"))] == [0, 1, 0]
    again = office.mails("ask")[-1]
    assert again["To"].addresses[0].addr_spec == FIRST
    take(office, bounce_of(again, status, code), at("2021-03-04T09:00"))
    assert look(at("2021-03-04T09:00")) == 1
    assert addresses(office)[-1] == SECOND


def test_a_server_that_still_tries_changes_nothing(office):
    asked = ask_first(office)
    take(office, bounce_of(asked, "4.4.1", "timed out", action="delayed"), at("2021-03-02"))
    assert look(at("2021-03-05")) == 0
    assert events(office) == []


def test_a_senders_problem_burns_no_address_and_is_shown(office):
    from tasks.status import campaign_status

    asked = ask_first(office)
    take(office, bounce_of(asked, "5.7.1", "554 rejected as spam"), at("2021-03-02T09:00"))
    assert [look(at("2021-03-02T10:00")), look(at("2021-03-03T10:00"))] == [0, 1]
    again = office.mails("ask")[-1]
    take(office, bounce_of(again, "5.7.1", "550 frequency limited"), at("2021-03-03T11:00"))
    assert look(at("2021-03-05T10:00")) == 0
    assert office.here.units[SCHOOL].address == FIRST
    assert campaign_status("one")["bounces"] == {"hard": 0, "soft": 0, "sender": 2, "stranded": 0, "is_paused": False}


def test_a_receipt_that_comes_back_is_not_sent_again_but_its_address_is_avoided(office):
    from sqlalchemy import update

    from oneledger.domain.notices import Key, Notice
    from oneledger.store import outbox, schema as t

    here = office.here
    key = Key("one", "deploy", SCHOOL, "find", Notice.RECEIPT, "1")
    letter = here.letter(key, here.office.texts.sample("receipt"), here.units[SCHOOL], at("2021-03-02"))
    with office.store.write() as connection:
        outbox.plan(connection, [letter])
        connection.execute(update(t.outbox).values(state="sent"))
    take(office, bounce_of(office.mails("receipt")[0]), at("2021-03-04"))
    assert look(at("2021-03-04")) == 0
    assert (addresses(office, "receipt"), office.here.units[SCHOOL].address) == ([FIRST], SECOND)


def test_a_mail_refused_at_the_door_came_back_too(office):
    from sqlalchemy import update

    from oneledger.store import schema as t

    ask_first(office)
    with office.store.write() as connection:
        refused = {"state": "failed", "code": 550, "reply": "5.1.1 User unknown"}
        connection.execute(update(t.outbox).where(t.outbox.c.address == FIRST).values(refused))
    assert look(at("2021-03-02")) == 1
    assert addresses(office)[-1] == SECOND


@pytest.mark.parametrize(
    ("code", "reply", "kind"),
    [
        (550, "5.1.1 User unknown", BounceKind.HARD),
        (550, "Mailbox not found", BounceKind.HARD),
        (553, "sorry", BounceKind.HARD),
        (550, "Domain frequency limited", BounceKind.SENDER),
        (554, "DT:SPM", BounceKind.SENDER),
        (552, "5.2.2 full", BounceKind.SOFT),
        (451, "greylisted", BounceKind.SOFT),
    ],
)
def test_what_a_server_said_at_the_door_is_judged_like_a_bounce(code, reply, kind):
    assert kind_of_refusal(code, f"{code} {reply}") is kind


def test_of_reminders_that_came_back_only_the_last_goes_out_again():
    mails = [
        Returned(n, "u", "p", "s", kind, f"T{n}", "a@x.cn", "hard", None)
        for n, kind in enumerate(("remind", "remind", "ask", "receipt", "digest"))
    ]
    assert unwanted(mails) == {0, 3}


def test_a_copy_has_one_key_an_address_however_often_it_is_copied():
    once = copy_round("1", "a@x.cn")
    assert copy_round(once, "A@x.cn") == once
    assert copy_round(once, "b@x.cn") not in (once, "1")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("smtp; 550 5.1.1 no such user", "邮箱地址不存在（5.1.1）"),
        ("收件人的邮箱空间不足", "邮箱已满，隔日再发仍被退回（5.2.2）"),
        ("5.4.4 no route", "邮箱的域名不存在或连接不上（5.4.4）"),
        ("?", "被退回，原因不明"),
    ],
)
def test_a_diagnosis_is_chinese(words, told):
    assert diagnosis(words) == told


# --- nobody left ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("office", [(1, "sqlite")], indirect=True)
def test_where_no_contact_is_left_the_county_is_asked_once_and_nothing_goes_to_dead_addresses(office):
    from tasks.reminding import remind

    asked = ask_first(office)
    take(office, bounce_of(asked), at("2021-03-02"))
    for moment in (at("2021-03-02"), at("2021-03-02T11:00"), at("2021-03-03")):
        look(moment)
    (request,) = office.mails("address-wanted")
    assert request["To"].addresses[0].addr_spec == OFFICE
    text = request.get_body(("plain",)).get_content()
    assert f"1. {SCHOOL} 望湖路小学" in text
    assert f"{FIRST}（办公室）：邮箱地址不存在（5.1.1）" in text
    remind("one", "deploy", at("2021-03-18T09:00"))
    kept = [row for row in rows(office).values() if row.kind == "remind" and row.unit == SCHOOL]
    assert [(row.state, row.bounce) for row in kept] == [("skipped", "stranded")]


@pytest.mark.parametrize("office", [(1, "sqlite")], indirect=True)
def test_a_county_is_asked_about_each_unit_once_though_others_follow(office):
    asked = office.open("deploy", at("2021-03-01"))
    for unit, day in ((SCHOOL, 2), (OTHER, 3)):
        take(office, bounce_of(asked[unit]), at(f"2021-03-0{day}"))
        look(at(f"2021-03-0{day}"))
    texts = [mail.get_body(("plain",)).get_content() for mail in office.mails("address-wanted")]
    assert [[code in text for code in (SCHOOL, OTHER)] for text in texts] == [[True, False], [False, True]]


@pytest.mark.parametrize("office", [(1, "sqlite"), (1, "postgresql")], indirect=True)
def test_a_county_answers_in_a_line_confirms_and_everything_kept_goes_out(office):
    """Asked, answered, confirmed at the office because the registered address is dead; then in force everywhere."""
    from oneledger.store import units

    take(office, bounce_of(ask_first(office)), at("2021-03-02"))
    look(at("2021-03-02"))
    (request,) = office.mails("address-wanted")
    answer = written(
        OFFICE, request["Reply-To"], "回复", f"您好：\n{SCHOOL} 望湖路小学 new@x.invalid\n谢谢\n\n> 原文", request
    )
    take(office, answer, at("2021-03-03"))
    (question,) = office.mails("contact-confirm")
    assert question["To"].addresses[0].addr_spec == OFFICE
    assert office.here.units[SCHOOL].address == FIRST  # not yet
    yes = written(OFFICE, question["Reply-To"], "回复", "同意\n\n-----原始邮件-----\n不同意", question)
    for hour in (10, 11):
        take(office, yes + b"\r\n" * hour, at(f"2021-03-03T{hour}:00"))
        look(at(f"2021-03-03T{hour}:00"))
    assert [each.email for each in office.here.units[SCHOOL].contacts] == ["new@x.invalid"]
    assert addresses(office).count("new@x.invalid") == 1
    with office.store.read() as connection:
        listed = next(unit for unit in units.all_units(connection) if unit.code == SCHOOL)
    assert listed.emails == ("new@x.invalid",)
    assert [deed for deed, *_ in events(office)] == ["bounced", "wanted", "asked", "confirmed"]


# --- a contact is changed ---------------------------------------------------------------------------------------------


BLOCK = f"单位：{SCHOOL} 望湖路小学\n新邮箱：new@x.invalid\n联系人：李老师\n电话：0000-0000001\n"


def asked_to_change(office, text=BLOCK, sender=FIRST, subject="更换联系人"):
    ask_first(office)
    take(office, written(sender, "ledger@ledger.invalid", subject, text), at("2021-03-03"))
    return office.mails("contact-confirm")


@pytest.mark.parametrize("sender", [FIRST, SECOND, OFFICE])
def test_a_change_waits_for_the_word_of_the_registered_address(office, sender):
    (question,) = asked_to_change(office, sender=sender)
    assert question["To"].addresses[0].addr_spec == FIRST
    yes = written(FIRST, question["Reply-To"], "Re: 请确认", "同意", question)
    take(office, yes, at("2021-03-04"))
    first, second = office.here.units[SCHOOL].contacts
    assert (first, second.email) == (Contact("李老师", "new@x.invalid", "0000-0000001"), SECOND)
    assert events(office) == [("asked", "new@x.invalid", sender), ("confirmed", "new@x.invalid", FIRST)]
    assert changes_on_the_trail(office) == ["registered address"]


@pytest.mark.parametrize(
    ("sender", "text", "deed"),
    [
        (FIRST, "不同意", "refused"),
        ("stranger@x.invalid", "同意", None),  # From alone never does
        ("new@x.invalid", "同意", None),
        (OFFICE, "同意", None),  # the registered address is alive, so it must say so itself
        (FIRST, "您好，您的邮件我已收到，我会尽快回复", None),
        (FIRST, "这是什么？", None),
    ],
)
def test_only_a_plain_yes_from_there_changes_anything(office, sender, text, deed):
    (question,) = asked_to_change(office)
    take(office, written(sender, question["Reply-To"], "Re: 请确认", text, question), at("2021-03-04"))
    assert [each.email for each in office.here.units[SCHOOL].contacts] == [FIRST, SECOND]
    assert [each for each, *_ in events(office)] == ["asked", *([deed] if deed else [])]


@pytest.mark.parametrize(
    ("sender", "text", "reason"),
    [
        ("stranger@x.invalid", BLOCK, "只有本单位或上级登记的邮箱才能更换"),
        (f"{OTHER}@x.invalid", BLOCK, "只有本单位或上级登记的邮箱才能更换"),
        (FIRST, "请改成 new@x.invalid", "找不到单位"),
        (FIRST, "new@x.invalid", "看不出是哪个单位的哪个邮箱"),
        (FIRST, f"{SCHOOL} a@x.invalid b@x.invalid", "看不出是哪个单位的哪个邮箱"),
        (FIRST, f"{SCHOOL} 柳林小学 new@x.invalid", "找不到单位"),  # code and name contradict each other
        (FIRST, f"{SCHOOL} {SECOND}", "已经登记"),
        (FIRST, f"{SCHOOL} ledger@ledger.invalid", "本系统自己的邮箱"),
        (FIRST, f"单位：{SCHOOL}\n电话：1", "没有同时写明单位和新邮箱"),
        (FIRST, "我们要换联系人", "没有写明单位和新邮箱"),
    ],
)
def test_what_is_not_plain_goes_to_a_person(office, sender, text, reason):
    from oneledger.store import inbox

    assert asked_to_change(office, text, sender) == []
    with office.store.read() as connection:
        (waiting,) = inbox.for_a_person(connection, "one")
    assert reason in waiting["reason"]


def test_what_a_mail_quotes_is_not_its_own_wish(office):
    quoted = f"{SCHOOL} new@x.invalid\n\n-----原始邮件-----\n发件人：office@x.invalid\n{OTHER} other@x.invalid\n"
    (question,) = asked_to_change(office, quoted, OFFICE)
    assert "new@x.invalid" in question.get_body(("plain",)).get_content()


def test_the_same_wish_twice_on_a_day_asks_once(office):
    asked_to_change(office)
    take(office, written(FIRST, "ledger@ledger.invalid", "变更邮箱", BLOCK), at("2021-03-03T15:00"))
    assert len(office.mails("contact-confirm")) == 1


def test_an_operator_changes_a_contact_at_once_with_name_and_reason(office):
    from oneledger.domain.contact_changes import Change
    from oneledger.domain.errors import RefusedError
    from tasks.contact_changes import contacts_of, set_contact

    ask_first(office)
    change = Change(SCHOOL, "new@x.invalid", old=SECOND)
    with pytest.raises(RefusedError):
        set_contact("one", SCHOOL, change, by="", reason="", as_of=at("2021-03-03"))
    set_contact("one", SCHOOL, change, by="值班员", reason="来电", as_of=at("2021-03-03"))
    (told,) = contacts_of("one", SCHOOL)
    assert [each["email"] for each in told["contacts"]] == ["new@x.invalid", FIRST]
    assert [(each["deed"], each["by"], each["reason"]) for each in told["events"]] == [("set", "值班员", "来电")]
    assert changes_on_the_trail(office) == ["值班员"]


def test_what_happened_to_an_address_cannot_be_altered(office):
    from sqlalchemy import update
    from sqlalchemy.exc import DatabaseError

    from oneledger.store import schema as t

    asked_to_change(office)
    with pytest.raises(DatabaseError, match="append-only"), office.store.write() as connection:
        connection.execute(update(t.contact_event).values(by="x"))


def test_a_registered_address_is_not_pestered_with_questions(office):
    ask_first(office)
    for n in range(5):
        wish = written(FIRST, "ledger@ledger.invalid", "更换邮箱", f"{SCHOOL} new{n}@x.invalid")
        take(office, wish, at(f"2021-03-03T1{n}:00"))
    assert len(office.mails("contact-confirm")) == 3


# --- too many ---------------------------------------------------------------------------------------------------------


_BACK = {"bounce": "hard", "bounced_at": at("2021-03-03")}


def _record_sent(office, number, differs):
    from oneledger.store import schema as t

    row = {
        "campaign": "one", "phase": "deploy", "unit": OTHER, "subject_of": "x", "kind": "receipt", "priority": 0,
        "address": f"{OTHER}@x.invalid", "subject": "", "planned_at": at("2021-03-02"), "next_try_at": at("2021-03-02"),
        "state": "sent", "sent_at": at("2021-03-02"), "bounce": None, "bounced_at": None,
    }  # fmt: skip
    rows = [row | {"message_id": f"<{n}@x>"} | differs(n) for n in range(number)]
    with office.store.write() as connection:
        connection.execute(t.outbox.insert(), rows)


@pytest.mark.parametrize(("hard", "paused"), [(10, False), (11, True)])
def test_sending_stops_above_five_of_a_hundred_of_the_last_200(hard, paused):
    assert must_pause(hard) is paused


def test_copies_to_units_with_wrong_addresses_stop_nothing(office):
    """Of 30,000 schools 1 % have a dead first address: their copies go out together, and many of them come back, too."""
    from tasks.bounces import follow_bounces
    from tasks.status import campaign_status

    ask_first(office)
    _record_sent(office, 200, lambda n: {"round": f"1~{n:06x}"} | (_BACK if n % 2 else {}))
    follow_bounces.fn("one", at("2021-03-03"))
    assert campaign_status("one")["bounces"]["is_paused"] is False


def test_sending_stops_once_and_goes_on_when_an_operator_has_looked(office):
    from tasks.bounces import bounces_wait, follow_bounces, resume
    from tasks.status import campaign_status

    ask_first(office)
    _record_sent(office, 210, lambda n: {"round": f"r{n}"} | ({} if n % 15 else _BACK))
    assert bounces_wait("one")
    follow_bounces.fn("one", at("2021-03-03"))
    told = campaign_status("one")["bounces"]
    assert (told["is_paused"], told["why"]) == (True, "最近发出的 200 封中有 13 封被退回（上限 10 封）")
    resume("one", by="值班员", reason="名单已核", as_of=at("2021-03-04"))
    follow_bounces.fn("one", at("2021-03-05"))
    assert campaign_status("one")["bounces"]["is_paused"] is False
