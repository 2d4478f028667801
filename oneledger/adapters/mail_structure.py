"""Take a mail apart into its leaves. Only structure: no decoding of words, no judging.

The standard library's parser is not used: under its strict policy it raises on hostile headers, under the other it
takes quadratic time on some, and both recurse as deep as the sender likes.
"""

import re
from binascii import Error as BinasciiError, a2b_qp, a2b_uu
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from oneledger.adapters.file_kinds import sniff
from oneledger.adapters.mail_words import decode_bytes, from_base64, parameter, parameters

MAX_FORWARDS = 6  # mails inside mails
MAX_NESTING = 6  # multiparts inside multiparts, within one mail
MAX_PARTS = 200
_MAX_HEADER_BYTES = 1 << 20
_MAX_CONTENT_HEADER = 16_384  # characters of a Content-… header that are looked at
_BLANK_LINE = re.compile(rb"\n\r?\n")  # a line of blanks only is a folded heading's
_NO_HEADERS = re.compile(rb"(?:\r?\n){1,2}")
_UU_BEGIN = re.compile(rb"(?m)^begin [0-7]{3,4} ([^\r\n]+)\r?\n")
_MOST_UUENCODED = 20
_HEADER_LINE = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Leaf:
    """One part that holds content, still under its transfer encoding's bytes decoded but its charset not."""

    path: str  # as IMAP counts: 1, 2.1
    content_type: str
    charset: str | None
    filename: str | None
    is_attachment: bool
    content: bytes
    forwarded: bool  # it stands in a mail that this mail only passes on


@dataclass
class Structure:
    headers: Headers
    leaves: list[Leaf] = field(default_factory=list)
    forwarded_headers: list[bytes] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    parts_seen: int = 0


@dataclass(frozen=True)
class _Kind:
    """What the Content-… headers of one part say."""

    content_type: str
    boundary: str | None
    charset: str | None
    filename: str | None
    is_attachment: bool
    encoding: str


def take_apart(content: bytes) -> Structure:
    """The headers and all leaves of a mail, with what was wrong with it. Never raises."""
    structure = Structure(headers=[])
    structure.headers, body = headers_and_body(content, structure.defects)
    _walk(structure, structure.headers, body, _Place("", 0, 0))
    return structure


def headers_and_body(content: bytes, defects: list[str]) -> tuple[Headers, bytes]:
    header_block, body = split_message(content if b"\n" in content else content.replace(b"\r", b"\n"))
    return read_headers(header_block, defects), body


def split_message(content: bytes) -> tuple[bytes, bytes]:
    """Header block and body, parted at the first blank line."""
    if match := _NO_HEADERS.match(content):
        return b"", content[match.end() :]
    match = _BLANK_LINE.search(content)
    return (content[: match.start()].removesuffix(b"\r"), content[match.end() :]) if match else (content, b"")


def read_headers(block: bytes, defects: list[str]) -> Headers:
    """Names in lower case and unfolded raw values, in order; lines that are no header are passed over and told."""
    if len(block) > _MAX_HEADER_BYTES:
        block = block[:_MAX_HEADER_BYTES]
        defects.append("headers cut off")
    unfolded = re.sub(rb"\r?\n(?=[ \t])", b"", block)
    headers: Headers = []
    for count, line in enumerate(unfolded.split(b"\n")):
        if match := _HEADER_LINE.fullmatch(line.rstrip(b"\r")):
            headers.append((match[1].decode("ascii").lower(), match[2].strip()))
        elif line.strip() and not (count == 0 and line.startswith(b"From ")):
            defects.append("line without a header name")
    return headers


@dataclass(frozen=True)
class _Place:
    path: str
    forwards: int
    nesting: int

    def child(self, number: int) -> "_Place":
        return _Place(f"{self.path}.{number}".lstrip("."), self.forwards, self.nesting + 1)


def _walk(structure: Structure, headers: Headers, body: bytes, place: _Place) -> None:
    structure.parts_seen += 1
    if structure.parts_seen > MAX_PARTS:
        if "too many parts" not in structure.defects:
            structure.defects.append("too many parts")
        return
    kind = _kind_of(headers)
    if kind.content_type.startswith("multipart/") and kind.boundary and _may_nest(structure, place):
        for number, part in enumerate(_split_parts(structure, body, kind.boundary), 1):
            block, inner = split_message(part)
            _walk(structure, read_headers(block, structure.defects), inner, place.child(number))
            if structure.parts_seen > MAX_PARTS:
                break
        return
    content = _decoded(structure, body, kind.encoding)
    if _is_mail(kind, content) and _may_forward(structure, place):
        block, inner = split_message(content)
        structure.forwarded_headers.append(block[:_MAX_CONTENT_HEADER])
        inside = _Place(place.path or "1", place.forwards + 1, 0)
        _walk(structure, read_headers(block, structure.defects), inner, inside)
        return
    leaf = _leaf(kind, content, place)
    if leaf.content_type == "text/plain" and not (leaf.is_attachment or leaf.filename):
        structure.leaves += _with_uuencoded(structure, leaf)
    else:
        structure.leaves.append(leaf)


def _with_uuencoded(structure: Structure, leaf: Leaf) -> Iterator[Leaf]:
    """The words, and the files that a very old client wrote into them."""
    words: list[bytes] = []
    files: list[Leaf] = []
    at = 0
    for match in islice(_UU_BEGIN.finditer(leaf.content), _MOST_UUENCODED):
        end = leaf.content.find(b"\nend", match.end() - 1)
        if match.start() < at or end < 0:
            continue
        content = b"".join(_uudecoded(leaf.content[match.end() : end]))
        if content:
            name = decode_bytes(match[1].strip(), leaf.charset)
            path = f"{leaf.path}.u{len(files) + 1}"
            files.append(replace(leaf, path=path, filename=name, content=content, is_attachment=True))
            words.append(leaf.content[at : match.start()])
            at = end + len(b"\nend")
    if files:
        structure.defects.append("uuencoded file in the text")
    yield replace(leaf, content=b"".join([*words, leaf.content[at:]]))
    yield from files


def _leaf(kind: _Kind, content: bytes, place: _Place) -> Leaf:
    path = place.path if place.nesting else f"{place.path}.1".lstrip(".")
    return Leaf(
        path, kind.content_type, kind.charset, kind.filename, kind.is_attachment, content, forwarded=place.forwards > 0
    )


def _may_nest(structure: Structure, place: _Place) -> bool:
    return _within(structure, place.nesting < MAX_NESTING, "parts nested too deep")


def _may_forward(structure: Structure, place: _Place) -> bool:
    return _within(structure, place.forwards < MAX_FORWARDS, "mails nested too deep")


def _within(structure: Structure, is_within: bool, defect: str) -> bool:
    if not is_within:
        structure.defects.append(defect)
    return is_within


def _kind_of(headers: Headers) -> _Kind:
    content_type, type_parameters = _content_header(headers, "content-type")
    disposition, disposition_parameters = _content_header(headers, "content-disposition")
    encoding, _ = _content_header(headers, "content-transfer-encoding")
    boundary = next((value for name, value in type_parameters if name == "boundary"), None)
    return _Kind(
        content_type=content_type if "/" in content_type else "text/plain",
        boundary=boundary.rstrip() if boundary else None,
        charset=parameter(type_parameters, "charset"),
        filename=parameter(disposition_parameters, "filename") or parameter(type_parameters, "name"),
        is_attachment=disposition == "attachment",
        encoding=encoding,
    )


def _content_header(headers: Sequence[tuple[str, bytes]], name: str) -> tuple[str, list[tuple[str, str]]]:
    raw = next((value for each, value in headers if each == name), b"")
    return parameters(decode_bytes(raw[:_MAX_CONTENT_HEADER], None))


def _is_mail(kind: _Kind, content: bytes) -> bool:
    """A passed-on mail, whether declared as one or attached as a file."""
    if kind.content_type in ("message/rfc822", "message/global"):
        return True
    if (kind.filename or "").lower().endswith(".eml"):
        return bool(re.match(rb"(From |[!-9;-~]+:)", content.lstrip()[:200]))
    return kind.is_attachment and not kind.content_type.startswith("message/") and sniff(content) == "mail"


def _split_parts(structure: Structure, body: bytes, boundary: str) -> Iterator[bytes]:
    start, closed = None, False
    for at, end in _fences(body, b"--" + boundary.encode("utf-8", "replace")):
        if start is not None:
            yield _without_last_line_break(body[start:at])
        start, closed = end.end() + 1, end[1] is not None
        if closed:
            break
    if not closed:
        structure.defects.append("multipart without its end")
        if start is not None:
            yield body[start:]


_FENCE_END = re.compile(rb"(?m)(--)?[ \t]*\r?$")


def _fences(body: bytes, fence: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Where each begins that has a line of its own, and its end. Every mail has other ones: none is compiled."""
    at = body.find(fence)
    while at != -1:
        end = _FENCE_END.match(body, at + len(fence)) if at == 0 or body[at - 1 : at] == b"\n" else None
        if end is not None:
            yield at, end
        at = body.find(fence, at + 1)


def _without_last_line_break(part: bytes) -> bytes:
    """The line break before a boundary belongs to the boundary."""
    return part.removesuffix(b"\n").removesuffix(b"\r")


def _decoded(structure: Structure, body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        content, is_sound = from_base64(body)
        if not is_sound:
            structure.defects.append("broken base64")
        return content
    if encoding == "quoted-printable":
        return a2b_qp(body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return b"".join(_uudecoded(body))
    return body


def _uudecoded(body: bytes) -> Iterator[bytes]:
    for line in body.splitlines():
        if line.startswith((b"begin ", b"end")):
            continue
        try:
            yield a2b_uu(line)
        except BinasciiError:
            continue
