import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address

import pytest
from hypothesis import given, settings, strategies as st

from oneledger.adapters.mail_compose import compose
from oneledger.domain.errors import RefusedError
from oneledger.domain.mailing import Attachment, MailDraft

AT = datetime(2021, 9, 1, 8, 30, tzinfo=UTC)
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def make_draft(**changes):
    draft = MailDraft(
        to_name="河西区实验小学",
        to_address="school@xx.example.cn",
        from_name="省教育厅专项办",
        from_address="ops@jyt.example.cn",
        reply_to="collect+token@jyt.example.cn",
        subject="关于报送校园安全隐患排查台账的通知",
        text="各校：\n请于 9 月 10 日前报送。",
        html="<p>各校：</p>",
        attachments=(Attachment("QL01_2137000123_排查台账.xlsx", b"PK\x03\x04" + bytes(range(256))),),
        message_id="<token.1@jyt.example.cn>",
    )
    return replace(draft, **changes)


def read(draft):
    """The mail as the standard library, an independent reader, understands it."""
    return message_from_bytes(compose(draft, AT), policy=policy.default)


printable = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=60)
short = printable.map(lambda text: text[:9])  # one encoded word: the reader puts a blank between two in a name


def test_an_independent_reader_finds_every_heading_as_it_was_meant():
    mail = read(make_draft())
    assert {name: str(mail[name]) for name in ("Subject", "Date", "Message-ID", "Reply-To")} == {
        "Subject": "关于报送校园安全隐患排查台账的通知",
        "Date": "Wed, 01 Sep 2021 08:30:00 +0000",
        "Message-ID": "<token.1@jyt.example.cn>",
        "Reply-To": "collect+token@jyt.example.cn",
    }
    assert mail["To"].addresses == (Address("河西区实验小学", "school", "xx.example.cn"),)
    assert mail["From"].addresses == (Address("省教育厅专项办", "ops", "jyt.example.cn"),)


def test_text_and_html_are_alternatives_and_files_stand_beside_them():
    mail = read(make_draft())
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        SHEET,
    ]
    assert mail.get_body(("plain",)).get_content() == "各校：\r\n请于 9 月 10 日前报送。"
    assert mail.get_body(("html",)).get_content() == "<p>各校：</p>"
    assert [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()] == [
        ("QL01_2137000123_排查台账.xlsx", b"PK\x03\x04" + bytes(range(256)))
    ]


@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({"attachments": ()}, ["multipart/alternative", "text/plain", "text/html"]),
        ({"attachments": (), "html": ""}, ["text/plain"]),
        ({"html": ""}, ["multipart/mixed", "text/plain", SHEET]),
    ],
)
def test_a_mail_is_no_more_nested_than_it_must_be(changes, shape):
    assert [part.get_content_type() for part in read(make_draft(**changes)).walk()] == shape


def test_a_chinese_file_name_goes_out_both_ways_and_never_in_numbered_pieces():
    name = "QL01_2137000123_" + "很长的校园安全隐患排查台账" * 5 + ".xlsx"
    raw = compose(make_draft(attachments=(Attachment(name, b"x"),)), AT).decode()
    in_type = re.search(r'name="((?:=\?utf-8\?b\?[\w+/=]+\?=(?:\r\n )?)+)"', raw)
    in_disposition = re.search(r"filename\*=utf-8''[%\w.-]+\r\n", raw)
    assert (bool(in_type), bool(in_disposition), "*0" in raw) == (True, True, False)
    assert [
        part.get_filename() for part in message_from_bytes(raw.encode(), policy=policy.default).iter_attachments()
    ] == [name]


def test_an_ascii_file_name_is_simply_quoted():
    raw = compose(make_draft(attachments=(Attachment('a "b".csv', b"x"),)), AT)
    assert b'Content-Disposition: attachment;\r\n filename="a \\"b\\".csv"\r\n' in raw


def test_our_own_message_id_stands_first_in_references_since_some_relays_rewrite_the_other():
    mail = read(make_draft(references=("<a@x.cn>", "<token.1@jyt.example.cn>", "<b@x.cn>"), in_reply_to="<b@x.cn>"))
    assert (mail["References"].split(), mail["In-Reply-To"]) == (
        ["<token.1@jyt.example.cn>", "<a@x.cn>", "<b@x.cn>"],
        "<b@x.cn>",
    )


def test_every_mail_says_that_a_machine_wrote_it_unless_the_draft_says_what_else():
    usual, answer = read(make_draft()), read(make_draft(headers={"auto-submitted": "auto-replied", "X-Kind": "回执"}))
    assert (usual.get_all("Auto-Submitted"), usual["X-Auto-Response-Suppress"]) == (["auto-generated"], "All")
    assert (answer.get_all("Auto-Submitted"), answer["X-Kind"]) == (["auto-replied"], "回执")


@settings(deadline=None)  # machines under load are slow, not wrong
@given(subject=printable, name=short, filename=printable.map(lambda name: re.sub(r"[/\\]", "_", name)[:50]))
def test_any_printable_text_comes_out_as_it_went_in(subject, name, filename):
    draft = make_draft(subject=subject, to_name=name, attachments=(Attachment(filename + "。xlsx", b"x"),))
    mail = read(draft)
    found = (str(mail["Subject"]), mail["To"].addresses[0].display_name, next(mail.iter_attachments()).get_filename())
    assert found == (subject, name, filename + "。xlsx")


@settings(deadline=None)
@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=90), max_size=20))
def test_long_ascii_headings_are_folded_between_words_and_unfold_to_the_same(words):
    value = " ".join(words)
    assert str(read(make_draft(headers={"X-Words": value}))["X-Words"] or "") == value


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200))
def test_no_line_is_longer_than_the_standard_lets_it_be_and_all_end_with_crlf(subject):
    draft = make_draft(subject=re.sub(r"[\x00-\x1f\x7f]", " ", subject), headers={"X-Long": "w" * 900})
    lines = compose(draft, AT).split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert all(len(line) <= 76 for line in lines if b"=?utf-8?b?" in line)


def test_the_same_draft_gives_the_same_bytes_so_that_a_later_try_sends_the_same_mail():
    assert compose(make_draft(), AT) == compose(make_draft(), AT)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"subject": "通知\r\n\r\nbody"}, "subject: holds a control character"),
        ({"subject": "a\tb"}, "subject: holds a control character"),
        ({"to_name": "校\nBcc: x@y.cn"}, "to_name: holds a control character"),
        ({"from_name": "a\0b"}, "from_name: holds a control character"),
        ({"text": "a\x08b"}, "text: holds a control character"),
        ({"subject": "\ud800"}, "subject: holds a control character"),
        ({"headers": {"X-A": "1\r\nBcc: x@y.cn"}}, "header X-A: holds a control character"),
        ({"headers": {"Bcc": "x@y.cn"}}, "header 'Bcc': is not for a draft to set"),
        ({"headers": {"message-id": "<x@y.cn>"}}, "header 'message-id': is not for a draft to set"),
        ({"headers": {"X A": "1"}}, "header 'X A': is not for a draft to set"),
        ({"headers": {"X-A": "w" * 901}}, "header 'X-A': holds a word longer than a line"),
        ({"to_address": "a@b.cn, c@d.cn"}, "to_address: 'a@b.cn, c@d.cn' is no mail address"),
        ({"to_address": "校长@b.cn"}, "to_address: '校长@b.cn' is no mail address"),
        ({"to_address": ""}, "to_address: '' is no mail address"),
        ({"from_address": "a@b.cn\r\n"}, "from_address: 'a@b.cn\\r\\n' is no mail address"),
        ({"reply_to": "a@b@c.cn"}, "reply_to: 'a@b@c.cn' is no mail address"),
        ({"message_id": "token.1@x.cn"}, "message id: 'token.1@x.cn' is none"),
        ({"references": ("<a b>",)}, "message id: '<a b>' is none"),
        ({"attachments": (Attachment("../a.xlsx", b""),)}, "attachment 1: '../a.xlsx' is no file name"),
        ({"attachments": (Attachment("", b""),)}, "attachment 1: '' is no file name"),
        ({"attachments": (Attachment("表" * 86, b""),)}, f"attachment 1: '{'表' * 40}' is no file name"),
    ],
)
def test_what_would_break_out_of_its_place_is_refused_and_named(changes, fault):
    with pytest.raises(RefusedError) as refused:
        compose(make_draft(**changes), AT)
    assert refused.value.reasons == [fault]


def test_all_faults_are_told_at_once():
    with pytest.raises(RefusedError) as refused:
        compose(make_draft(subject="\n", to_address="x"), AT.replace(tzinfo=None))
    assert refused.value.reasons == [
        "subject: holds a control character",
        "to_address: 'x' is no mail address",
        "date: has no time zone",
    ]


def test_a_chinese_domain_goes_out_in_punycode():
    assert read(make_draft(to_address="a@教育.cn"))["To"].addresses[0].addr_spec == "a@xn--wcvs22d.cn"


def test_a_mail_with_a_12_kb_workbook_is_composed_in_less_than_a_millisecond_and_a_half():
    draft = make_draft(text="正文\n" * 100, attachments=(Attachment("台账.xlsx", bytes(12 * 1024)),))
    times = []
    for _ in range(50):
        start = time.process_time()
        compose(draft, AT)
        times.append(time.process_time() - start)
    assert sorted(times)[25] < 0.0015
