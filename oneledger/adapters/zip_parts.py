"""The parts of an Office file's zip, deflated once and put together again and again with the same bytes.

No outside library: a zip for mail needs no streaming, no dates and no 64-bit sizes.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

_LOCAL = Struct("<4s5H3L2H")
_CENTRAL = Struct("<4s6H3L5H2L")
_END = Struct("<4s4H2LH")
_STORED = Struct("<2H")
_VERSION, _DEFLATED, _MIDNIGHT, _1980 = 20, 8, 0, 0x21  # one fixed moment: equal contents are equal bytes


@dataclass(frozen=True)
class Part:
    name: bytes
    crc: int
    size: int
    packed: bytes


def packed(name: str, raw: bytes, level: int = 6) -> Part:
    return Part(name.encode("ascii"), zlib.crc32(raw), len(raw), _deflated(raw, level, zlib.Z_FINISH))


def _deflated(raw: bytes, level: int, end: int) -> bytes:
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(raw) + deflate.flush(end)


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes of a part that are the same in many files, deflated once: the stream may be cut before and after them."""

    raw: bytes
    packed: bytes


def literal(raw: bytes) -> Literal:
    """Refers to nothing before it and ends at a byte (zlib: Z_FULL_FLUSH)."""
    return Literal(raw, _deflated(raw, 9, zlib.Z_FULL_FLUSH))


def pieced(name: str, pieces: Iterable[bytes | Literal]) -> Part:
    """A part of which only what is no literal is deflated now."""
    crc, size = 0, 0
    stream: list[bytes] = []
    for each in pieces:
        raw, deflated = (each.raw, each.packed) if isinstance(each, Literal) else (each, _block(each))
        crc, size = zlib.crc32(raw, crc), size + len(raw)
        stream.append(deflated)
    return Part(name.encode("ascii"), crc, size, b"".join((*stream, _LAST_BLOCK)))


_LAST_BLOCK = b"\3\0"  # empty, with the bit that says so (RFC 1951, 3.2.3)
_SHORT = 64  # bytes that deflating makes no shorter


def _block(raw: bytes) -> bytes:
    if len(raw) <= _SHORT:  # stored as it is: RFC 1951, 3.2.4
        return b"\0" + _STORED.pack(len(raw), len(raw) ^ 0xFFFF) + raw
    return _deflated(raw, 6, zlib.Z_FULL_FLUSH)


def texts(archive: bytes) -> dict[str, str]:
    """Name -> text of each part of a workbook of our own making, in order."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name).decode("utf-8") for name in opened.namelist()}


def archived(parts: Iterable[Part]) -> bytes:
    bodies: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for part in parts:
        sizes = (part.crc, len(part.packed), part.size, len(part.name), 0)
        head = _LOCAL.pack(b"PK\3\4", _VERSION, 0, _DEFLATED, _MIDNIGHT, _1980, *sizes)
        entry = _CENTRAL.pack(
            b"PK\1\2", _VERSION, _VERSION, 0, _DEFLATED, _MIDNIGHT, _1980, *sizes, 0, 0, 0, 0, offset
        )  # fmt: skip
        bodies += (head, part.name, part.packed)
        directory += (entry, part.name)
        offset += len(head) + len(part.name) + len(part.packed)
    listed = b"".join(directory)
    count = len(directory) // 2
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(listed), offset, 0)
    return b"".join((*bodies, listed, end))
