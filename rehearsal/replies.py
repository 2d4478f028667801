"""A school's answer as its mail program writes it: QQ Mail, 163 (Coremail), Foxmail and Outlook, byte for byte."""

import base64
import hashlib
import quopri
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, getaddresses

from rehearsal.letter_box import readable

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CRLF = "\r\n"
_LONGEST_WORD = 24  # characters in one encoded word


@dataclass(frozen=True)
class Client:
    """What tells one mail program's letters from another's."""

    name: str
    mailer: str
    charset: str
    answer: str  # before the subject
    encoding: str  # of encoded words: B or Q
    message_id: str
    attachment_type: str
    is_html: bool = False
    extra: str = ""


CLIENTS = (
    Client(
        "qq", "QQMail 2.x", "gb18030", "回复：", "B", "tencent_{digest}@qq.com", "application/octet-stream",
        is_html=True, extra="X-QQ-MIME: TCMime 1.0 by Tencent\r\nX-Priority: 3\r\n",
    ),
    Client(
        "163", "Coremail Webmail Server Version XT5.0.12 build 20210104(ab8c30b6)", "GBK", "Re:", "Q",
        "{short}.{digest}.Coremail.{local}@163.com", _XLSX, extra="X-Originating-IP: [192.0.2.7]\r\n",
    ),
    Client("foxmail", "Foxmail 7.2.19.158[cn]", "GB2312", "回复: ", "B", "{short}{digest}@foxmail.com", _XLSX),
    Client(
        "outlook", "Microsoft Outlook 16.0", "utf-8", "答复: ", "B", "{digest}@outlook.invalid", _XLSX,
        extra="Thread-Index: AdcTq1PqT0m0Y5yYQ8uCkEo2\r\nContent-Language: zh-cn\r\n",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Enclosure:
    filename: str
    content: bytes


@dataclass(frozen=True)
class Answer:
    """What is sent: ``answered`` are the headers (lower case) of the mail that is being answered."""

    answered: Mapping[str, str]
    sender_name: str
    sender: str
    at: datetime
    text: str
    enclosures: Sequence[Enclosure]


def recipient_of(answered: Mapping[str, str]) -> str:
    """Where a person's reply goes: Reply-To, else From."""
    addresses = getaddresses([answered.get("reply-to") or answered.get("from", "")])
    return addresses[0][1] if addresses else ""


def compose_reply(client: Client, answer: Answer) -> bytes:
    digest = hashlib.sha256(f"{answer.sender}{answer.at}{answer.text}{len(answer.enclosures)}".encode())
    for enclosure in answer.enclosures:
        digest.update(enclosure.content)
    mark = digest.hexdigest()[:32].upper()
    boundary = f"----=_NextPart_{mark[:16]}"
    parts = [_body(client, answer), *(_attachment(client, each) for each in answer.enclosures)]
    pieces = [_head(client, answer, mark, boundary).encode("ascii")]
    for part in parts:
        pieces += [f"--{boundary}{_CRLF}".encode("ascii"), part, _CRLF.encode("ascii")]
    return b"".join([*pieces, f"--{boundary}--{_CRLF}".encode("ascii")])


def _head(client: Client, answer: Answer, mark: str, boundary: str) -> str:
    answered = answer.answered
    known = answered.get("message-id", "")
    thread = " ".join(f"{answered.get('references', '')} {known}".split())
    local = answer.sender.partition("@")[0]
    message_id = client.message_id.format(digest=mark, short=mark[:10].lower(), local=local)
    lines = [
        f"From: {_words(client, answer.sender_name)} <{answer.sender}>",
        f"To: <{recipient_of(answered)}>",
        f"Subject: {_words(client, client.answer + readable(answered.get('subject', '')))}",
        f"Date: {format_datetime(answer.at)}",
        f"Message-ID: <{message_id}>",
        f"In-Reply-To: {known}",
        f"References: {thread.replace(' ', _CRLF + ' ')}",
        f"X-Mailer: {client.mailer}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{boundary}"',
    ]
    kept = [line for line in lines if not line.endswith(": ")]
    return _CRLF.join(kept) + _CRLF + client.extra + _CRLF


def _words(client: Client, text: str) -> str:
    """Encoded words (RFC 2047), a few characters each, as these programs fold them."""
    if text.isascii():
        return text
    pieces = [text[start : start + _LONGEST_WORD] for start in range(0, len(text), _LONGEST_WORD)]
    return f"{_CRLF} ".join(_word(client, piece) for piece in pieces)


def _word(client: Client, text: str) -> str:
    raw = text.encode(_codec(client), "replace")
    if client.encoding == "B":
        return f"=?{client.charset}?B?{base64.b64encode(raw).decode('ascii')}?="
    quoted = (
        quopri.encodestring(raw, quotetabs=True, header=True).decode("ascii").replace("=\n", "").replace("?", "=3F")
    )
    return f"=?{client.charset}?Q?{quoted}?="


def _codec(client: Client) -> str:
    """What calls itself GB2312 is GBK in practice: rare characters of names are in it."""
    return "gbk" if client.charset.upper() in ("GB2312", "GBK") else client.charset


def _body(client: Client, answer: Answer) -> bytes:
    subject = readable(answer.answered.get("subject", ""))
    quoted = (
        f"------------------ 原始邮件 ------------------\n发件人: {answer.answered.get('from', '')}\n主题: {subject}\n"
    )
    text = f"{answer.text}\n\n\n{quoted}"
    kind = "plain"
    if client.is_html:
        kind, text = "html", "<div>" + text.replace("<", "&lt;").replace("\n", "</div><div>") + "</div>"
    head = f'Content-Type: text/{kind}; charset="{client.charset}"{_CRLF}Content-Transfer-Encoding: base64{_CRLF * 2}'
    return head.encode("ascii") + _base64(text.replace("\n", _CRLF).encode(_codec(client), "replace"))


def _attachment(client: Client, enclosure: Enclosure) -> bytes:
    name = _words(client, enclosure.filename)
    head = (
        f'Content-Type: {client.attachment_type}; name="{name}"{_CRLF}'
        f"Content-Transfer-Encoding: base64{_CRLF}"
        f'Content-Disposition: attachment; filename="{name}"{_CRLF * 2}'
    )
    return head.encode("ascii") + _base64(enclosure.content)


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")
