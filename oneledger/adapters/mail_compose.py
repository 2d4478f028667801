"""From a draft to the exact bytes that are stored and then sent: the same draft and date give the same bytes.

Assembled here rather than by yagmail or the standard library because Chinese webmail is particular: file names go out
twice, as RFC 2047 words in Content-Type (QQ, Outlook) and as one unbroken RFC 2231 value in Content-Disposition.
"""

import hashlib
import re
from base64 import b64encode
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from oneledger.domain.errors import RefusedError
from oneledger.domain.mailing import Attachment, MailDraft

_CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "doc": "application/msword",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}
_UNLESS_SAID_OTHERWISE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
_OURS = re.compile(
    r"from|to|cc|bcc|sender|reply-to|return-path|subject|date|message-id|in-reply-to|references|mime-version|content-.*"
)
_FIELD_NAME = re.compile(r"[A-Za-z0-9-]{1,70}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,900}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~ -]{1,60}")
_LINE = 76  # characters; RFC 2047 allows no more in a line that holds an encoded word
_WORD_BYTES = 36  # of UTF-8 in one encoded word: 60 characters, so it fits behind any header name we use
_NAME_BYTES = 255  # what file systems take, and one RFC 2231 value still stays below the 998 of a line


def is_message_id(text: str) -> bool:
    """One that we may answer to: a sender may have written anything there."""
    return _MESSAGE_ID.fullmatch(text) is not None


def compose(draft: MailDraft, date: datetime) -> bytes:
    """The mail as it goes over the wire, lines ended by CRLF.

    Raises RefusedError with every fault at once: control characters (header injection), addresses that are none,
    headers that are ours to write, file names with folders in them.
    """
    faults = [*_faults(draft), *([] if date.tzinfo else ["date: has no time zone"])]
    if faults:
        raise RefusedError(faults)
    mark = hashlib.sha256(draft.message_id.encode()).hexdigest()[:24]
    body = _alternative(draft, mark)
    if draft.attachments:
        body = _multipart("mixed", f"=_m{mark}", [body, *(_attachment(each) for each in draft.attachments)])
    return b"".join([*_headers(draft, date), b"MIME-Version: 1.0\r\n", body])


_TO = re.compile(rb"(?m)^To: .*\r\n(?:[ \t].*\r\n)*")
_DATE = re.compile(rb"(?m)^Date: .*\r\n")


def readdressed(content: bytes, to: tuple[str, str], message_ids: tuple[str, str], date: datetime) -> bytes:
    """A mail of ours again, to another (name, address), under another Message-ID: (old, new). All else is as it was."""
    head, blank, body = content.partition(b"\r\n\r\n")
    old, new = (each.encode("ascii") for each in message_ids)
    head = _TO.sub(lambda _: _field("To", _mailbox("To", *to)), head.replace(old, new) + b"\r\n", count=1)
    head = _DATE.sub(lambda _: _field("Date", format_datetime(date)), head, count=1)
    return head.removesuffix(b"\r\n") + blank + body


def _headers(draft: MailDraft, date: datetime) -> Iterator[bytes]:
    yield _field("From", _mailbox("From", draft.from_name, draft.from_address))
    yield _field("To", _mailbox("To", draft.to_name, draft.to_address))
    if draft.reply_to:
        yield _field("Reply-To", _ascii_address(draft.reply_to))
    yield _field("Subject", _unstructured("Subject", draft.subject))
    yield _field("Date", format_datetime(date))
    yield _field("Message-ID", draft.message_id)
    if draft.in_reply_to:
        yield _field("In-Reply-To", draft.in_reply_to)
    # Some relays rewrite Message-ID and leave References alone: our own id stands first there too.
    yield _field("References", "\r\n ".join(dict.fromkeys((draft.message_id, *draft.references))))
    said = {name.lower() for name in draft.headers}
    defaults = ((name, value) for name, value in _UNLESS_SAID_OTHERWISE.items() if name.lower() not in said)
    for name, value in (*defaults, *draft.headers.items()):
        yield _field(name, _unstructured(name, value))


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")


def _mailbox(field_name: str, display_name: str, address: str) -> str:
    address = f"<{_ascii_address(address)}>"
    if not display_name:
        return address
    phrase = _phrase(display_name)
    last_line = f"{field_name}: {phrase}".rsplit("\r\n", 1)[-1]
    gap = " " if len(last_line) + len(address) < _LINE else "\r\n "
    return phrase + gap + address


def _phrase(text: str) -> str:
    if _PLAIN_PHRASE.fullmatch(text):
        return text
    if text.isascii() and "=?" not in text and len(text) <= 60:
        return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
    return _encoded_words(text)


def _unstructured(name: str, value: str) -> str:
    if not value.isascii() or "=?" in value or (name == "Subject" and len(value) > 60):
        return _encoded_words(value)
    lines, line = [], f"{name}: "
    for piece in re.findall(r" *[^ ]+ *?(?= |$)", value.strip()):
        if len(line) + len(piece) > _LINE and line.strip() and piece.startswith(" "):
            lines.append(line)
            line = ""
        line += piece
    return "\r\n".join([*lines, line])[len(name) + 2 :]


def _encoded_words(text: str) -> str:
    """RFC 2047 words, each whole characters of UTF-8, one a line."""
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in _chunks(text))


def _chunks(text: str) -> Iterator[bytes]:
    chunk = b""
    for letter in text:
        more = letter.encode()
        if len(chunk) + len(more) > _WORD_BYTES:
            yield chunk
            chunk = b""
        chunk += more
    yield chunk


def _ascii_address(address: str) -> str:
    """An address with its domain in punycode, since no server here is asked for internationalised mail."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode()}"


def _alternative(draft: MailDraft, mark: str) -> bytes:
    text = _text_part("plain", draft.text)
    if not draft.html:
        return text
    return _multipart("alternative", f"=_a{mark}", [text, _text_part("html", draft.html)])


def _text_part(subtype: str, text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return _leaf(f"Content-Type: text/{subtype}; charset=utf-8\r\n", lines.encode())


def _attachment(attachment: Attachment) -> bytes:
    name = attachment.filename
    kind = _CONTENT_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    if name.isascii() and "=?" not in name:
        shown = '"' + name.replace('"', r"\"") + '"'
        return _leaf(
            f"Content-Type: {kind};\r\n name={shown}\r\nContent-Disposition: attachment;\r\n filename={shown}\r\n",
            attachment.content,
        )
    return _leaf(
        f'Content-Type: {kind};\r\n name="{_encoded_words(name)}"\r\n'
        f"Content-Disposition: attachment;\r\n filename*=utf-8''{quote(name, safe='')}\r\n",
        attachment.content,
    )


def _leaf(header: str, content: bytes) -> bytes:
    text = b2a_base64(content, newline=False)
    lines = (text[at : at + 76] for at in range(0, len(text), 76))
    return f"{header}Content-Transfer-Encoding: base64\r\n\r\n".encode("ascii") + b"\r\n".join(lines) + b"\r\n"


def _multipart(subtype: str, boundary: str, parts: Iterable[bytes]) -> bytes:
    """Boundaries hold `=_`, which base64 never writes, so no content can imitate one."""
    fence = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(fence + b"\r\n" + part + b"\r\n" for part in parts) + fence + b"--\r\n"


def _faults(draft: MailDraft) -> Iterator[str]:
    values = {
        "to_name": draft.to_name,
        "from_name": draft.from_name,
        "subject": draft.subject,
        **{f"header {name}": value for name, value in draft.headers.items()},
        **{f"attachment {count}": each.filename for count, each in enumerate(draft.attachments, 1)},
    }
    yield from (f"{label}: holds a control character" for label, value in values.items() if _CONTROL.search(value))
    texts = {"text": draft.text, "html": draft.html}
    yield from (f"{label}: holds a control character" for label, text in texts.items() if _CONTROL_IN_TEXT.search(text))
    yield from _address_faults(draft)
    ids = [draft.message_id, *draft.references, *([draft.in_reply_to] if draft.in_reply_to else [])]
    yield from (f"message id: {each!r} is none" for each in ids if not _MESSAGE_ID.fullmatch(each))
    for name, value in draft.headers.items():
        if not _FIELD_NAME.fullmatch(name) or _OURS.fullmatch(name.lower()):
            yield f"header {name!r}: is not for a draft to set"
        if any(len(word) > 900 for word in value.split()):
            yield f"header {name!r}: holds a word longer than a line"
    for count, each in enumerate(draft.attachments, 1):
        if (
            not each.filename
            or re.search(r"[/\\]", each.filename)
            or len(each.filename.encode(errors="replace")) > _NAME_BYTES
        ):
            yield f"attachment {count}: {each.filename[:40]!r} is no file name"


def _address_faults(draft: MailDraft) -> Iterator[str]:
    named = {"to_address": draft.to_address, "from_address": draft.from_address, "reply_to": draft.reply_to}
    for label, address in named.items():
        try:
            plain = _ascii_address(address)
        except UnicodeError:
            plain = ""
        if not _ADDRESS.fullmatch(plain) and not (label == "reply_to" and not address):
            yield f"{label}: {address!r} is no mail address"
