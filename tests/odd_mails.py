"""Mails that are hardly mails: the odd structures that public collections of parser breakers are made of, written anew."""

from base64 import b64encode

SENDER = b"From: someone@x.cn\r\n"


def nested(depth: int, kind: bytes = b"mixed", *, closed: bool = True) -> bytes:
    """Multiparts in multiparts, the innermost a text."""
    opened = b"".join(
        b"Content-Type: multipart/" + kind + b'; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth)
    )
    ends = b"".join(b"\r\n--b%d--\r\n" % n for n in reversed(range(depth))) if closed else b""
    return SENDER + opened + b"Content-Type: text/plain\r\n\r\nhello\r\n" + ends


def enclosed(depth: int) -> bytes:
    return (SENDER + b"Content-Type: message/rfc822\r\n\r\n") * depth + SENDER + b"\r\nhello\r\n"


def two_parts(boundary_line: bytes, body: bytes) -> bytes:
    return (
        SENDER
        + b"Subject: odd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed"
        + boundary_line
        + b"\r\n\r\n"
        + body
    )


def with_header(line: bytes) -> bytes:
    return SENDER + line + b"\r\n\r\nhello\r\n"


ODD: dict[str, bytes] = {
    "nothing": b"",
    "one byte": b"\0",
    "only a line feed": b"\n",
    "only blank lines": b"\r\n" * 50,
    "only line feeds": b"From: a@x.cn\nSubject: lf\n\nhello\n",
    "only carriage returns": b"From: a@x.cn\rSubject: cr\r\rhello\r",
    "mixed line ends": b"From: a@x.cn\r\nSubject: mixed\n\r\nhello\r",
    "no headers": b"\r\nhello\r\n",
    "no body": b"From: a@x.cn\r\nSubject: none",
    "text instead of headers": "这里没有信头\n只有正文\n".encode(),
    "mbox line first": b"From a@x.cn Mon Mar 15 10:00:00 2021\nFrom: a@x.cn\n\nhello\n",
    "header without a name": with_header(b": value"),
    "header name with blanks": with_header(b"Sub ject: x"),
    "folded with blanks only": with_header(b"Subject: a\r\n \r\n\t\r\n b"),
    "continuation first": b" folded\r\nFrom: a@x.cn\r\n\r\nhello\r\n",
    "NULs in headers": with_header(b"Subject: a\0b\0c"),
    "NULs in the body": SENDER + b"\r\n" + b"\0" * 100_000,
    "8-bit in header names": with_header("主题: 台账".encode("gb18030")),
    "8-bit in every header": SENDER + b"".join(b"X-%d: " % n + bytes(range(128, 256)) + b"\r\n" for n in range(40)) + b"\r\n",
    "a subject of 2 MB": with_header(b"Subject: " + b"a" * 2_000_000),
    "a folded subject of 20,000 lines": with_header(b"Subject: a" + b"\r\n b" * 20_000),
    "20,000 headers": SENDER + b"".join(b"X-Odd-%d: y\r\n" % n for n in range(20_000)) + b"\r\nhello\r\n",
    "20,000 encoded words": with_header(b"Subject: " + b" ".join([b"=?utf-8?B?5Y+w?="] * 20_000)),
    "5,000 recipients": with_header(b"To: " + b", ".join(b"a%d@x.cn" % n for n in range(5_000))),
    "20,000 references": with_header(b"References: " + b" ".join(b"<%d@x.cn>" % n for n in range(20_000))),
    "brackets that never close": b"From: " + b"(" * 30_000 + b"\r\n\r\nhello\r\n",
    "quotes that never close": b'From: "' + b"\\" * 30_001 + b"\r\n\r\nhello\r\n",
    "angles that never close": b"From: " + b"<" * 30_000 + b"\r\n\r\nhello\r\n",
    "a Message-ID of signs": with_header(b"Message-ID: <@@@"),
    "a Message-ID in brackets": with_header(b"Message-ID: <[a.b@x.cn]>"),
    "an empty group": b"From: undisclosed-recipients:;\r\nTo: a group: b@x.cn, c@x.cn;\r\n\r\nhello\r\n",
    "no sender": b"From: \r\nTo: <>\r\nReply-To: <>\r\n\r\nhello\r\n",
    "a sender without an address": b"From: nobody\r\n\r\nhello\r\n",
    "two senders": b"From: a@x.cn\r\nFrom: b@x.cn\r\nSender: c@x.cn\r\n\r\nhello\r\n",
    "two subjects": with_header(b"Subject: one\r\nSubject: two"),
    "two types": with_header(b"Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b"),
    "a date that is none": with_header(b"Date: Mon, 99 Foo 99999 99:99:99 +9999"),
    "an address of 100 kB": b"From: " + b"a" * 100_000 + b"@x.cn\r\n\r\nhello\r\n",
    "an address without ASCII": "From: 校长@学校.中国\r\n\r\nhello\r\n".encode(),
    "nested 2,000 deep": nested(2_000),
    "nested 2,000 deep, never closed": nested(2_000, closed=False),
    "digests in digests": nested(300, b"digest"),
    "enclosed 3,000 deep": enclosed(3_000),
    "many small parts": two_parts(b"; boundary=b", b"--b\r\n\r\nx\r\n" * 20_000 + b"--b--\r\n"),
    "boundary missing": two_parts(b"", b"--b\r\n\r\nx\r\n--b--\r\n"),
    "boundary empty": two_parts(b'; boundary=""', b"--\r\n\r\nx\r\n----\r\n"),
    "boundary never used": two_parts(b"; boundary=b", b"hello\r\n"),
    "boundary never closed": two_parts(b"; boundary=b", b"--b\r\n\r\nhello\r\n"),
    "boundary of 10,000 characters": two_parts(b"; boundary=" + b"b" * 10_000, b"--" + b"b" * 10_000 + b"\r\n\r\nx\r\n"),
    "boundary with 8-bit": two_parts('; boundary="界"'.encode(), "--界\r\n\r\nx\r\n--界--\r\n".encode()),
    "boundary of signs": two_parts(b'; boundary="(.*)+$"', b"--(.*)+$\r\n\r\nx\r\n--(.*)+$--\r\n"),
    "two boundaries": two_parts(b"; boundary=a; boundary=b", b"--a\r\n\r\nx\r\n--b\r\n\r\ny\r\n--a--\r\n"),
    "boundaries of parent and child alike": two_parts(b"; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--b--\r\n"),
    "an encoding nobody knows": with_header(b"Content-Transfer-Encoding: x-zip"),
    "multipart in base64": SENDER + b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64encode(b"--b\r\n\r\nx\r\n--b--\r\n"),
    "base64 with anything": SENDER + b"Content-Transfer-Encoding: base64\r\n\r\n!!!\xff=====aGVs=bG8*\r\n",
    "quoted-printable with anything": SENDER + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n=Z=3=\xff===\r\n",
    "a charset that is no charset": with_header(b"Content-Type: text/plain; charset=idna"),
    "a charset that runs code": with_header(b'Content-Type: text/plain; charset="unicode_escape"'),
    "a charset of 10,000 characters": with_header(b"Content-Type: text/plain; charset=" + b"x" * 10_000),
    "10,000 pieces of one name": with_header(b"Content-Type: text/plain" + b"".join(b"; name*%d*=a" % n for n in range(10_000))),
    "a name with folders": with_header(b'Content-Disposition: attachment; filename="../../../etc/cron.d/x.xlsx"'),
    "a name that turns round": with_header('Content-Disposition: attachment; filename="a\u202excod.exe"'.encode()),
    "a name with a line end": with_header(b"Content-Disposition: attachment; filename*=utf-8''a%0D%0ABcc%3A%20b%40x.cn.xlsx"),
    "a type of signs": with_header(b"Content-Type: ;;;=;=/;/"),
    "an encoded word without an end": with_header(b"Subject: =?utf-8?B?5Y+w"),
    "an encoded word in an encoded word": with_header(b"Subject: =?utf-8?B?" + b64encode(b"=?utf-8?B?5Y+w?=") + b"?="),
    "html without an end": SENDER + b"Content-Type: text/html\r\n\r\n" + b"<div" * 50_000,
    "html of comments": SENDER + b"Content-Type: text/html\r\n\r\n" + b"<!--" * 50_000 + b"<script>" * 1000,
    "a report of nothing": SENDER + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b--\r\n",
    "a report of 20,000 recipients": SENDER + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" + b"Final-Recipient: rfc822; a@x.cn\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" * 20_000 + b"--b--\r\n",
    "signed, nothing inside": two_parts(b"; boundary=b", b"").replace(b"multipart/mixed", b"multipart/signed"),
    "uuencoded in the text": SENDER + b"\r\nbegin 644 a.xlsx\r\n#4$L#\r\n`\r\nend\r\n",
    "every byte": bytes(range(256)) * 200,
}  # fmt: skip
