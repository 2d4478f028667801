"""The throw-away process in which returned Word, PDF and picture files are read. Run by document_reader.

As the workbooks' child it has no memory, files or network to do harm with. Its libraries are loaded before it gives up
its rights, since the folder they lie in may be closed to nobody.
"""

import base64
import codecs
import gc
import importlib
import io
import json
import logging
import pkgutil
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pillow_heif
import pypdf
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.table import Table
from PIL import ExifTags, Image, ImageOps
from pypdf.errors import PyPdfError

from oneledger.adapters.file_kinds import sniff
from oneledger.adapters.reader_frames import MOST_REPLY_BYTES
from oneledger.adapters.reader_limits import confine, receive, send
from oneledger.adapters.zip_guard import DECLARES, Trap, check_directory, has_macros, unzipped
from oneledger.domain.document_rules import document_rule_of

MOST_CHARACTERS = 300_000
MOST_PAGES = 300
MOST_POINTS = 60_000_000  # of one picture; a phone's has 12 to 50 million
MOST_PICTURES = 20  # of one document
SIDE = 1600  # points; a printed page is 156 mm wide, which makes 260 to the inch
QUALITY = 82
_OLD = {"word": "doc"}
_FORMATS = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "BMP": "bmp", "TIFF": "tif", "WEBP": "webp"}
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[。！？；：”）.!?;:]$")
_METADATA = ("exif", "xmp", "photoshop", "comment", "XML:com.adobe.xmp")


class _Refused(Exception):  # noqa: N818  never leaves this module
    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def parsed(content: bytes) -> dict[str, Any]:
    """{format, paragraphs, pictures, pages, red_share} or {fault}. Never raises but for what ends the process."""
    try:
        return _READERS.get(sniff(content), _strange)(content)
    except _Refused as refused:
        return {"fault": refused.rule}
    except Trap as trap:
        return {"fault": document_rule_of(trap.finding.rule)}
    except MemoryError:
        return {"fault": "DC-109", "spent": True}
    except Exception:  # noqa: BLE001  whatever a library says of a broken file
        return {"fault": "DC-108"}


def _strange(content: bytes) -> dict[str, Any]:
    kind = sniff(content)
    rule = {"empty": "DC-101", "encrypted": "DC-106", "archive": "DC-112", "broken": "DC-108"}
    raise _Refused(rule.get(kind, "DC-121"))


def _old_word(content: bytes) -> dict[str, Any]:
    return {"format": "rtf" if content.startswith(b"{\\rtf") else "doc"}


def _zip(content: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            check_directory(content, entries, archive.start_dir)
        if has_macros(entries):
            raise _Refused("DC-105")
        names = {entry.filename for entry in entries}
        if "word/document.xml" not in names:
            raise _Refused("DC-121" if "[Content_Types].xml" in names or "mimetype" in names else "DC-112")
        for name, part in unzipped(content, entries):
            if name.lower().endswith((".xml", ".rels")) and b"!" in part and DECLARES.search(part):
                raise _Refused("DC-104")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OverflowError) as fault:
        raise _Refused("DC-108") from fault
    return _docx(content)


def _docx(content: bytes) -> dict[str, Any]:
    document = Document(io.BytesIO(content))
    paragraphs, length = [], 0
    for level, text in _blocks(document):
        length += len(text)
        if length > MOST_CHARACTERS:
            raise _Refused("DC-110")
        if text.strip():
            paragraphs.append([level, text.strip()])
    related = [each for each in document.part.rels.values() if each.reltype == RELATIONSHIP_TYPE.IMAGE]
    shown = [each.target_part.blob for each in related if not each.is_external][:MOST_PICTURES]
    return {"format": "docx", "paragraphs": paragraphs, "pictures": [told for blob in shown for told in _inside(blob)]}


def _blocks(document: Any) -> Iterator[tuple[int, str]]:
    names = _style_names(document)
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                yield 0, "　".join(dict.fromkeys(cell.text.strip() for cell in row.cells))
        else:
            heading = _HEADING.search(names.get(block._p.style or "", ""))  # noqa: SLF001  block.style reads a file of its own
            yield int(heading[1]) if heading else 0, block.text


def _style_names(document: Any) -> dict[str, str]:
    """By id, as the document's own part has them; a document may have none."""
    parts = [each.target_part for each in document.part.rels.values() if each.reltype == RELATIONSHIP_TYPE.STYLES]
    return {str(style.style_id): str(style.name) for part in parts[:1] for style in part.styles}


def _inside(blob: bytes) -> Iterator[dict[str, Any]]:
    """A picture in a document: one that cannot be shown (a drawing, a broken one) is left out, not a fault."""
    try:
        yield _picture(blob)["pictures"][0]
    except Exception:  # noqa: BLE001
        return


def _pdf(content: bytes) -> dict[str, Any]:
    try:
        reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise _Refused("DC-106")
        if len(reader.pages) > MOST_PAGES:
            raise _Refused("DC-110")
        lines = [line for page in reader.pages for line in page.extract_text().splitlines()]
    except PyPdfError as fault:
        raise _Refused("DC-108") from fault
    if sum(map(len, lines)) > MOST_CHARACTERS:
        raise _Refused("DC-110")
    paragraphs = [[0, text] for text in _joined(lines)]
    red = None if paragraphs else max((_red_on(page) for page in list(reader.pages)[:6]), default=None)
    return {"format": "pdf", "paragraphs": paragraphs, "pages": len(reader.pages), "red_share": red}


def _joined(lines: list[str]) -> Iterator[str]:
    """Lines of a page as paragraphs: one goes on where a long line ends in the middle of a sentence."""
    held = ""
    for line in lines:
        text = line.strip()
        held += text
        if held and (len(text) < 20 or _SENTENCE_END.search(text)):
            yield held
            held = ""
    if held:
        yield held


def _red_on(page: Any) -> float:
    shares = [0.0]
    for number in range(min(len(page.images), 4)):
        try:
            shares.append(_red_share(page.images[number].image))
        except Exception:  # noqa: BLE001, S112  one odd picture of a scan says nothing about the others
            continue
    return max(shares)


def _red_share(image: Image.Image) -> float:
    """How much of a picture is as red as a seal. Looks at a small copy."""
    small = image.convert("RGB")
    small.thumbnail((400, 400))
    points = list(small.getdata())
    red = sum(1 for r, g, b in points if r > 110 and r - g > 60 and r - b > 45)
    return red / len(points) if points else 0.0


def _picture(content: bytes) -> dict[str, Any]:
    with Image.open(io.BytesIO(content)) as image:
        kind = _FORMATS.get(image.format or "", "heic" if image.format in ("HEIF", "AVIF") else "")
        if not kind or image.width * image.height > MOST_POINTS:
            raise _Refused("DC-109" if kind else "DC-121")
        wide, high = image.size
        exif = image.getexif()
        told: dict[str, Any] = {
            "full_width": wide,
            "full_height": high,
            "had_metadata": bool(exif) or any(image.info.get(name) for name in _METADATA),
            "had_place": bool(exif.get_ifd(ExifTags.IFD.GPSInfo)),
        }
        image.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(image)
        clean = _flat(upright)
    clean.thumbnail((SIDE, SIDE))
    written = io.BytesIO()
    Image.frombytes("RGB", clean.size, clean.tobytes()).save(written, "JPEG", quality=QUALITY, optimize=True)
    told |= {"width": clean.width, "height": clean.height, "bytes": base64.b64encode(written.getvalue()).decode()}
    return {"format": kind, "pictures": [told], "red_share": _red_share(clean)}


def _flat(image: Image.Image) -> Image.Image:
    """On white paper: what was transparent would turn black."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGB", layered.size, "white")
        paper.paste(layered, mask=layered.getchannel("A"))
        return paper
    return image.convert("RGB")


_READERS = {"zip": _zip, "pdf": _pdf, "image": _picture, "word": _old_word}


def _told(reply: dict[str, Any]) -> bytes:
    told = json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return told if len(told) <= MOST_REPLY_BYTES else b'{"fault":"DC-110"}'


def serve() -> None:
    gc.disable()
    logging.disable()
    warnings.simplefilter("ignore")
    send(b"")
    while True:
        content = receive()
        send(_told(parsed(content)))
        gc.collect()


def load_everything() -> None:
    """What the libraries would load when they first need it, from folders that may be closed by then."""
    pillow_heif.register_heif_opener()
    Image.init()
    Image.MAX_IMAGE_PIXELS = MOST_POINTS
    for module in pkgutil.walk_packages(pypdf.__path__, "pypdf."):
        with suppress(ImportError):  # parts that need what is not installed
            importlib.import_module(module.name)
    for name in ("gbk", "big5", "euc_jp", "shift_jis", "euc_kr", "mac_roman", "charmap", "cp1252", "utf-7"):
        codecs.lookup(name)


if __name__ == "__main__":
    load_everything()
    confine()
    serve()
