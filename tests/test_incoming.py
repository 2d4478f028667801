from dataclasses import replace

import pytest

from oneledger.adapters.mail_parse import facts_of, parse_mail
from oneledger.domain.incoming import Bounce, MailClass, MailFacts, classify, read_bounce

ANSWER, AUTO, BOUNCE, RECEIPT, OWN = (
    MailClass.ANSWER_CANDIDATE,
    MailClass.AUTO_REPLY,
    MailClass.BOUNCE,
    MailClass.READ_RECEIPT,
    MailClass.OWN,
)


def make_facts(**changes):
    facts = MailFacts(sender_address="school@xx.cn", subject="回复：报送台账", headers={}, text="见附件")
    return replace(facts, **changes)


# --- answers and automatic replies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"headers": {"auto-submitted": ["no"]}},
        {"headers": {"auto-submitted": ["auto-forwarded"]}},
        {"subject": "外出研学安全隐患台账"},  # begins like an absence note
        {"subject": "回复：自动回复：报送台账"},  # a person answers our robot
        {"text": "已补充。\n> 这是来自QQ邮箱的自动回复邮件。"},  # only quotes one
    ],
)
def test_what_a_person_wrote_may_be_an_answer(changes):
    assert classify(make_facts(**changes)) == ANSWER


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"auto-submitted": ["auto-replied"]}},
        {"headers": {"auto-submitted": ["auto-generated (vacation)"]}},
        {"headers": {"x-autoreply": ["yes"]}},
        {"headers": {"precedence": ["bulk"]}},
        {"headers": {"precedence": ["Auto_Reply"]}},
        {"headers": {"x-auto-response-suppress": ["All"]}},
        {"headers": {"list-id": ["<news.x.cn>"]}},
        {"headers": {"return-path": ["<>"]}},
        {"subject": "自动回复：报送台账"},
        {"subject": "自动答复: 报送台账"},
        {"subject": "Automatic reply: 报送台账"},
        {"subject": "Out of Office"},
        {"subject": "外出"},
        {"text": "这是来自QQ邮箱的假期自动回复邮件。\n您好，我最近正在休假中，无法亲自回复您的邮件。"},
        {"text": "这是来自QQ邮箱的自动回复邮件。"},
        {"text": "您好，您的邮件我已收到，我会尽快回复"},
    ],
)
def test_what_a_machine_wrote_for_an_absent_person_is_no_answer(changes):
    assert classify(make_facts(**changes)) == AUTO


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"precedence": ["bulk"]}},
        {"headers": {"x-auto-response-suppress": ["All"], "list-id": ["<oa.x.cn>"]}},
        {"headers": {"auto-submitted": ["auto-generated"]}},  # an office system mails for its people
        {"headers": {"return-path": ["<>"]}},
        {"subject": "自动回复：报送台账"},
        {"text": "您好，您的邮件我已收到，我会尽快回复"},
    ],
)
def test_a_mail_that_brings_a_workbook_is_not_thrown_away_for_what_its_office_stamped_on_it(changes):
    assert classify(make_facts(has_workbook=True, **changes)) == ANSWER


def test_with_our_token_a_workbook_is_an_answer_even_if_every_header_says_machine():
    headers = {"auto-submitted": ["auto-replied"], "precedence": ["bulk"], "return-path": ["<>"]}
    assert classify(make_facts(headers=headers, has_workbook=True)) == AUTO
    assert classify(make_facts(headers=headers, has_workbook=True, has_token=True)) == ANSWER


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sender_address": "", "subject": "Mail delivery failed"}, BOUNCE),
        ({"sender_address": "mailer-daemon@x.cn", "subject": "failure delivery"}, BOUNCE),
        ({"sender_address": "mailer-daemon@x.cn", "subject": "hello"}, AUTO),
        ({"headers": {"content-type": ["multipart/report; report-type=feedback-report"]}}, AUTO),
    ],
)
def test_what_a_mail_system_writes_is_never_an_answer(changes, expected):
    assert classify(make_facts(**changes)) == expected


def test_a_token_alone_does_not_make_an_absence_note_an_answer():
    assert classify(make_facts(subject="自动回复：报送台账", has_token=True)) == AUTO


@pytest.mark.parametrize("changes", [{"sender_address": "ops@x.cn"}, {"is_own_message": True}])
def test_our_own_mail_that_comes_back_is_no_answer_though_it_brings_a_workbook_and_a_token(changes):
    facts = make_facts(own_addresses=frozenset({"ops@x.cn"}), has_workbook=True, has_token=True, **changes)
    assert classify(facts) == OWN


# --- receipts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["已读: 报送台账", "已读回执：报送台账", "Read: 报送台账"])
def test_a_note_that_our_mail_was_read_is_a_receipt(subject):
    assert classify(make_facts(subject=subject)) == RECEIPT


def test_a_workbook_under_a_receipts_subject_is_still_an_answer():
    assert classify(make_facts(subject="已读：报送台账", has_workbook=True)) == ANSWER


MDN = """From: school@xx.cn
Subject: {subject}
{more}Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b
Content-Type: text/plain; charset=utf-8

{text}
--b
Content-Type: message/disposition-notification

Original-Recipient: rfc822; School@xx.cn
Final-Recipient: rfc822; head@xx.cn
Original-Message-ID: <aeaaadonsfhnyabcdefghijklmnop.1@x.cn>
Disposition: automatic-action/MDN-sent-automatically; {disposition}
--b--
"""


def facts_from(raw, **kwargs):
    return facts_of(parse_mail(raw.encode()), has_token=False, **kwargs)


def test_a_machine_readable_receipt_is_one_whatever_its_subject():
    facts = facts_from(MDN.format(subject="报送台账", more="", text="read", disposition="displayed"))
    assert classify(facts) == RECEIPT


def test_a_mailbox_rule_that_threw_our_mail_away_is_a_hard_bounce():
    facts = facts_from(
        MDN.format(
            subject="Rejected",
            more="Auto-Submitted: auto-replied (rejected)\n",
            text="不接收外部邮件",
            disposition="deleted",
        )
    )
    assert classify(facts) == BOUNCE
    assert read_bounce(facts) == Bounce(
        ("<aeaaadonsfhnyabcdefghijklmnop.1@x.cn>",), "school@xx.cn", None, is_hard=True, diagnostic="不接收外部邮件"
    )


# --- bounces --------------------------------------------------------------------------------------------------------

DSN = """Return-Path: <>
From: MAILER-DAEMON@mx.x.cn
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

This is the mail system.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.x.cn

Final-Recipient: rfc822; school@xx.cn
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {code}
    as said by the other side
--b
Content-Type: {returned}

From: ops@x.cn
Message-ID: <aeaaadonsfhnyabcdefghijklmnop.1@x.cn>
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: application/octet-stream; name=a.xlsx

PK\x03\x04
--c--
--b--
"""


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_machine_readable_bounce_tells_which_mail_to_whom_and_why(returned):
    facts = facts_from(DSN.format(action="failed", status="5.1.1", code="550 5.1.1 no such user", returned=returned))
    assert classify(facts) == BOUNCE
    assert read_bounce(facts) == Bounce(
        ("<aeaaadonsfhnyabcdefghijklmnop.1@x.cn>",),
        "school@xx.cn",
        "5.1.1",
        is_hard=True,
        diagnostic="smtp; 550 5.1.1 no such user as said by the other side",
    )


def test_a_bounce_that_returns_our_workbook_with_our_token_is_still_a_bounce():
    facts = facts_from(DSN.format(action="failed", status="5.1.1", code="x", returned="message/rfc822"))
    assert classify(replace(facts, has_token=True)) == BOUNCE


@pytest.mark.parametrize(
    ("action", "status", "is_hard"),
    [
        ("failed", "5.1.1", True),
        ("failed", "5.2.1", True),
        ("failed", "5.4.4", True),
        ("failed", "5.0.0", True),
        ("failed", "5.2.2", False),  # full: emptied tomorrow
        ("failed", "5.7.1", False),  # they refuse our standing, the address is good
        ("failed", "4.4.7", False),  # waited for too long
        ("delayed", "4.4.1", False),
        ("delayed", "5.1.1", False),
    ],
)
def test_only_what_says_that_the_address_is_dead_is_hard(action, status, is_hard):
    facts = facts_from(DSN.format(action=action, status=status, code="x", returned="message/rfc822"))
    assert (read_bounce(facts).status, read_bounce(facts).is_hard) == (status, is_hard)


def test_a_report_of_success_is_a_receipt_and_no_bounce():
    assert (
        classify(facts_from(DSN.format(action="delivered", status="2.0.0", code="250 ok", returned="message/rfc822")))
        == RECEIPT
    )


@pytest.mark.parametrize(
    ("sender", "subject", "text", "expected"),
    [
        (
            "PostMaster@qq.com",
            "系统退信",
            "抱歉，您的邮件被退回来了……\n收件人邮件地址（school@qq.com）不存在，邮件无法送达。\n<aeaaadonsfhnyabcdefghijklmnop.1@x.cn>",
            ("school@qq.com", "5.1.1", True),
        ),
        (
            "postmaster@163.com",
            "邮件发送失败",
            "未能投递到 school@163.com：550 5.2.2 邮箱已满。信件标识 <aeaaadonsfhnyabcdefghijklmnop.1@x.cn>",
            ("school@163.com", "5.2.2", False),
        ),
        (
            "postmaster@qq.com",
            "系统退信",
            "school@qq.com 拒收：内容像垃圾邮件 <aeaaadonsfhnyabcdefghijklmnop.1@x.cn>",
            ("school@qq.com", "5.7.1", False),
        ),
        (
            "mailer-daemon@x.cn",
            "failure notice",
            "<school@a.cn>: Host or domain name not found <aeaaadonsfhnyabcdefghijklmnop.1@x.cn>",
            ("school@a.cn", "5.1.2", True),
        ),
        ("postmaster@qq.com", "系统退信", "原因不明 <aeaaadonsfhnyabcdefghijklmnop.1@x.cn>", (None, None, False)),
    ],
)
def test_a_notice_in_words_only_is_read_by_its_words(sender, subject, text, expected):
    facts = facts_from(f"From: {sender}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n")
    assert classify(facts) == BOUNCE
    bounce = read_bounce(facts)
    assert (bounce.recipient, bounce.status, bounce.is_hard) == expected
    assert "<aeaaadonsfhnyabcdefghijklmnop.1@x.cn>" in bounce.message_ids


def test_a_notice_from_a_null_sender_is_a_bounce_whoever_it_names():
    facts = make_facts(headers={"return-path": ["<>"]}, subject="退信通知", text="550 user unknown")
    assert classify(facts) == BOUNCE


def test_our_own_address_is_not_taken_for_the_one_that_failed():
    facts = make_facts(
        sender_address="postmaster@qq.com",
        subject="退信",
        text="ops@x.cn 发给 school@qq.com 的邮件被退回",
        own_addresses=frozenset({"ops@x.cn"}),
    )
    assert read_bounce(facts).recipient == "school@qq.com"


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "回复：退信怎么办"},  # a person writes about bounces
        {"text": "上次的邮件被退回，现在重发"},
        {
            "sender_address": "postmaster@school.cn",
            "has_workbook": True,
            "has_token": True,
            "subject": "退回整改后的台账",
        },
    ],
)
def test_a_person_may_write_about_bounces(changes):
    assert classify(make_facts(**changes)) == ANSWER


@pytest.mark.parametrize(
    ("code", "status"), [("ip 5.1.1.9 said no", None), ("550 5.1.1. sorry", "5.1.1"), ("v15.1.1", None)]
)
def test_a_status_is_not_mistaken_for_an_address_or_a_version(code, status):
    assert read_bounce(make_facts(text=code)).status == status
