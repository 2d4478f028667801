"""What a file is, by its content and never by its name."""

import re
from collections.abc import Mapping

KINDS_READ = frozenset({"xlsx", "xls", "ods"})  # xls: also WPS's et, which is the same inside
REFUSED: Mapping[str, str] = {
    "empty": "WB-101",
    "encrypted": "WB-106",
    "macro": "WB-105",
    "text": "WB-121",
    "zip": "WB-122",
    "rar": "WB-122",
    "7z": "WB-122",
    "gzip": "WB-122",
    "pdf": "WB-123",
    "image": "WB-124",
    "word": "WB-125",
    "html": "WB-126",
    "xlsb": "WB-127",
    "unknown": "WB-128",
}
"""Kinds we do not read, and the rule that tells the sender what to send instead."""

_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"{\\rtf", "word"),
)
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|table|body|head|meta|\?mso-application|workbook)[\s>]|^mime-version:", re.IGNORECASE
)
_BIFF_ENCRYPTED = re.compile(rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}\x2f\x00", re.DOTALL)  # FILEPASS after the BOF
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HEAD = 4096


def sniff(content: bytes) -> str:
    """xlsx and its cousins come out as zip: what is in a zip is for the zip's own reader to say."""
    if not content.strip(b"\x00 \r\n\t"):
        return "empty"
    kind = next((kind for magic, kind in _MAGIC if content.startswith(magic)), "")
    if kind == "ole":
        return _ole(content)
    head = content[:_HEAD]
    if (not kind and head[4:8] == b"ftyp") or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"  # heic from a phone, webp
    return kind or _text(head)


def _ole(content: bytes) -> str:
    """The old container of xls, et, doc and of everything with a password, by the names in its directory."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if holds("EncryptedPackage") or _BIFF_ENCRYPTED.search(content):
        return "encrypted"
    if holds("WordDocument") or holds("PowerPoint Document"):
        return "word"
    if holds("_VBA_PROJECT"):
        return "macro"
    return "xls" if holds("Workbook") or holds("Book") else "unknown"


def _text(head: bytes) -> str:
    plain = head.lstrip(b"\xef\xbb\xbf").lstrip()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text"
    if _MARKUP.search(plain.lower()):
        return "html"
    return "unknown" if _CONTROLS.search(head) else "text"
