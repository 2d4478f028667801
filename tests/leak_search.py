"""Look for given words in anything that lies on a disk: inside zips, mails, databases and their blobs, in any charset."""

import email
import email.policy
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

_DEEPEST = 6
_CHARSETS = ("utf-8", "gb18030", "utf-16-le", "unicode_escape")


def hits(folder: Path, needles: Sequence[str]) -> dict[str, set[str]]:
    """File (under ``folder``) -> which words were found in it."""
    wanted = _patterns(needles)
    found = {
        str(path.relative_to(folder)): _in_file(path, wanted) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    return {name: words for name, words in found.items() if words}


def hits_in(content: bytes, needles: Sequence[str]) -> set[str]:
    return _in_bytes(content, _patterns(needles), _DEEPEST)


def _patterns(needles: Sequence[str]) -> list[tuple[str, re.Pattern[bytes]]]:
    """Each charset's bytes of all words, longest first; JSON escapes count as a charset."""
    ways = {
        charset: {
            each.encode("ascii", "backslashreplace") if charset == "unicode_escape" else each.encode(charset): each
            for each in needles
        }
        for charset in _CHARSETS
    }
    return [
        (charset, re.compile(b"|".join(re.escape(each) for each in sorted(told, key=len, reverse=True))))
        for charset, told in ways.items()
    ]


def _in_file(path: Path, wanted: list[tuple[str, re.Pattern[bytes]]]) -> set[str]:
    content = path.read_bytes()
    return (
        _in_database(path, wanted)
        if content.startswith(b"SQLite format 3\x00")
        else _in_bytes(content, wanted, _DEEPEST)
    )


def _in_database(path: Path, wanted: list[tuple[str, re.Pattern[bytes]]]) -> set[str]:
    """Its rows, with what is inside their blobs; and the raw pages, where deleted rows linger."""
    found = _plain(path.read_bytes(), wanted)
    with sqlite3.connect(path) as store:
        for (table,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in store.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str | bytes):
                        found |= _in_bytes(value.encode() if isinstance(value, str) else value, wanted, _DEEPEST)
    return found


def _in_bytes(content: bytes, wanted: list[tuple[str, re.Pattern[bytes]]], depth: int) -> set[str]:
    found = _plain(content, wanted)
    for inner in _inside(content) if depth else ():
        found |= _in_bytes(inner, wanted, depth - 1)
    return found


def _plain(content: bytes, wanted: list[tuple[str, re.Pattern[bytes]]]) -> set[str]:
    found = set()
    for charset, pattern in wanted:
        told = {match[0] for match in pattern.finditer(content)}
        found |= {each.decode("unicode_escape" if charset == "unicode_escape" else charset) for each in told}
    return found


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
        mail = email.message_from_bytes(content, policy=email.policy.default)
        yield "\n".join(f"{key}: {value}" for key, value in mail.items()).encode("utf-8", "replace")
        for part in mail.walk():
            if not part.is_multipart():
                yield f"{part.get_filename()}".encode("utf-8", "replace")
                body = part.get_payload(decode=True)
                yield body if isinstance(body, bytes) else b""
