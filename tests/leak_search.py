"""Look for given words in anything that lies on a disk: inside zips, mails, databases and their blobs, in any charset."""

import email
import email.policy
import html
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from oneledger.adapters.mail_parse import parse_mail

_DEEPEST = 6
Wanted = tuple[str, tuple[bytes, ...], re.Pattern[bytes]]  # charset, beginnings, words
_ESCAPES = {"backslashreplace": "JSON", "xmlcharrefreplace": "XML"}
_CHARSETS = ("utf-8", "gb18030", "utf-16-le", *_ESCAPES)


def hits(folder: Path, needles: Sequence[str]) -> dict[str, set[str]]:
    """Place (a file under ``folder``, of a database file#table) -> which words were found there."""
    wanted, found = _patterns(needles), {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content, name = path.read_bytes(), str(path.relative_to(folder))
        if content.startswith(b"SQLite format 3\x00"):
            found |= {f"{name}#{table}": words for table, words in _in_database(path, wanted)}
        found[name] = (
            _plain(content, wanted) if name.endswith(("-wal", "-shm")) else _in_bytes(content, wanted, _DEEPEST)
        )
    return {name: words for name, words in found.items() if words}


def hits_in(content: bytes, needles: Sequence[str]) -> set[str]:
    return _in_bytes(content, _patterns(needles), _DEEPEST)


def _patterns(needles: Sequence[str]) -> list[Wanted]:
    """Each charset's bytes of all words; the escapes of JSON and XML count as charsets. The beginnings are few and quickly looked for."""
    found = []
    for charset in _CHARSETS:
        told = sorted({_as(each, charset) for each in needles}, key=len, reverse=True)
        starts = {_as(each[:7] if each.isascii() else each[:2], charset) for each in needles}
        found.append((charset, tuple(starts), re.compile(b"|".join(map(re.escape, told)))))
    return found


def _as(word: str, charset: str) -> bytes:
    return word.encode("ascii", charset) if charset in _ESCAPES else word.encode(charset)


def _in_database(path: Path, wanted: list[Wanted]) -> Iterator[tuple[str, set[str]]]:
    """By table; what is inside its blobs, too. Its raw pages, where deleted rows linger, are the file's own words."""
    with sqlite3.connect(path) as store:
        for (table,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            found: set[str] = set()
            for row in store.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str | bytes):
                        found |= _in_bytes(value.encode() if isinstance(value, str) else value, wanted, _DEEPEST)
            yield table, found


def _in_bytes(content: bytes, wanted: list[Wanted], depth: int) -> set[str]:
    found = _plain(content, wanted)
    for inner in _inside(content) if depth else ():
        found |= _in_bytes(inner, wanted, depth - 1)
    return found


def _plain(content: bytes, wanted: list[Wanted]) -> set[str]:
    found = set()
    for charset, starts, pattern in wanted:
        if not any(start in content for start in starts):
            continue
        told = {match[0] for match in pattern.finditer(content)}
        found |= {_read(each, charset) for each in told}
    return found


def _read(content: bytes, charset: str) -> str:
    if charset == "xmlcharrefreplace":
        return html.unescape(content.decode("ascii"))
    return content.decode("unicode_escape" if charset == "backslashreplace" else charset)


def _inside(content: bytes) -> Iterator[bytes]:
    if content.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as opened:
                yield from (opened.read(name) for name in opened.namelist())
        except zipfile.BadZipFile:
            return
    elif content[:2] == b"x\x9c":
        try:
            yield zlib.decompress(content)
        except zlib.error:
            return
    elif b"MIME-Version:" in content[:20_000]:
        names = [part.filename or "" for part in parse_mail(content).parts]  # clients write them in ways of their own
        yield "\n".join(names).encode()
        mail = email.message_from_bytes(content, policy=email.policy.default)
        yield "\n".join(f"{key}: {value}" for key, value in mail.items()).encode("utf-8", "replace")
        for part in mail.walk():
            if not part.is_multipart():
                yield f"{part.get_filename()}".encode("utf-8", "replace")
                body = part.get_payload(decode=True)
                yield body if isinstance(body, bytes) else b""
