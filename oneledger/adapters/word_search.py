"""Whether a mail, a file or what is packed in it holds a word, in any charset. Reads a fixed amount at most."""

import io
import zipfile
import zlib
from collections.abc import Iterator

from oneledger.adapters.mail_parse import parse_mail

MOST_BYTES = 256 * 2**20  # unpacked from one file; beyond it nothing is searched
_DEEPEST = 3


def mail_holds(content: bytes, word: str) -> bool:
    mail = parse_mail(content)
    told = [mail.subject, mail.text, mail.sender_name, *(part.filename or "" for part in mail.parts)]
    return any(word in each for each in told) or any(file_holds(part.content, word) for part in mail.parts)


def file_holds(content: bytes, word: str) -> bool:
    ways = tuple(word.encode(charset) for charset in ("utf-8", "gb18030", "utf-16-le"))
    ways = (*ways, word.encode("ascii", "xmlcharrefreplace"))
    return any(way in each for each in _layers(content, _DEEPEST, [MOST_BYTES]) for way in ways)


def _layers(content: bytes, depth: int, left: list[int]) -> Iterator[bytes]:
    """The bytes themselves, then what is packed in them."""
    yield content
    if depth == 0 or not content.startswith(b"PK\x03\x04"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            for entry in opened.infolist():
                if left[0] <= 0:
                    return
                with opened.open(entry) as packed:
                    inner = packed.read(left[0])
                left[0] -= len(inner)
                yield from _layers(inner, depth - 1, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        return
