"""A received mail as plain data. Any bytes at all give a ParsedMail; what was wrong with them is in its defects."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

from oneledger.adapters.file_kinds import OLE, TNEF, sniff
from oneledger.adapters.mail_structure import Headers, Leaf, Structure, headers_and_body, take_apart
from oneledger.adapters.mail_words import addresses, decode_bytes, decode_heading, decode_words
from oneledger.adapters.text_tables import looks_like_table
from oneledger.domain.incoming import MailFacts

TEXT_LIMIT = 20_000  # characters of a body that are kept
_HEADING_LIMIT = 200_000  # bytes of one header that are decoded
_REFERENCES_KEPT = 20  # from either end: ours stands first, the answered one last
_ENVELOPE_HEADERS = ("delivered-to", "x-original-to", "envelope-to")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_UNSAFE_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_UUENCODED = re.compile(r"(?m)^begin [0-7]{3} \S")
_ZIP, _RAR, _7Z = b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c"


@dataclass(frozen=True)
class MailPart:
    """One leaf: a body text or a file. What it is shows in its bytes; the filename is for people only."""

    filename: str | None
    content_type: str
    content: bytes
    path: str
    forwarded: bool
    is_attachment: bool = False  # its heading says so


@dataclass(frozen=True)
class MailHead:
    """As much as tells from whom a mail is and what it answers."""

    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    sender_name: str
    sender_address: str  # lower case, like every address here
    recipients: tuple[str, ...]  # To and Cc
    envelope_recipients: tuple[str, ...]  # as our own server wrote them above everything else


@dataclass(frozen=True)
class ParsedMail(MailHead):
    subject: str
    date: datetime | None  # as the sender claims, in UTC
    text: str
    headers: Mapping[str, Sequence[str]]
    parts: tuple[MailPart, ...]
    forwarded_headers: tuple[str, ...]
    defects: tuple[str, ...]


def parse_mail(content: bytes) -> ParsedMail:
    """Read a mail. Never raises, and takes time in proportion to its length."""
    structure = take_apart(content)
    raw = _by_name(structure.headers)
    text = _body_text(structure.leaves)
    return ParsedMail(
        **vars(_head(raw)),
        subject=decode_heading(raw.get("subject", [b""])[0]),
        date=_date(raw),
        text=text,
        headers={key: [decode_heading(value) for value in values] for key, values in raw.items()},
        parts=tuple(_part(leaf) for leaf in structure.leaves),
        forwarded_headers=tuple(decode_bytes(block, None) for block in structure.forwarded_headers),
        defects=tuple(_defects(structure, text)),
    )


def parse_head(content: bytes) -> MailHead:
    """As ``parse_mail`` reads it, in less than half the time: nothing below the headers is looked at."""
    return _head(_by_name(headers_and_body(content, [])[0]))


def facts_of(
    mail: ParsedMail, *, has_token: bool, is_own_message: bool = False, own_addresses: frozenset[str] = frozenset()
) -> MailFacts:
    """What a mail's class is judged by. Whether its tokens are true, and which addresses are ours, the caller knows."""
    return MailFacts(
        sender_address=mail.sender_address,
        subject=mail.subject,
        headers=mail.headers,
        text=mail.text,
        report_texts=tuple(_report_texts(mail)),
        has_workbook=any(_may_answer(part) for part in mail.parts if not part.forwarded),
        has_token=has_token,
        is_own_message=is_own_message,
        own_addresses=own_addresses,
    )


def _may_answer(part: MailPart) -> bool:
    is_named_text = part.filename is not None and sniff(part.content) == "text"
    return may_hold_workbook(part.content) or (is_named_text and looks_like_table(part.content))


def may_hold_workbook(content: bytes) -> bool:
    """By its first bytes: xlsx or zip, xls or et or an encrypted xlsx, rar, 7z; or a winmail.dat with one in it."""
    if content.startswith(TNEF):  # also under absence notices of Exchange, where it only says how the words looked
        return _ZIP in content or OLE in content
    return content.startswith((_ZIP, OLE, _RAR, _7Z))


def is_file(part: MailPart) -> bool:
    """Not one of the mail's own words. Some clients give a file neither a name nor its true type."""
    if part.filename or part.is_attachment or may_hold_workbook(part.content):
        return bool(part.filename or part.content.strip())
    return bool(part.content) and not part.content_type.startswith(("text/", "message/", "multipart/"))


def _head(raw: Mapping[str, list[bytes]]) -> MailHead:
    name, sender = _sender(raw)
    return MailHead(
        message_id=next(iter(_message_ids(raw, "message-id")), None),
        in_reply_to=next(iter(_message_ids(raw, "in-reply-to")), None),
        references=_both_ends(_message_ids(raw, "references")),
        sender_name=name,
        sender_address=sender,
        recipients=tuple(dict.fromkeys(_addresses(raw, ("to", "cc")))),
        envelope_recipients=tuple(dict.fromkeys(_topmost(raw, _ENVELOPE_HEADERS))),
    )


def _by_name(headers: Headers) -> dict[str, list[bytes]]:
    by_name: dict[str, list[bytes]] = {}
    for name, value in headers:
        by_name.setdefault(name, []).append(value[:_HEADING_LIMIT])
    return by_name


def _sender(raw: Mapping[str, list[bytes]]) -> tuple[str, str]:
    for name in ("from", "sender", "return-path"):
        for value in raw.get(name, []):
            if found := addresses(decode_bytes(value, None)):
                return found[0]
    return decode_heading(raw.get("from", [b""])[0])[:200], ""


def _addresses(raw: Mapping[str, list[bytes]], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        for value in raw.get(name, []):
            yield from (address for _, address in addresses(decode_bytes(value, None)))


def _topmost(raw: Mapping[str, list[bytes]], names: Sequence[str]) -> Iterator[str]:
    """Only the first of each: further down a sender may have written what he likes."""
    yield from _addresses({name: raw[name][:1] for name in names if name in raw}, names)


def _message_ids(raw: Mapping[str, list[bytes]], name: str) -> list[str]:
    text = " ".join(decode_bytes(value, None) for value in raw.get(name, []))
    return _MESSAGE_ID.findall(text) or text.split()[:1]


def _both_ends(ids: list[str]) -> tuple[str, ...]:
    kept = ids if len(ids) <= 2 * _REFERENCES_KEPT else ids[:_REFERENCES_KEPT] + ids[-_REFERENCES_KEPT:]
    return tuple(dict.fromkeys(kept))


def _date(raw: Mapping[str, list[bytes]]) -> datetime | None:
    text = raw.get("date", [b""])[0][:100].decode("ascii", "replace")
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _part(leaf: Leaf) -> MailPart:
    name = safe_name(leaf.filename) if leaf.filename else None
    return MailPart(name or None, leaf.content_type, leaf.content, leaf.path, leaf.forwarded, leaf.is_attachment)


def safe_name(name: str) -> str:
    """A file name without folders, control characters and marks that turn the reading direction round."""
    return _UNSAFE_IN_NAMES.sub("", re.split(r"[/\\]", name)[-1]).strip()[:200]


def _body_text(leaves: Iterable[Leaf]) -> str:
    said = [leaf for leaf in leaves if not (leaf.forwarded or leaf.is_attachment or leaf.filename)]
    bodies = [leaf for leaf in said if not may_hold_workbook(leaf.content)]
    for content_type in ("text/plain", "text/html"):
        for leaf in bodies:
            if leaf.content_type == content_type:
                text = decode_bytes(leaf.content[: TEXT_LIMIT * 20], leaf.charset)
                text = text if content_type == "text/plain" else "".join(_html_text(text))
                if text.strip():
                    return text.replace("\r\n", "\n").strip()[:TEXT_LIMIT]
    return ""


def _html_text(html: str) -> Iterator[str]:
    """The readable text of a page, line breaks where its blocks end; scripts and styles left out."""
    hidden = ""
    for chunk in filter(None, html.split("<")):
        tag, closed, text = chunk.partition(">")
        name = re.match(r"/?\w*", tag.lower())
        mark = name[0] if name else ""
        if hidden:
            hidden = "" if mark == f"/{hidden}" else hidden
        elif mark in ("script", "style", "head"):
            hidden = mark
        if not hidden:
            if mark in ("br", "p", "/p", "div", "/div", "tr", "/tr", "li"):
                yield "\n"
            yield unescape(text if closed else chunk)


def _report_texts(mail: ParsedMail) -> Iterator[tuple[str, str]]:
    """(content type, text) of what a mail system says about another mail."""
    for part in mail.parts:
        if part.content_type.startswith("message/") or part.content_type == "text/rfc822-headers":
            yield part.content_type, decode_words(decode_bytes(part.content[:TEXT_LIMIT], None))
    yield from (("text/rfc822-headers", headers) for headers in mail.forwarded_headers)


def _defects(structure: Structure, text: str) -> Iterator[str]:
    yield from dict.fromkeys(structure.defects)
    if _UUENCODED.search(text):
        yield "uuencoded file in the text"
