"""What a file is, by its content and never by its name."""

import re
from collections.abc import Mapping

from oneledger.adapters.ole_directory import root_names

KINDS_READ = frozenset({"xlsx", "xls", "ods"})  # xls: also WPS's et and ett, which are the same inside
KINDS_OPENED = frozenset({"zip", "tnef"})  # what only holds other files
REFUSED: Mapping[str, str] = {
    "empty": "WB-101",
    "encrypted": "WB-106",
    "broken": "WB-108",
    "archive": "WB-122",
    "pdf": "WB-123",
    "image": "WB-124",
    "word": "WB-125",
    "html": "WB-126",
    "xlsb": "WB-127",
    "unknown": "WB-128",
    "old": "WB-129",
    "xml": "WB-130",
    "mail": "WB-131",
}
"""Kinds we do not read, and the rule that tells the sender what to send instead."""

OLE, TNEF = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x78\x9f\x3e\x22"
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (OLE, "ole"),
    (TNEF, "tnef"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"Rar!\x1a\x07", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"MSCF", "archive"),
    (b"{\\rtf", "word"),
    (b"\x09\x00\x04\x00", "old"),  # tables of Excel 2 to 4, and later ones without their container
    (b"\x09\x02\x06\x00", "old"),
    (b"\x09\x04\x06\x00", "old"),
    (b"\x09\x08\x08\x00", "old"),
    (b"\x09\x08\x10\x00", "old"),
)
_MARKUP = re.compile(r"<(?:!doctype\s+html|html|table|body|head|meta)[\s>]|\Amime-version:", re.IGNORECASE)
_XML_TABLE = re.compile(r"<\?mso-application|<(?:\w+:)?workbook[\s>]|<office:document[\s>]", re.IGNORECASE)
_MAIL = re.compile(r"\A(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:received|message-id|return-path):", re.IGNORECASE)
_WRITE_PROTECTED = rb"(?:\x86\x00\x00\x00)?"
_BIFF_ENCRYPTED = re.compile(  # a password stands right after the beginning of the book
    rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}" + _WRITE_PROTECTED + rb"\x2f\x00", re.DOTALL
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 4096


def sniff(content: bytes) -> str:
    """xlsx and its cousins come out as zip: what is in a zip is for the zip's own reader to say."""
    if not content.strip(b"\x00 \r\n\t"):
        return "empty"
    kind = next((kind for magic, kind in _MAGIC if content.startswith(magic)), "")
    if kind == "ole":
        return _ole(content)
    head = content[:_HEAD]
    if not kind and _is_late_image(head):
        return "image"
    if head[257:262] == b"ustar":
        return "archive"
    return kind or _text(head)


def _is_late_image(head: bytes) -> bool:
    """heic from a phone, webp, bmp: what tells them stands further in."""
    is_bitmap = head[:2] == b"BM" and head[6:10] == b"\0\0\0\0"
    return is_bitmap or head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def has_old_macros(content: bytes) -> bool:
    """Of an xls."""
    return "_vba_project_cur" in root_names(content)


def _ole(content: bytes) -> str:
    """The old container of xls, et, doc and of everything with a password, by the names in its root."""
    names = root_names(content)
    if not names:
        return "broken"
    if "encryptedpackage" in names or _BIFF_ENCRYPTED.search(content):
        return "encrypted"
    if names & {"workbook", "book"}:
        return "xls"
    if names & {"worddocument", "powerpoint document"}:
        return "word"
    return "mail" if "__properties_version1.0" in names else "unknown"


def _text(head: bytes) -> str:
    if head.startswith(_UTF16):
        return "text"
    if _CONTROLS.search(head):
        return "unknown"
    return kind_of_words(head.removeprefix(b"\xef\xbb\xbf").decode("latin-1"))


def kind_of_words(beginning: str) -> str:
    """Of a text: one that is only called a table is none."""
    plain = beginning.lstrip()
    if _XML_TABLE.search(plain):
        return "xml"
    if _MAIL.match(plain):
        return "mail"
    return "html" if _MARKUP.search(plain) else "text"
