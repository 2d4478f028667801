import time
from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given, settings, strategies as st

from oneledger.adapters.mail_compose import compose
from oneledger.adapters.mail_parse import MailPart, facts_of, is_file, parse_head, parse_mail
from oneledger.domain.mailing import Attachment, MailDraft

XLSX = b"PK\x03\x04" + bytes(range(256)) * 3
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAME = "排查台账（镕喆）.xlsx"
GB_NAME = NAME.encode("gb18030")


def word(text, label="utf-8", codec="utf-8"):
    return f"=?{label}?B?{b64encode(text.encode(codec)).decode()}?=".encode()


def make_mail(*headers, body=b"\xe8\xaf\xb7\xe6\x9f\xa5\xe6\x94\xb6", sheet_headers=None, sheet=None):
    """A mail as bytes: given header lines, a body, and a workbook under the given part headers."""
    top = [*headers, b"MIME-Version: 1.0"]
    if sheet_headers is None:
        return b"\r\n".join([*top, b"", body])
    lines = [*top, b'Content-Type: multipart/mixed; boundary="b1"', b"", b"--b1"]
    lines += [b"Content-Type: text/plain; charset=utf-8", b"", body, b"--b1", *sheet_headers]
    lines += [b"Content-Transfer-Encoding: base64", b"", sheet or b64encode(XLSX), b"--b1--", b""]
    return b"\r\n".join(lines)


def only_file(mail):
    (part,) = [each for each in mail.parts if each.path == "2"]
    return part


def sheet_with(*headers):
    return only_file(parse_mail(make_mail(b"From: a@b.cn", sheet_headers=headers)))


# --- headings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject",
    [
        word("报送台账：镕、喆", "gb2312", "gb18030"),  # 1: GBK under the name of its smaller brother
        "报送台账：镕、喆".encode("gb18030"),  # 2: raw, without any label
        "报送台账：镕、喆".encode(),  # 3: raw UTF-8
        word("报送台账：镕、喆", "x-gbk", "gb18030"),  # a label nobody registered
        word("报送台账：镕、喆", "unknown-8bit", "gb18030"),
        word("报送台账：镕、喆", "utf-8;"),
        word("报送台账：镕、喆", "iso-8859-1", "gb18030"),
        word("报送台账：", "GBK", "gb18030") + b"\r\n " + word("镕、喆", "gb2312", "gb18030"),
        b"=?utf-8?Q?=E6=8A=A5=E9=80=81=E5=8F=B0=E8=B4=A6=EF=BC=9A?=\r\n\t=?UTF-8*zh?Q?=E9=95=95=E3=80=81=E5=96=86?=",
    ],
)
def test_a_chinese_subject_is_read_however_it_was_written(subject):
    mail = parse_mail(make_mail(b"Subject: " + subject))
    assert (mail.subject, mail.headers["subject"]) == ("报送台账：镕、喆", ["报送台账：镕、喆"])


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_character_cut_between_two_encoded_words_is_whole_again(cut):
    raw = "台账汇总".encode()
    words = [f"=?utf-8?B?{b64encode(half).decode()}?=".encode() for half in (raw[:cut], raw[cut:])]
    assert parse_mail(b"Subject: " + b"\r\n ".join(words) + b"\r\n\r\n").subject == "台账汇总"


@pytest.mark.parametrize("cut", range(1, 16))
def test_base64_cut_anywhere_between_two_encoded_words_is_whole_again(cut):
    text = b64encode("台账汇总".encode()).decode()
    assert (
        parse_mail(f"Subject: =?utf-8?B?{text[:cut]}?=\n =?utf-8?B?{text[cut:]}?=\n\n".encode()).subject == "台账汇总"
    )


def test_lines_that_end_in_carriage_returns_alone_are_lines():
    mail = parse_mail(b"From: a@x.cn\rSubject: odd\r\rhello\rworld\r")
    assert (mail.sender_address, mail.subject, mail.text) == ("a@x.cn", "odd", "hello\nworld")


def test_words_that_only_lost_their_padding_are_read_one_by_one():
    words = b" ".join(b"=?utf-8?B?" + b64encode(each.encode()).rstrip(b"=") + b"?=" for each in ("台账汇", "总（三）x"))
    assert parse_mail(b"Subject: " + words + b"\r\n\r\n").subject == "台账汇总（三）x"


def test_text_between_encoded_words_keeps_its_blanks_and_neighbours_lose_theirs():
    subject = b"Re: " + word("台") + b" " + word("账") + b" for " + word("校") + b"!"
    assert parse_mail(b"Subject: " + subject + b"\n\n").subject == "Re: 台账 for 校!"


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (b'"' + word("张镕", "gb2312", "gb18030") + b'" <A.B@X.cn>', ("张镕", "a.b@x.cn")),  # encoded word in quotes
        (word("张镕") + b" <a@x.cn>", ("张镕", "a@x.cn")),
        ("张镕 <a@x.cn>".encode("gb18030"), ("张镕", "a@x.cn")),
        ('"张镕" <a@x.cn>'.encode("gb18030"), ("张镕", "a@x.cn")),
        (word("张镕 <a@x.cn>"), ("张镕", "a@x.cn")),  # name and address in one word
        (b"a@x.cn (" + word("张镕") + b")", ("", "a@x.cn")),
        (b'"b@evil.cn" <a@x.cn>', ("b@evil.cn", "a@x.cn")),  # the address is where the standard says
        (b'"b@evil.cn, \\"c" <a@x.cn>, d@x.cn', ('b@evil.cn, "c', "a@x.cn")),
        (b"<a@x.cn>", ("", "a@x.cn")),
        (b"'a@x.cn' <'a@x.cn'>", ("'a@x.cn'", "a@x.cn")),
        ("张三（校办 <a@x.cn>".encode(), ("张三（校办", "a@x.cn")),
        ("张三(校办 <a@x.cn>".encode(), ("", "a@x.cn")),  # the bracket never closes
        (b"undisclosed-recipients:;", ("undisclosed-recipients:;", "")),
        (b"=?utf-8?B?" + b"!!!" + b"?= <a@x.cn>", ("", "a@x.cn")),
        (b"", ("", "")),
    ],
)
def test_the_sender_is_one_name_and_one_address(sender, expected):
    mail = parse_mail(make_mail(b"From: " + sender))
    assert (mail.sender_name, mail.sender_address) == expected


def test_recipients_are_all_of_to_and_cc_each_once():
    mail = parse_mail(make_mail(b"To: A@x.cn, =?utf-8?B?5byg?= <b@x.cn>;", b"Cc: office: c@x.cn, a@X.cn;"))
    assert mail.recipients == ("a@x.cn", "b@x.cn", "c@x.cn")


def test_only_the_topmost_envelope_headers_count_since_those_below_may_be_anybodys():
    mail = parse_mail(
        make_mail(
            b"Delivered-To: collect+abc@x.cn",
            b"X-Original-To: Collect@x.cn",
            b"Received: by us",
            b"Delivered-To: evil@x.cn",
        )
    )
    assert mail.envelope_recipients == ("collect+abc@x.cn", "collect@x.cn")


def test_threads_are_read_from_both_ends_of_a_list_as_long_as_its_sender_likes():
    ids = [f"<{n}@x.cn>" for n in range(1000)]
    references = ("References: " + "\r\n ".join(ids)).encode()
    mail = parse_mail(make_mail(b"Message-ID: <m@x.cn>", b"In-Reply-To: <999@x.cn> (yours)", references))
    assert (mail.message_id, mail.in_reply_to) == ("<m@x.cn>", "<999@x.cn>")
    assert mail.references == tuple(ids[:20] + ids[-20:])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Wed, 01 Sep 2021 16:30:00 +0800", datetime(2021, 9, 1, 8, 30, tzinfo=UTC)),
        (b"Wed, 01 Sep 2021 16:30:00", datetime(2021, 9, 1, 16, 30, tzinfo=UTC)),
        (b"yesterday", None),
        (b"Wed, 01 Sep 99999 99:99:99 +9999", None),
        (b"", None),
    ],
)
def test_the_date_is_the_senders_claim_in_utc_or_none(raw, expected):
    assert parse_mail(make_mail(b"Date: " + raw)).date == expected


def test_a_heading_folded_over_a_line_of_blanks_does_not_end_the_headers():
    mail = parse_mail(b"Subject: x\r\n \r\nFrom: a@b.cn\r\n\r\nbody")
    assert (mail.subject, mail.sender_address, mail.text) == ("x", "a@b.cn", "body")


@pytest.mark.parametrize("raw", [b"<@@@", b"<[123.x]@[y]>", b"<", b"", b"a b c", b"<<>>", b"\xff\xfe"])
def test_a_hostile_message_id_is_no_reason_to_stumble(raw):
    mail = parse_mail(make_mail(b"Message-ID: " + raw, b"References: " + raw, b"Subject: ok"))
    assert mail.subject == "ok"


# --- bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "codec"),
    [
        (None, "gb18030"),  # 10: no MIME at all
        (b"Content-Type: text/plain; charset=gb2312", "gb18030"),
        (b"Content-Type: text/plain; charset=x-gbk", "gb18030"),
        (b'Content-Type: text/plain; charset="utf-8;"', "utf-8"),
        (b"Content-Type: text/plain; charset=unknown-8bit", "utf-8"),
        (b"Content-Type: text/plain; charset=unicode_escape", "utf-8"),
        (b"Content-Type: text/plain; charset=utf-8", "gb18030"),  # a lie
        (b"Content-Type: text", "utf-8"),
        (b"Content-Type: text/plain; charset=big5", "big5"),
    ],
)
def test_a_chinese_body_is_read_whatever_its_label_says(content_type, codec):
    text = "您好，附件是校園臺帳，請查收。" if codec == "big5" else "您好，附件是本校的排查台账，请镕喆老师查收。"
    headers = [b"Subject: x", *([content_type] if content_type else [])]
    assert parse_mail(make_mail(*headers, body=text.encode(codec))).text == text


def test_a_body_cut_in_the_middle_of_a_character_is_still_read_as_what_it_says():
    body = ("附件是本校的排查台账。" * 5).encode()[:-1]
    mail = parse_mail(make_mail(b"Content-Type: text/plain; charset=utf-8", body=body))
    assert mail.text == "附件是本校的排查台账。" * 4 + "附件是本校的排查台账\ufffd"


def test_of_a_long_body_only_the_beginning_is_kept():
    assert len(parse_mail(make_mail(body="字".encode() * 50_000)).text) == 20_000


def test_a_page_is_read_as_its_text_without_scripts_and_styles():
    page = "<html><head><style>p{}</style></head><body><p>您好&amp;谢谢</p><script>1<2</script>台账<br>见附件</body>"
    mail = parse_mail(make_mail(b"Content-Type: text/html; charset=utf-8", body=page.encode()))
    assert [line for line in mail.text.split("\n") if line] == ["您好&谢谢", "台账", "见附件"]


def test_plain_text_is_preferred_to_a_page_and_an_empty_one_is_not():
    both = EmailMessage()
    both.set_content("正文")
    both.add_alternative("<p>页面</p>", subtype="html")
    blank = EmailMessage()
    blank.set_content(" \n")
    blank.add_alternative("<p>页面</p>", subtype="html")
    assert [parse_mail(mail.as_bytes()).text for mail in (both, blank)] == ["正文", "页面"]


def test_a_file_encoded_into_the_text_is_a_file_and_told():
    """uuencode, as clients of the nineties still write it (mail facts 2)."""
    mail = parse_mail(make_mail(body=b"hello\nbegin 644 a.xlsx\n#0V%T\n`\nend\nbye\n"))
    assert mail.defects == ("uuencoded file in the text",)
    assert [(part.path, part.filename, part.content) for part in mail.parts] == [
        ("1", None, b"hello\n\nbye\n"),
        ("1.u1", "a.xlsx", b"Cat"),
    ]


def test_a_beginning_without_an_end_is_a_sentence():
    mail = parse_mail(make_mail(body=b"begin 644 a.xlsx\n#0V%T\n"))
    assert [part.path for part in mail.parts] == ["1"]


def test_a_workbook_called_text_is_not_taken_for_the_words():
    mail = parse_mail(make_mail(b"Content-Type: text/plain", body=b"PK\x03\x04abc"))
    assert (mail.text, [is_file(part) for part in mail.parts]) == ("", [True])


def test_a_mail_attached_as_a_file_is_opened_by_its_content():
    inner = b"Received: from x\r\nSubject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBGFiYw=="
    heading = (b"Content-Type: application/octet-stream", b"Content-Disposition: attachment; filename=x.bin")
    mail = parse_mail(make_mail(*heading, body=inner))
    assert [(part.content, part.forwarded) for part in mail.parts] == [(b"PK\x03\x04abc", True)]


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        # raw 8-bit, as swaks and old webmail write it
        [b"Content-Type: application/octet-stream", b'Content-Disposition: attachment; filename="' + GB_NAME + b'"'],
        [
            b"Content-Type: application/octet-stream",
            b'Content-Disposition: attachment; filename="' + NAME.encode() + b'"',
        ],
        # RFC 2231, as Thunderbird; under a label that is too small; without quotes
        [b"Content-Disposition: attachment; filename*=utf-8''" + quote_from_bytes(NAME.encode()).encode()],
        [b"Content-Disposition: attachment; filename*=gb2312''" + quote_from_bytes(GB_NAME).encode()],
        [b"Content-Disposition: attachment; filename*=" + quote_from_bytes(NAME.encode()).encode()],
        # RFC 2047 in a parameter: quoted as QQ and Outlook, unquoted, folded, and only in Content-Type
        [b'Content-Disposition: attachment; filename="' + word(NAME) + b'"'],
        [b"Content-Disposition: attachment; filename=" + word(NAME, "gbk", "gb18030")],
        [b'Content-Disposition: attachment;\r\n filename="' + word(NAME[:4]) + b"\r\n " + word(NAME[4:]) + b'"'],
        [b'Content-Type: application/octet-stream; name="' + word(NAME) + b'"', b"Content-Disposition: inline"],
        [b'CONTENT-TYPE: application/octet-stream; NAME="' + word(NAME) + b'"'],
    ],
)
def test_a_chinese_file_name_is_read_however_it_was_written(headers):
    part = sheet_with(*headers)
    assert (part.filename, part.content) == (NAME, XLSX)


@pytest.mark.parametrize("size", range(1, 30, 2))
def test_a_file_name_in_numbered_pieces_may_be_cut_inside_a_character(size):
    """RFC 2231 continuations in gb18030, as mutt writes them."""
    quoted = [quote_from_bytes(bytes([byte])) for byte in GB_NAME]
    pieces = ["".join(quoted[at : at + size]) for at in range(0, len(quoted), size)]
    lines = [f" filename*{n}*={piece}".encode() for n, piece in enumerate(["gb18030''" + pieces[0], *pieces[1:]])]
    assert sheet_with(b"Content-Disposition: attachment;\r\n" + b";\r\n".join(reversed(lines))).filename == NAME


def test_pieces_with_and_without_encoding_may_be_mixed():
    heading = (
        b"Content-Disposition: attachment; filename*0*=utf-8''%E5%8F%B0; filename*1=\"a%20b\"; filename*2*=%E8%B4%A6"
    )
    assert sheet_with(heading).filename == "台a%20b账"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("../../etc/cron.d/x.xlsx", "x.xlsx"),
        ("C:\\\\校办\\\\台账.xlsx", "台账.xlsx"),
        ("a\u202excod.xlsx", "axcod.xlsx"),
        ('a\\"b.xlsx', 'a"b.xlsx'),
        ("/", None),
    ],
)
def test_a_file_name_loses_its_folders_and_what_deceives_the_eye(written, shown):
    assert sheet_with(f'Content-Disposition: attachment; filename="{written}"'.encode()).filename == shown


@pytest.mark.parametrize(
    "headers",
    [
        [f"Content-Type: {SHEET}".encode()],  # no name at all
        [b"Content-Type: application/octet-stream", b"Content-Disposition: inline"],  # Apple Mail
        [b"Content-Type: None/None"],
        [b"Content-Type: ;;;"],
        [b"X: y"],
    ],
)
def test_a_workbook_is_found_by_its_bytes_whatever_it_is_called(headers):
    mail = parse_mail(make_mail(b"From: a@b.cn", sheet_headers=headers))
    assert ([part.content for part in mail.parts][1:], facts_of(mail, has_token=False).has_workbook) == ([XLSX], True)


@pytest.mark.parametrize(
    ("encoded", "content", "defects"),
    [
        (b64encode(XLSX)[:-3], XLSX[:-1], ("broken base64",)),
        (b"!" + b64encode(XLSX), XLSX, ("broken base64",)),
        (b64encode(XLSX[: len(XLSX) // 3 * 3]) + b"=", XLSX[: len(XLSX) // 3 * 3], ("broken base64",)),
        (b"=\r\n".join([b64encode(XLSX[:4]), b64encode(XLSX[4:])]), XLSX, ("broken base64",)),
        (b64encode(XLSX).replace(b"A", b"A\r\n "), XLSX, ()),
    ],
)
def test_broken_base64_gives_what_can_be_had_and_is_told(encoded, content, defects):
    mail = parse_mail(make_mail(b"From: a@b.cn", sheet_headers=[b"Content-Type: a/b"], sheet=encoded))
    assert (only_file(mail).content, mail.defects) == (content, defects)


def test_a_mail_cut_off_on_its_way_gives_what_came_and_is_told():
    mail = parse_mail(make_mail(b"From: a@b.cn", sheet_headers=[b"Content-Type: a/b"]).removesuffix(b"--b1--\r\n"))
    assert (only_file(mail).content, mail.defects) == (XLSX, ("multipart without its end",))


def test_a_workbook_sent_as_quoted_printable_is_whole():
    part = (
        b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: quoted-printable\n\nPK=03=04=\n=0D=0A=\n"
    )
    mail = parse_mail(b"Content-Type: multipart/mixed; boundary=b1\n\n--b1\n" + part + b"\n--b1--\n")
    assert mail.parts == (MailPart(None, "application/octet-stream", b"PK\x03\x04\r\n", "1", forwarded=False),)


def test_a_signed_mail_is_read_as_ordinary_parts():
    mail = parse_mail(
        b"Content-Type: multipart/signed; protocol=x; boundary=s\n\n--s\n"
        + make_mail(sheet_headers=[b"Content-Type: a/b"])
        + b"\n--s\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\nsig\n--s--\n"
    )
    assert [(part.path, part.content_type) for part in mail.parts] == [
        ("1.1", "text/plain"),
        ("1.2", "a/b"),
        ("2", "application/pkcs7-signature"),
    ]


@pytest.mark.parametrize(
    "wrapper", [b"Content-Type: message/rfc822", b"Content-Type: application/octet-stream; name=fw.eml"]
)
def test_a_forwarded_mails_workbook_is_found_and_marked_as_forwarded(wrapper):
    inner = make_mail(b"From: c@d.cn", b"Message-ID: <in@d.cn>", sheet_headers=[b"Content-Type: a/b"])
    mail = parse_mail(
        b"From: a@b.cn\nContent-Type: multipart/mixed; boundary=f\n\n--f\n\nfyi\n--f\n"
        + wrapper
        + b"\n\n"
        + inner
        + b"\n--f--\n"
    )
    assert [(part.path, part.content_type, part.forwarded) for part in mail.parts] == [
        ("1", "text/plain", False),
        ("2.1", "text/plain", True),
        ("2.2", "a/b", True),
    ]
    assert (mail.parts[2].content, mail.sender_address, mail.text) == (XLSX, "a@b.cn", "fyi")
    assert "Message-ID: <in@d.cn>" in mail.forwarded_headers[0]
    assert facts_of(mail, has_token=True).has_workbook is False


# --- limits ---------------------------------------------------------------------------------------------------------


def test_mails_inside_mails_are_followed_six_deep():
    mail = make_mail(b"Subject: x", body=b"core")
    for _ in range(50):
        mail = b"Content-Type: message/rfc822\n\n" + mail
    parsed = parse_mail(mail)
    assert (len(parsed.forwarded_headers), parsed.defects) == (6, ("mails nested too deep",))


def test_multiparts_inside_multiparts_are_followed_six_deep():
    mail = b"\n\ncore"
    for n in range(50):
        mail = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n" % (n, n, mail, n)
    parsed = parse_mail(mail)
    assert ([part.path for part in parsed.parts], parsed.defects) == (["1.1.1.1.1.1"], ("parts nested too deep",))


def test_no_more_than_two_hundred_parts_are_looked_at():
    parsed = parse_mail(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5000 + b"--b--\n")
    assert (len(parsed.parts), parsed.defects) == (199, ("too many parts",))


@pytest.mark.parametrize(
    "mail",
    [
        b"From: " + b"(" * 3000 + b"\n\n",
        b"Subject: " + b"=?utf-8?B?5byg?= " * 12_000 + b"\n\n",
        b"Subject: " + "账".encode() * 70_000 + b"\n\n",
        b"Subject: " + b"=?" * 100_000 + b"\n\n",
        b"To: " + b", ".join(b'"s%d" <s%d@x.cn>' % (n, n) for n in range(5000)) + b"\n\n",
        b"To: " + b'"\\' * 100_000 + b"\n\n",
        b"To: " + b"<" * 200_000 + b"\n\n",
        b"To: " + b"a" * 200_000 + b"\n\n",
        b"Content-Type: multipart/mixed" + b';a="' * 50_000 + b"\n\n",
        b"Content-Type: multipart/mixed" + b";name*0*=a" * 20_000 + b"\n\n",
        b"Content-Type: multipart/mixed;" + b" " * 200_000 + b"\n\n",
        b"References: " + b"<" * 200_000 + b"\n\n",
        b"X: y\n" + b" folded\n" * 50_000 + b"\n",
        b"X: y\n" * 50_000 + b"\n",
        b"Content-Type: text/html\n\n" + b"<script>" * 30_000,
        b"Content-Type: text/html\n\n" + b"<" * 200_000,
        b"Content-Type: multipart/mixed; boundary=-\n\n" + b"--" * 100_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 400_000,
        b"\r\n" * 100_000,
        b" \r" * 100_000,
    ],
    ids=lambda mail: mail[:24].decode("ascii", "replace"),
)
def test_no_heading_of_200_kb_holds_the_mail_up(mail):
    start = time.process_time()
    parse_mail(mail)
    assert time.process_time() - start < 1.5


HEADER_BITS = st.sampled_from(
    [
        b"Content-Type: ",
        b"multipart/mixed; boundary=b",
        b"message/rfc822",
        b"--b",
        b"--b--",
        b"\r\n",
        b"\n",
        b"; name*0*=",
        b";",
        b'"',
        b"=?gbk?B?",
        b"=?utf-8?Q?=E5?=",
        b"?=",
        b"\\",
        b"<",
        b">",
        b"(",
        b"@",
        b"From: ",
        b"Subject: ",
        b"Date: ",
        b"utf-16",
        b"Content-Transfer-Encoding: base64",
        b"quoted-printable",
        b"x-uuencode",
        b"=",
        b" ",
        b"charset=",
        b"hz",
        b"\xb0\xa1",
        b"PK\x03\x04",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(HEADER_BITS | st.binary(max_size=8), max_size=60).map(b"".join))
@example(b"")
@example(b"no header at all")
@example(b"From: a@x.cn\rTo: t+abc@x.cn\n\nbody")  # a line of the headers ends by a lone CR
def test_any_bytes_at_all_are_a_mail(content):
    parsed = parse_mail(content)
    facts = facts_of(parsed, has_token=False)
    assert (type(parsed.subject), facts.subject) == (str, parsed.subject)
    head = parse_head(content)
    assert {name: getattr(parsed, name) for name in vars(head)} == vars(head)


# --- against an independent reader ----------------------------------------------------------------------------------

leaves = st.builds(
    lambda data, name: ("file", data, name),
    st.binary(max_size=200),
    st.text(st.characters(categories=["Lo", "Nd"]), min_size=1, max_size=8),
)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(categories=["Lo", "Nd"]), max_size=40), st.lists(leaves, max_size=4), st.booleans())
def test_what_the_standard_library_writes_is_read_as_the_standard_library_reads_it(text, files, in_mail):
    mail = EmailMessage(policy=policy.SMTP)
    mail["Subject"] = text
    mail.set_content(text)
    for _, data, name in files:
        mail.add_attachment(data, maintype="application", subtype="x", filename=name)
    if in_mail:
        outer = EmailMessage(policy=policy.SMTP)
        outer.set_content("outer")
        outer.add_attachment(mail)
        mail = outer
    raw = mail.as_bytes()
    expected = [part for part in message_from_bytes(raw, policy=policy.default).walk() if not part.is_multipart()]
    assert [(part.content_type, part.filename, part.content) for part in parse_mail(raw).parts] == [
        (part.get_content_type(), part.get_filename(), part.get_payload(decode=True)) for part in expected
    ]


def test_our_own_mails_are_read_back_whole():
    draft = MailDraft(
        "河西区实验小学",
        "a@b.cn",
        "省专项办",
        "ops@x.cn",
        "collect+t@x.cn",
        "关于报送排查台账的通知" * 4,
        "正文",
        "<p>正文</p>",
        (Attachment(NAME, XLSX),),
        "<t.1@x.cn>",
        ("<r@x.cn>",),
        "<r@x.cn>",
        {"X-Kind": "回执"},
    )
    mail = parse_mail(compose(draft, datetime(2021, 9, 1, tzinfo=UTC)))
    assert (
        mail.subject,
        mail.sender_name,
        mail.recipients,
        mail.message_id,
        mail.references,
        mail.text,
        mail.date,
    ) == (
        draft.subject,
        "省专项办",
        ("a@b.cn",),
        "<t.1@x.cn>",
        ("<t.1@x.cn>", "<r@x.cn>"),
        "正文",
        datetime(2021, 9, 1, tzinfo=UTC),
    )
    assert mail.parts[2] == MailPart(NAME, SHEET, XLSX, "2", forwarded=False, is_attachment=True)
    assert (mail.headers["x-kind"], mail.defects) == (["回执"], ())
