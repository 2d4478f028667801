"""Chinese mails as many programs write them, each with what its writer meant. Knows neither our composer nor our parser.

The habits are those of mail facts 2.2 and domain.md 5.3: what a label says and what the bytes are differ on purpose.
"""

import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from quopri import encodestring
from urllib.parse import quote

OURS = "ledger@ledger.invalid"
SUBJECTS = (
    "报送台账",
    "防欺凌排查台账（镕喆）",
    "第三季度整改情况——堃、淼校区",
    "关于报送专项治理自查表的回复",
    "台账 v2（已盖章）",
)
SCHOOLS = ("望湖路小学", "朱镕路第二中学", "李喆实验学校", "滨河学校（北校区）", "第一〇二中学")
PEOPLE = ("张镕", "王喆", "李堃", "欧阳晓明", "德育处", "赵 敏")
BODIES = (
    "老师您好：\n附件是我校的台账，请查收。",
    "已按要求修改，详见附件。\n\n联系人：李堃\n电话：0000-0000001",
    "您好，我校无此类情况，特此说明。镕、喆两位老师已核对。",
    "报送人已换，请以后联系教务处。谢谢！",
)
RARE = "我校㛃老师（𬭎）负责填报，请查收。"
NAMES = (
    "QL01_2121000317_部署摸底.xlsx",
    "防欺凌排查台账（镕喆堃）.xlsx",
    "关于防范中小学生欺凌专项治理行动部署摸底阶段排查台账及自查表的报送材料（最终版）.xlsx",
    "台账 副本(2).xls",
    "1.xlsx",
    "说明；请看.docx",
)
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP_HEAD = b"PK\x03\x04\x14\x00\x06\x00"


@dataclass(frozen=True)
class Truth:
    """``kind``: answer | automatic | bounce hard | bounce soft | bounce sender | delayed | receipt | own | loop."""

    style: str
    kind: str
    subject: str
    sender_name: str
    sender: str
    body: str
    files: tuple[tuple[str, bytes], ...]
    content: bytes = b""


@dataclass(frozen=True)
class Thread:
    """What of our mail the other side has: its reply address, its Message-ID, whom it went to."""

    reply_to: str
    message_id: str


Part = bytes
Style = Callable[[random.Random, Truth, Thread], bytes]


def corpus(count: int, seed: int, thread: Thread, registered: str) -> Iterator[Truth]:
    """``count`` mails: two thirds are answers, the rest is what arrives between them. All of the rest and a part of
    the answers come from the ``registered`` address, so that no stranger's address is what keeps us silent."""
    for number in range(count):
        rng = random.Random(f"{seed}:{number}")
        writers = ANSWERS if number % 3 else OTHERS
        names = list(writers)
        name = names[(number // 3 if writers is OTHERS else number - number // 3) % len(names)]
        meant = _meant(rng, name, number)
        if writers is OTHERS or number % 20 == 1:
            meant = replace(meant, sender=registered)
        made = writers[name](rng, meant, thread)
        found = made if isinstance(made, Truth) else replace(meant, content=made)
        yield replace(found, content=f"X-Serial: {number}\r\n".encode() + found.content)  # no two alike


def _meant(rng: random.Random, style: str, number: int) -> Truth:
    has_rare = rng.random() < 0.2 and style not in ("coremail", "outlook-gbk")  # those cannot write it
    files = tuple(
        (name, ZIP_HEAD + rng.randbytes(rng.randrange(50, 3000)))
        for name in rng.sample(NAMES, rng.choice((0, 1, 1, 1, 2)))
    )
    return Truth(
        style=style,
        kind="answer",
        subject=f"回复：{rng.choice(SUBJECTS)}",
        sender_name=rng.choice(PEOPLE),
        sender=f"school{number}@{rng.choice(('qq.com', '163.com', 'xx.edu.cn'))}",
        body=RARE if has_rare else rng.choice(BODIES),
        files=files,
    )


# --- how words are written --------------------------------------------------------------------------------------------


def word(text: str, label: str, codec: str, how: str = "B") -> bytes:
    raw = text.encode(codec)
    if how == "B":
        return f"=?{label}?B?{b64encode(raw).decode()}?=".encode()
    return b"=?" + label.encode() + b"?Q?" + b"".join(b"=%02X" % byte for byte in raw) + b"?="


def words(text: str, label: str, codec: str, *, every: int = 12, glue: bytes = b"\r\n ") -> bytes:
    """Whole characters, so many a word, folded."""
    return glue.join(word(text[at : at + every], label, codec) for at in range(0, len(text), every))


def cut_words(text: str, label: str, codec: str, every: int, glue: bytes = b"\r\n ") -> bytes:
    """Bytes, so many a word: characters are cut in the middle, as careless programs do."""
    raw = text.encode(codec)
    pieces = (raw[at : at + every] for at in range(0, len(raw), every))
    return glue.join(f"=?{label}?B?{b64encode(piece).decode()}?=".encode() for piece in pieces)


def lines(raw: bytes, width: int = 76) -> bytes:
    text = b64encode(raw)
    return b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))


def page(body: str) -> str:
    inside = "".join(f"<div>{line or '<br>'}</div>" for line in body.split("\n"))
    return f"<html><head><style>p{{margin:0}}</style></head><body>{inside}</body></html>"


def mail(
    head: list[bytes], *parts: Part, boundary: str = "----=_NextPart_1", kind: str = "mixed", eol=b"\r\n"
) -> bytes:
    """A multipart of ready parts; one part alone stands by itself."""
    if len(parts) == 1:
        return eol.join([*head, b"MIME-Version: 1.0", parts[0]])
    fence = b"--" + boundary.encode()
    top = [*head, b"MIME-Version: 1.0", f'Content-Type: multipart/{kind};\r\n\tboundary="{boundary}"'.encode(), b""]
    return eol.join(
        [
            *top,
            b"This is a multi-part message in MIME format.",
            *(fence + eol + each for each in parts),
            fence + b"--",
            b"",
        ]
    )


def part(*headers: bytes, content: bytes) -> Part:
    return b"\r\n".join([*headers, b"", content])


def text_part(body: str, label: str, codec: str, how: str = "base64", kind: str = "plain") -> Part:
    raw = body.replace("\n", "\r\n").encode(codec)
    written = {
        "base64": lines,
        "quoted-printable": lambda each: encodestring(each).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "8bit": lambda each: each,
    }[how](raw)
    return part(
        f"Content-Type: text/{kind}; charset={label}".encode(),
        f"Content-Transfer-Encoding: {how}".encode(),
        content=written,
    )


def file_part(type_line: bytes, disposition: bytes, content: bytes, how: str = "base64") -> Part:
    written = lines(content) if how == "base64" else binary_quoted(content)
    return part(type_line, disposition, b"Content-Transfer-Encoding: " + how.encode(), content=written)


def binary_quoted(content: bytes) -> bytes:
    """Quoted-printable as mutt writes a workbook: line ends are bytes like any other."""
    marks = [bytes([each]) if 33 <= each <= 126 and each != 61 else b"=%02X" % each for each in content]
    return b"=\r\n".join(b"".join(marks[at : at + 24]) for at in range(0, len(marks), 24))


def head(thread: Thread, sender: bytes, subject: bytes, message_id: str, *more: bytes, to: bytes = b"") -> list[bytes]:
    return [
        b"Return-Path: <bounce@x.cn>",
        b"Received: from mx.x.cn by ledger.invalid; Mon, 15 Mar 2021 10:00:00 +0800",
        b"From: " + sender,
        b"To: " + (to or thread.reply_to.encode()),
        b"Subject: " + subject,
        b"Date: Mon, 15 Mar 2021 10:00:00 +0800",
        f"Message-ID: <{message_id}>".encode(),
        f"In-Reply-To: {thread.message_id}".encode(),
        f"References: {thread.message_id}".encode(),
        *more,
    ]


def angled(name: bytes, address: str) -> bytes:
    return name + b" <" + address.encode() + b">"


# --- answers: one function a program ----------------------------------------------------------------------------------


def qq(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    label = rng.choice(("gb18030", "utf-8"))
    top = head(
        thread, b'"' + word(truth.sender_name, label, label) + b'" <' + truth.sender.encode() + b">",
        word(truth.subject, label, label), f"tencent_{rng.randrange(16**8):X}@qq.com",
        b"X-QQ-MIME: TCMime 1.0 by Tencent", b"X-Mailer: QQMail 2.x", b"X-QQ-ReplyHash: 123",
    )  # fmt: skip
    both = mail(
        [],
        text_part(truth.body, f'"{label}"', label),
        text_part(page(truth.body), f'"{label}"', label, kind="html"),
        boundary="----=_NextPart_QQ_A",
        kind="alternative",
    )
    files = [
        file_part(
            b'Content-Type: application/octet-stream;\r\n\tcharset="' + label.encode() + b'";\r\n\tname="' + word(name, label, label) + b'"',
            b'Content-Disposition: attachment; filename="' + word(name, label, label) + b'"', content,
        )
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, both, *files, boundary="----=_NextPart_QQ_M")


def coremail(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    """163, 126, and most school systems: GBK, Q or B words, folded in the middle of a name, Re:Re: without blanks."""
    how = rng.choice("BQ")
    name_word = words(truth.sender_name, "GBK", "gbk") if how == "B" else word(truth.sender_name, "GBK", "gbk", "Q")
    top = head(
        thread, angled(name_word, truth.sender), words(truth.subject, "GBK", "gbk", every=7),
        f"{rng.randrange(16**6):x}.1.17e.Coremail.user@163.com",
        b"X-Mailer: Coremail Webmail Server Version XT5.0.13 build 20210104", b"X-Coremail-Antispam: 1U",
    )  # fmt: skip
    both = mail(
        [],
        text_part(truth.body, "GBK", "gbk"),
        text_part(page(truth.body), "GBK", "gbk", kind="html"),
        boundary="----=_Part_2",
        kind="alternative",
    )
    files = [
        file_part(
            b"Content-Type: application/octet-stream;\r\n name=" + quoted_words(name, "GBK", "gbk"),
            b"Content-Disposition: attachment;\r\n filename=" + quoted_words(name, "GBK", "gbk"), content,
        )
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, both, *files, boundary="----=_Part_1")


def quoted_words(name: str, label: str, codec: str) -> bytes:
    return b'"' + words(name, label, codec, every=9) + b'"'


def foxmail(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    """Says gb2312 and writes GB18030."""
    top = head(
        thread, angled(word(truth.sender_name, "GB2312", "gb18030"), truth.sender),
        word(truth.subject, "gb2312", "gb18030"), f"202103151000{rng.randrange(10**6)}@xx.edu.cn",
        b"X-Mailer: Foxmail 7.2.20.273[cn]", b"X-Has-Attach: yes",
    )  # fmt: skip
    both = mail(
        [],
        text_part(truth.body, '"GB2312"', "gb18030"),
        text_part(page(truth.body), '"GB2312"', "gb18030", "quoted-printable", "html"),
        boundary="----=_001_NextPart5",
        kind="alternative",
    )
    files = [
        file_part(
            b'Content-Type: application/octet-stream;\r\n\tname="' + word(name, "GB2312", "gb18030") + b'"',
            b'Content-Disposition: attachment;\r\n\tfilename="' + word(name, "GB2312", "gb18030") + b'"', content,
        )
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, both, *files, boundary="----=_002_NextPart6")


def outlook(rng: random.Random, truth: Truth, thread: Thread, label: str = "utf-8", codec: str = "utf-8") -> bytes:
    top = head(
        thread, angled(word(truth.sender_name, label, codec), truth.sender), words(truth.subject, label, codec),
        f"{rng.randrange(16**8):X}@PC2021", b"X-Mailer: Microsoft Outlook 16.0", b"Thread-Index: AdcZ1Q==",
        b"Importance: high",
    )  # fmt: skip
    both = mail(
        [],
        text_part(truth.body, f'"{label}"', codec, "quoted-printable"),
        text_part(page(truth.body), f'"{label}"', codec, "quoted-printable", "html"),
        boundary="----=_NextPart_001_0",
        kind="alternative",
    )
    files = [
        file_part(
            f"Content-Type: {SHEET};\r\n\tname=".encode() + quoted_words(name, label, codec),
            b"Content-Disposition: attachment;\r\n\tfilename=" + quoted_words(name, label, codec), content,
        )
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, both, *files, boundary="----=_NextPart_000_0")


def outlook_gbk(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    return outlook(rng, truth, thread, "gb2312", "gbk")


def mutt(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    """RFC 2231 in numbered pieces of GB18030, workbooks as quoted-printable."""
    top = head(
        thread, angled(word(truth.sender_name, "gb18030", "gb18030"), truth.sender),
        words(truth.subject, "gb18030", "gb18030", every=10), f"YE{rng.randrange(10**6)}@host", b"User-Agent: Mutt/2.0.5",
    )  # fmt: skip
    files = [
        file_part(f"Content-Type: {SHEET}".encode(), b"Content-Disposition: attachment;" + numbered("filename", name, "gb18030"), content, rng.choice(("base64", "quoted-printable")))
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, text_part(truth.body, "gb18030", "gb18030", "8bit"), *files, boundary="BOKacYhQ+x31HxR3")


def numbered(key: str, value: str, codec: str, width: int = 40) -> bytes:
    """Percent signs may be cut nowhere, characters anywhere."""
    if value.isascii():
        return f'\r\n\t{key}="{value}"'.encode()
    escaped, pieces, piece = quote(value.encode(codec), safe=""), [], ""
    for mark in _escapes(escaped):
        if len(piece) + len(mark) > width:
            pieces.append(piece)
            piece = ""
        piece += mark
    pieces.append(piece)
    pieces[0] = f"{codec}''{pieces[0]}"
    return ";".join(f"\r\n\t{key}*{number}*={each}" for number, each in enumerate(pieces)).encode()


def _escapes(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        width = 3 if text[at] == "%" else 1
        yield text[at : at + width]
        at += width


def s_nail(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    top = head(
        thread,
        angled(words(truth.sender_name, "utf-8", "utf-8"), truth.sender),
        words(truth.subject, "utf-8", "utf-8"),
        f"2021.{rng.randrange(10**6)}@x",
        b"User-Agent: s-nail v14.9.24",
    )
    files = [
        file_part(f"Content-Type: {SHEET}".encode(), b"Content-Disposition: attachment;\r\n filename*=utf-8''" + quote(name, safe="").encode(), content)
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, text_part(truth.body, "utf-8", "utf-8", "8bit"), *files, boundary="=-=YE=-=")


def swaks(rng: random.Random, truth: Truth, thread: Thread, codec: str = "utf-8") -> bytes:
    """Nothing is encoded anywhere."""
    name = truth.sender_name.encode(codec)
    top = head(
        thread,
        b'"' + name + b'" <' + truth.sender.encode() + b">",
        truth.subject.encode(codec),
        f"{rng.randrange(10**6)}@swaks",
        b"X-Mailer: swaks v20201014.0",
    )
    files = [
        file_part(b'Content-Type: application/octet-stream; name="' + each.encode(codec) + b'"', b'Content-Disposition: attachment; filename="' + each.encode(codec) + b'"', content)
        for each, content in truth.files
    ]  # fmt: skip
    return mail(
        top,
        part(b"Content-Type: text/plain", content=truth.body.replace("\n", "\r\n").encode(codec)),
        *files,
        boundary="----=_MIME_BOUNDARY_000_1",
    )


def raw_gbk(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    """Raw 8-bit GBK in headers and file names, as old office systems send."""
    return swaks(rng, truth, thread, "gb18030").replace(b"swaks", b"OA-V5")


def apple(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    """Workbooks inline, x-unix-mode, both kinds of name."""
    top = head(
        thread,
        angled(word(truth.sender_name, "utf-8", "utf-8"), truth.sender),
        words(truth.subject, "utf-8", "utf-8", every=9),
        f"{rng.randrange(16**8):X}-1@x",
        b"X-Mailer: Apple Mail (2.3654.60.0.2.21)",
    )
    files = [
        file_part(
            f"Content-Type: {SHEET};\r\n\tname*=utf-8''{quote(name, safe='')};\r\n\tx-unix-mode=0644;".encode(),
            b"Content-Disposition: inline;\r\n\tfilename*=utf-8''" + quote(name, safe="").encode(), content,
        )
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, text_part(truth.body, "utf-8", "utf-8", "quoted-printable"), *files, boundary="Apple-Mail=_1F")


def iphone(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    """Encoded words cut at byte 30, whatever character stands there."""
    top = head(
        thread,
        angled(cut_words(truth.sender_name, "utf-8", "utf-8", 30), truth.sender),
        cut_words(truth.subject, "utf-8", "utf-8", 30),
        f"{rng.randrange(16**8):X}-2@x",
        b"X-Mailer: iPhone Mail (18D52)",
    )
    files = [
        file_part(
            f'Content-Type: {SHEET};\r\n\tname="'.encode() + cut_words(name, "utf-8", "utf-8", 31) + b'"',
            b'Content-Disposition: attachment;\r\n\tfilename="' + cut_words(name, "utf-8", "utf-8", 31) + b'"', content,
        )
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, text_part(truth.body, "utf-8", "utf-8"), *files, boundary="Apple-Mail-9")


def android(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    """HTML alone, a label nobody registered, unquoted words for a name."""
    label = rng.choice(("x-gbk", "unknown-8bit", "gb18030"))
    top = head(
        thread,
        angled(word(truth.sender_name, label, "gb18030"), truth.sender),
        word(truth.subject, label, "gb18030"),
        f"{rng.randrange(10**6)}@phone",
        b"X-Mailer: MailMaster_Android/7.5",
    )
    files = [
        file_part(
            b"Content-Type: application/octet-stream; name=" + word(name, "GBK", "gb18030"),
            b"Content-Disposition: attachment; filename=" + word(name, "GBK", "gb18030"), content,
        )
        for name, content in truth.files
    ]  # fmt: skip
    return mail(top, text_part(page(truth.body), label, "gb18030", kind="html"), *files, boundary="__MESSAGE__ID__")


def javamail(rng: random.Random, truth: Truth, thread: Thread) -> bytes:
    """An office system: name and address in one word, names cut inside a character, no padding."""
    both = word(f"{truth.sender_name} <{truth.sender}>", "UTF-8", "utf-8")
    top = head(
        thread,
        both,
        cut_words(truth.subject, "UTF-8", "utf-8", 20).replace(b"=?=", b"?="),
        f"{rng.randrange(10**6)}.JavaMail.root@oa",
        b"Precedence: bulk",
    )
    files = [
        file_part(
            b'Content-Type: application/octet-stream; \r\n\tname="' + cut_words(name, "UTF-8", "utf-8", 20) + b'"',
            b'Content-Disposition: attachment; \r\n\tfilename="' + cut_words(name, "UTF-8", "utf-8", 20) + b'"', content,
        )
        for name, content in truth.files
    ]  # fmt: skip
    if not files:
        top = [each for each in top if not each.startswith(b"Precedence")]
    return mail(top, text_part(truth.body, "UTF-8", "utf-8"), *files, boundary="----=_Part_0_1.1")


def no_mime(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    """As telnet would: no MIME, raw GBK, line feeds alone."""
    top = head(
        thread,
        angled(truth.sender_name.encode("gb18030"), truth.sender),
        truth.subject.encode("gb18030"),
        f"{rng.randrange(10**6)}@old",
    )
    content = b"\n".join([*top, b"", truth.body.encode("gb18030"), b""])
    return replace(truth, files=(), content=content.replace(b"\r\n", b"\n"))


def nameless(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    """A workbook without any name, another with its name in a comment only."""
    top = head(thread, truth.sender.encode(), word(truth.subject, "utf-8", "utf-8"), f"{rng.randrange(10**6)}@fax")
    content = ZIP_HEAD + rng.randbytes(400)
    made = mail(
        top,
        text_part(truth.body, "utf-8", "utf-8"),
        file_part(f"Content-Type: {SHEET}".encode(), b"Content-Description: x", content),
    )
    return replace(truth, sender_name="", files=(("", content),), content=made)


ANSWERS: dict[str, Callable[..., bytes | Truth]] = {
    "qq": qq, "coremail": coremail, "foxmail": foxmail, "outlook": outlook, "outlook-gbk": outlook_gbk, "mutt": mutt,
    "s-nail": s_nail, "swaks": swaks, "raw-gbk": raw_gbk, "apple": apple, "iphone": iphone, "android": android,
    "javamail": javamail, "no-mime": no_mime, "nameless": nameless,
}  # fmt: skip


# --- what nobody wrote ------------------------------------------------------------------------------------------------


def plain(
    truth: Truth, *headers: bytes, kind: str, sender: str, subject: str, body: str, label: str = "utf-8", name: str = ""
) -> Truth:
    top = [
        b"From: " + (angled(word(name, label, label), sender) if name else sender.encode()),
        b"To: " + OURS.encode(),
        b"Subject: " + word(subject, label, label),
        b"Date: Mon, 15 Mar 2021 10:00:00 +0800",
    ]
    content = b"\r\n".join([*top, *headers, b"MIME-Version: 1.0", text_part(body, label, label)])
    return replace(
        truth, kind=kind, sender=sender, sender_name=name, subject=subject, body=body, files=(), content=content
    )


def replied(thread: Thread) -> bytes:
    return f"In-Reply-To: {thread.message_id}\r\nReferences: {thread.message_id}".encode()


def qq_holiday(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    body = "这是来自QQ邮箱的假期自动回复邮件。\n您好，我最近正在休假中，无法亲自回复您的邮件。我将在假期结束后，尽快给您回复。"
    marks = [b"Auto-Submitted: auto-replied"] if rng.random() < 0.5 else []  # QQ says so only sometimes
    return plain(
        truth,
        replied(thread),
        *marks,
        kind="automatic",
        sender=truth.sender,
        subject=rng.choice(("自动回复:报送台账", "Re: 报送台账")),
        body=body,
        label="gb18030",
        name=truth.sender_name,
    )


def netease_auto(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    del rng
    return plain(
        truth,
        replied(thread),
        b"X-Mailer: Coremail",
        kind="automatic",
        sender=truth.sender,
        subject="自动回复：报送台账",
        body="您好，您的邮件我已收到，我会尽快回复",
        label="gb18030",
    )


def outlook_office(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    marks = rng.choice(
        (
            (b"X-Auto-Response-Suppress: All", b"Auto-Submitted: auto-generated"),
            (b"X-MS-Exchange-Inbox-Rules-Loop: a@x.cn",),
        )
    )
    return plain(
        truth,
        replied(thread),
        *marks,
        kind="automatic",
        sender=truth.sender,
        subject=rng.choice(("自动答复: 报送台账", "Automatic reply: 报送台账", "外出: 报送台账")),
        body="我在外地培训，周五返校。",
    )


def vacation(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    del rng
    return plain(
        truth,
        replied(thread),
        b"Return-Path: <>",
        b"Auto-Submitted: auto-replied (vacation)",
        b"Precedence: bulk",
        kind="automatic",
        sender=truth.sender,
        subject="自动回复",
        body="本人休假。",
    )


def report(
    truth: Truth, thread: Thread, *, kind: str, action: str, status: str, code: str, words_: str, returned: bool = True
) -> Truth:
    sender, subject, mark = "MAILER-DAEMON@mx.x.cn", "Undelivered Mail Returned to Sender", "B.1/mx"
    blocks = [
        part(b"Content-Description: Notification", b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: 8bit", content=words_.encode()),
        part(
            b"Content-Type: message/delivery-status",
            content=f"Reporting-MTA: dns; mx.x.cn\r\n\r\nFinal-Recipient: rfc822; {truth.sender}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {code}".encode(),
        ),
    ]  # fmt: skip
    if returned:
        blocks.append(
            part(
                b"Content-Type: text/rfc822-headers",
                content=f"From: {OURS}\r\nReply-To: {thread.reply_to}\r\nMessage-ID: {thread.message_id}\r\nSubject: =?utf-8?b?5Y+w6LSm?=".encode(),
            )
        )
    fence = f"--{mark}".encode()
    top = [
        b"Return-Path: <>",
        f"From: {sender}".encode(),
        b"To: " + OURS.encode(),
        f"Subject: {subject}".encode(),
        b"Auto-Submitted: auto-replied",
        b"MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{mark}"'.encode(),
        b"",
    ]
    content = b"\r\n".join([*top, *(fence + b"\r\n" + each for each in blocks), fence + b"--", b""])
    return replace(
        truth, kind=kind, sender=sender.lower(), sender_name="", subject=subject, body=words_, files=(), content=content
    )


def dsn_hard(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    status = rng.choice(("5.1.1", "5.1.2", "5.2.1", "5.4.4", "5.1.10"))
    return report(
        truth,
        thread,
        kind="bounce hard",
        action="failed",
        status=status,
        code=f"550 {status} no",
        words_="This is the mail system.",
    )


def dsn_soft(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    status, code = rng.choice(
        (("5.2.2", "552 5.2.2 mailbox full"), ("4.4.7", "delivery time expired"), ("4.2.2", "452 over quota"))
    )
    return report(truth, thread, kind="bounce soft", action="failed", status=status, code=code, words_="邮箱已满。")


def dsn_sender(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    del rng
    return report(
        truth,
        thread,
        kind="bounce sender",
        action="failed",
        status="5.7.1",
        code="550 5.7.1 message rejected as spam",
        words_="rejected",
    )


def dsn_delayed(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    del rng
    return report(
        truth,
        thread,
        kind="delayed",
        action="delayed",
        status="4.4.1",
        code="450 connection timed out",
        words_="邮件尚未送达，系统仍在尝试。",
    )


def qq_words(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    why, kind = rng.choice(
        (
            ("收件人邮件地址（{}）不存在，邮件无法送达。", "hard"),
            ("收件人（{}）的邮箱空间不足，邮件无法投递。", "soft"),
            ("对方服务器拒收：{} 认为您的邮件是垃圾邮件。", "sender"),
            ("收件人（{}）帐号已注销。", "hard"),
        )
    )
    body = f"抱歉，您的邮件被退回来了……\n{why.format(truth.sender)}\n原邮件标识 {thread.message_id}"
    return plain(
        truth,
        b"Return-Path: <>",
        b"X-QQ-MIME: TCMime 1.0 by Tencent",
        kind=f"bounce {kind}",
        sender="PostMaster@qq.com".lower(),
        subject="系统退信",
        body=body,
        label="gb18030",
    )


def netease_words(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    why, kind = rng.choice(
        (
            ("550 5.1.1 用户不存在", "hard"),
            ("552 邮箱已满", "soft"),
            ("554 DT:SPM 发信频率过高", "sender"),
            ("Host or domain name not found", "hard"),
        )
    )
    body = f"您好：\n您的邮件未能投递到 {truth.sender} ，原因：{why}\n信件标识：{thread.message_id}"
    return plain(
        truth,
        b"Auto-Submitted: auto-generated",
        kind=f"bounce {kind}",
        sender="postmaster@163.com",
        subject="邮件投递失败",
        body=body,
        label="gb18030",
    )


def disposition(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    subject = rng.choice(("已读: 报送台账", "Read: 报送台账"))
    fence = b"--M"
    blocks = [
        part(b"Content-Type: text/plain; charset=utf-8", content="您的邮件已于今日阅读。".encode()),
        part(
            b"Content-Type: message/disposition-notification",
            content=f"Final-Recipient: rfc822; {truth.sender}\r\nOriginal-Message-ID: {thread.message_id}\r\nDisposition: manual-action/MDN-sent-manually; displayed".encode(),
        ),
    ]
    top = [
        b"From: " + truth.sender.encode(),
        b"To: " + OURS.encode(),
        b"Subject: " + word(subject, "gb2312", "gb18030"),
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/report; report-type=disposition-notification; boundary="M"',
        b"",
    ]
    content = b"\r\n".join([*top, *(fence + b"\r\n" + each for each in blocks), fence + b"--", b""])
    return replace(
        truth, kind="receipt", sender_name="", subject=subject, body="您的邮件已于今日阅读。", files=(), content=content
    )


def read_words(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    del rng
    return plain(
        truth,
        replied(thread),
        b"X-Mailer: Foxmail 7.2",
        kind="receipt",
        sender=truth.sender,
        subject="已读：报送台账",
        body="收件人已阅读该邮件。",
        label="gb18030",
    )


def our_own(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    """Our own mail that a rule of the other side passes back as it is."""
    body = "请填写附件后直接回复本邮件。"
    return plain(
        truth,
        f"Message-ID: {thread.message_id}".encode(),
        f"Reply-To: {thread.reply_to}".encode(),
        b"Auto-Submitted: auto-generated",
        *([b"Delivered-To: " + OURS.encode()] if rng.random() < 0.5 else []),
        kind="own",
        sender=OURS,
        subject="请报送台账",
        body=body,
        name="专项行动办公室",
    )


def listed(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    """A mailing list hands our mail round, under its own address."""
    del rng
    return plain(
        truth,
        f"References: {thread.message_id}".encode(),
        b"List-Id: <schools.x.cn>",
        b"Precedence: list",
        kind="loop",
        sender="schools@x.cn",
        subject="[schools] 请报送台账",
        body="请填写附件后直接回复本邮件。",
    )


def robot(rng: random.Random, truth: Truth, thread: Thread) -> Truth:
    """A ticket system answers our receipt."""
    return plain(
        truth,
        replied(thread),
        rng.choice((b"Auto-Submitted: auto-replied", b"X-Autoreply: yes", b"Precedence: auto_reply")),
        kind="loop",
        sender=truth.sender,
        subject="Re: 已收到：报送台账",
        body="工单已创建，编号 1024。",
    )


OTHERS: dict[str, Callable[..., Truth]] = {
    "qq-holiday": qq_holiday, "163-auto": netease_auto, "outlook-absent": outlook_office, "vacation": vacation,
    "dsn-hard": dsn_hard, "dsn-soft": dsn_soft, "dsn-sender": dsn_sender, "dsn-delayed": dsn_delayed,
    "qq-bounce": qq_words, "163-bounce": netease_words, "read-report": disposition, "read-words": read_words,
    "own": our_own, "list": listed, "robot": robot,
}  # fmt: skip
