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
_VERSION, _DEFLATED, _MIDNIGHT, _1980 = 20, 8, 0, 0x21  # one fixed moment: equal contents are equal bytes


@dataclass(frozen=True)
class Part:
    name: bytes
    crc: int
    size: int
    packed: bytes


def packed(name: str, raw: bytes, level: int = 6) -> Part:
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Part(name.encode("ascii"), zlib.crc32(raw), len(raw), deflate.compress(raw) + deflate.flush())


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
