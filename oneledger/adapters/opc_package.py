"""A workbook's zip as parts, links and content types (OPC): only what is touched is written anew and deflated.

Nothing in the file is believed: sizes are counted while inflating; no document type, no entity, nothing but UTF-8.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from lxml import etree

from oneledger.adapters.zip_parts import Part, archived

MOST_BYTES = 24 * 2**20  # of XML, unzipped; a form has less than one million
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "[Content_Types].xml"
_LINKS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_XML = (".xml", ".rels", ".vml")
_LOCAL_HEADER = 30
_SMALL = 4096
_LEVEL = 5  # deflating is a third of the time of a mark-up; level 6 takes half as long again for 2 % less
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)")

Element = etree._Element  # noqa: SLF001  the library has no public name for it


@dataclass(frozen=True)
class Link:
    """``kind``: the last word of its type, such as worksheet. ``target``: a part, or empty where it leads outside."""

    id: str
    kind: str
    target: str


class Package:
    """Names of parts are without the leading slash and, as Excel has it, the same in upper and lower case."""

    def __init__(self, content: bytes) -> None:
        self._parts = {_folded(name): part for name, part in _parts(content)}
        self._written: dict[str, bytes] = {}
        self._trees: dict[str, Element] = {}
        self._changed: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return _folded(name) in self._parts

    def read(self, name: str) -> bytes:
        key = _folded(name)
        if key in self._written:
            return self._written[key]
        part = self._parts[key]
        raw = zlib.decompressobj(-zlib.MAX_WBITS).decompress(part.packed, part.size + 1)
        if len(raw) != part.size or zlib.crc32(raw) != part.crc:
            raise ValueError(f"{name} is damaged")
        return raw

    def root(self, name: str) -> Element:
        """Who changes it says so with ``changed``."""
        key = _folded(name)
        if key not in self._trees:
            self._trees[key] = parsed(self.read(name))
        return self._trees[key]

    def mentions(self, name: str, word: bytes) -> bool:
        """Perhaps: of a part that is parsed already only its tree can tell."""
        return _folded(name) in self._trees or word in self.read(name)

    def changed(self, name: str) -> None:
        self._changed.add(_folded(name))

    def write(self, name: str, raw: bytes) -> None:
        """In the place of the old part, or at the end."""
        key = _folded(name)
        self._parts.setdefault(key, Part(name.encode("ascii"), 0, 0, b""))
        self._written[key] = raw
        self._trees.pop(key, None)
        self._changed.discard(key)

    def add(self, pattern: str, raw: bytes, content_type: str) -> str:
        """A new part under the first free number of e.g. xl/comments{}.xml."""
        name = next(name for name in map(pattern.format, range(1, 100_000)) if name not in self)
        self.write(name, raw)
        self._declare(name, content_type)
        return name

    def drop(self, name: str) -> None:
        """With its own links and its content type. Links to it are the caller's."""
        for each in (name, _links_part(name)):
            key = _folded(each)
            self._parts.pop(key, None)
            self._written.pop(key, None)
            self._trees.pop(key, None)
            self._changed.discard(key)
        types = self.root(_TYPES)
        for element in [each for each in types if _folded((each.get("PartName") or "").lstrip("/")) == _folded(name)]:
            types.remove(element)
            self.changed(_TYPES)

    def _declare(self, name: str, content_type: str) -> None:
        """Of some kinds all parts with one ending."""
        types = self.root(_TYPES)
        namespace = etree.QName(types).namespace
        ending = name.rpartition(".")[2]
        if ending == "xml":
            etree.SubElement(types, f"{{{namespace}}}Override", PartName=f"/{name}", ContentType=content_type)
        elif all((each.get("Extension") or "").lower() != ending for each in types):
            types.insert(0, types.makeelement(f"{{{namespace}}}Default", Extension=ending, ContentType=content_type))
        self.changed(_TYPES)

    def links(self, name: str) -> list[Link]:
        """Of a part; of the whole package where ``name`` is empty."""
        links = _links_part(name)
        if links not in self:
            return []
        return [
            Link(each.get("Id", ""), each.get("Type", "").rpartition("/")[2], _target(name, each))
            for each in self.root(links).iterchildren(f"{{{RELATIONSHIPS}}}Relationship")
        ]

    def link(self, name: str, kind: str, target: str) -> str:
        """Returns its id. ``kind``: the whole type."""
        links = _links_part(name)
        if links not in self:
            self.write(links, f"<Relationships xmlns={quoteattr(RELATIONSHIPS)}/>".encode())
            self._declare(links, _LINKS_TYPE)
        root = self.root(links)
        taken = {each.get("Id") for each in root}
        new = next(new for new in (f"rIdMark{number}" for number in range(1, 100_000)) if new not in taken)
        etree.SubElement(root, f"{{{RELATIONSHIPS}}}Relationship", Id=new, Type=kind, Target=f"/{target}")
        self.changed(links)
        return new

    def unlink(self, name: str, link: Link) -> None:
        root = self.root(_links_part(name))
        for element in [each for each in root if each.get("Id") == link.id]:
            root.remove(element)
        if len(root):
            self.changed(_links_part(name))
        else:
            self.drop(_links_part(name))

    def saved(self) -> bytes:
        for key in self._changed:
            tree = self._trees[key].getroottree()
            self._written[key] = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
        packed = {key: _packed(self._parts[key].name, raw) for key, raw in self._written.items()}
        return archived((self._parts | packed).values())


def parsed(xml: bytes) -> Element:
    """Raises ValueError for what has no business in a workbook, lxml's errors for what is no XML."""
    if b"\0" in xml:
        raise ValueError("not UTF-8")
    if _DECLARES.search(xml):
        raise ValueError("a document type")
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, strip_cdata=False)
    return etree.fromstring(xml, parser)


def _packed(name: bytes, raw: bytes) -> Part:
    """A small window for a small part: clearing the large one takes longer than the work."""
    window, memory = (12, 5) if len(raw) <= _SMALL else (zlib.MAX_WBITS, 8)
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -window, memory)
    return Part(name, zlib.crc32(raw), len(raw), deflate.compress(raw) + deflate.flush())


def _folded(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _links_part(name: str) -> str:
    folder, _, file = name.rpartition("/")
    return f"{folder}/_rels/{file}.rels".lstrip("/")


def _target(source: str, link: Element) -> str:
    if link.get("TargetMode") == "External":
        return ""
    target = unquote(link.get("Target", "").replace("\\", "/"))
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(source), target)).lstrip("/")


def _parts(content: bytes) -> Iterator[tuple[str, Part]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    _check(entries)
    for entry in entries:
        yield entry.filename, _part(content, entry)


def _check(entries: Sequence[zipfile.ZipInfo]) -> None:
    """A few bytes can claim a billion cells, and entries that share bytes more than there are (CVE-2024-0450)."""
    if len({_folded(entry.filename) for entry in entries}) < len(entries):
        raise ValueError("two parts of one name")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise ValueError("parts that overlap")
        end = entry.header_offset + _LOCAL_HEADER + len(entry.filename) + entry.compress_size
    if sum(entry.file_size for entry in entries if entry.filename.lower().endswith(_XML)) > MOST_BYTES:
        raise ValueError(f"unzipped it is larger than {MOST_BYTES} bytes")
    if any(entry.flag_bits & 1 or entry.compress_type not in (0, zipfile.ZIP_DEFLATED) for entry in entries):
        raise ValueError("a part under a password or packed in a rare way")


def _part(content: bytes, entry: zipfile.ZipInfo) -> Part:
    body = entry.header_offset + _LOCAL_HEADER
    head = content[entry.header_offset : body]
    start = body + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:], "little")
    data = content[start : start + entry.compress_size]
    if not head.startswith(b"PK\3\4") or len(data) < entry.compress_size:
        raise ValueError(f"{entry.filename} is cut off")
    if entry.compress_type == zipfile.ZIP_STORED:
        return _packed(entry.filename.encode("ascii"), data)
    return Part(entry.filename.encode("ascii"), entry.CRC, entry.file_size, data)
