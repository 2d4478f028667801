"""Documents that units owe besides workbooks: a short Word text, a PDF page, a picture; each whole and readable."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from oneledger.domain.assignments import CampaignUnit
from rehearsal import wording
from rehearsal.replies import Enclosure


@dataclass(frozen=True)
class Paper:
    title: str
    formats: Sequence[str]  # that may be handed in


def written(paper: Paper, unit: CampaignUnit, rng: random.Random) -> Enclosure:
    """In the first of our ways that may be handed in; as a Word text where none may."""
    ending = next((each for each in _WAYS if each in paper.formats), "docx")
    return Enclosure(f"{unit.name}{paper.title}.{ending}", _WAYS[ending](f"{unit.name}：{paper.title}", rng))


_DOCX_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_DOCX_LINKS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_DOCX_TEXT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{text}</w:body>'
    "</w:document>"
)


def _docx(title: str, rng: random.Random) -> bytes:
    lines = [title, *(wording.long_text(rng, word, 80, 400) for word in ("做法", "不足", "打算"))]
    text = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    parts = {
        "[Content_Types].xml": _DOCX_TYPES,
        "_rels/.rels": _DOCX_LINKS,
        "word/document.xml": _DOCX_TEXT.format(text=text),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _pdf(_title: str, _rng: random.Random) -> bytes:
    """One blank page, as a scanner without text recognition makes them."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    text, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(text))
        text += b"%d 0 obj%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(text))
    return text + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


_WIDTH, _HEIGHT = 640, 480


def _png(_title: str, rng: random.Random) -> bytes:
    """Stripes of grey, other ones for each unit."""
    rows = b"".join(b"\0" + bytes([rng.randrange(256)]) * _WIDTH for _ in range(_HEIGHT))
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_WAYS: Mapping[str, Callable[[str, random.Random], bytes]] = {"docx": _docx, "pdf": _pdf, "png": _png}
