"""Valid files and mails bent at random, always the same for the same seed: bytes, zips, XML and MIME."""

import base64
import io
import random
import re
import warnings
import zipfile
from collections.abc import Callable, Sequence

from oneledger.adapters.mail_words import from_base64

MARK = "ol-canary"  # in the name of whatever may never be made
NASTY = (
    "=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "{{7*7}}", "{% raw %}", "<script>alert(1)</script>", "\u202eevil", "\ufeff", "",
    "-1", "1e999", "NaN", "0", "4294967296", "99999999999999999999", "XFD1048576", "A0", "A1:XFD1048576", "../../../../tmp/" + MARK,
    "/tmp/" + MARK, "C:\\" + MARK, "_x0000_", "&#0;", "&#xD800;", "&amp;lt;", "%s%n", "同意", "台账" * 500, "a" * 70_000, "\x00", "2021-13-45",
)  # fmt: skip
_TAG = re.compile(r"<[^<>]{1,300}>")
_VALUE = re.compile(r'"[^"<>]{0,200}"')


def mutated(rng: random.Random, content: bytes, others: Sequence[bytes], canary: str) -> bytes:
    """One to three changes, of the kinds that fit what it still is."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = rng.choice(_kinds(content))(rng, content, others, canary)
    return content


Change = Callable[[random.Random, bytes, Sequence[bytes], str], bytes]


def _kinds(content: bytes) -> Sequence[Change]:
    if content.startswith(b"PK\x03\x04"):
        return (_part_changed, _part_changed, _part_changed, _entries_changed, _lying_headers, _bytes_changed)
    if re.match(rb"[!-9;-~]{1,40}:", content):
        return (_headers_changed, _headers_changed, _structure_changed, _payload_changed, _bytes_changed)
    return (_bytes_changed,)


def _bytes_changed(rng: random.Random, content: bytes, others: Sequence[bytes], canary: str) -> bytes:
    raw = bytearray(content)
    if not raw:
        return rng.randbytes(rng.randrange(100))
    at, length = rng.randrange(len(raw)), rng.choice((1, 2, 8, 64, 1024))
    match rng.randrange(8):
        case 0:
            for _ in range(rng.choice((1, 4, 32))):
                raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        case 1:
            del raw[at:]
        case 2:
            del raw[at : at + length]
        case 3:
            raw[at:at] = raw[at : at + length] * rng.choice((1, 3, 50))
        case 4:
            other = rng.choice(others)
            start = rng.randrange(len(other) or 1)
            raw[at : at + length] = other[start : start + rng.choice((length, 4096))]
        case 5:
            raw[at : at + length] = rng.choice((b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\n")) * length
        case 6:
            raw[at:at] = rng.choice(NASTY).encode("utf-8", "surrogatepass")
        case _:
            raw[at:at] = rng.randbytes(length)
    return bytes(raw)


def _entries(content: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = []
            for info in archive.infolist()[:60]:
                with archive.open(info) as opened:
                    found.append((info.filename, opened.read(2**20)))
            return found
    except Exception:  # noqa: BLE001  it was bent before
        return []


def _rezipped(entries: Sequence[tuple[str, bytes]], rng: random.Random) -> bytes:
    """With right sizes and checksums: past what a checksum would catch."""
    buffer = io.BytesIO()
    method = rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w", method, compresslevel=1) as archive:
        for name, part in entries:
            archive.writestr(zipfile.ZipInfo(name[:60_000] or "x"), part, method)
    return buffer.getvalue()


def _part_changed(rng: random.Random, content: bytes, others: Sequence[bytes], canary: str) -> bytes:
    entries = _entries(content)
    if not entries:
        return _bytes_changed(rng, content, others, canary)
    at = rng.randrange(len(entries))
    name, part = entries[at]
    is_xml = name.endswith((".xml", ".rels", ".vml")) and rng.random() < 0.85
    entries[at] = (name, _xml_changed(rng, part, canary) if is_xml else _bytes_changed(rng, part, others, canary))
    return _rezipped(entries, rng)


def _entries_changed(rng: random.Random, content: bytes, others: Sequence[bytes], canary: str) -> bytes:
    entries = _entries(content)
    if not entries:
        return _bytes_changed(rng, content, others, canary)
    at, other = rng.randrange(len(entries)), rng.randrange(len(entries))
    name, part = entries[at]
    match rng.randrange(8):
        case 0:
            del entries[at]
        case 1:
            entries.append((name, part))
        case 2:
            entries[at], entries[other] = (name, entries[other][1]), (entries[other][0], part)
        case 3:
            entries[at] = (
                rng.choice((f"../../{MARK}", f"/tmp/{MARK}", f"..\\{MARK}", name.upper(), f"{name}/", name + "\u202e")),
                part,
            )
        case 4:
            entries.append(
                (
                    rng.choice(
                        ("xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml", "xl/embeddings/o.bin", MARK)
                    ),
                    part,
                )
            )
        case 5:
            entries = [*entries, *((f"x{number}", b"") for number in range(rng.choice((10, 2500))))]
        case 6:
            entries[at] = (name, part * rng.choice((2, 20)))
        case _:
            entries.insert(0, (f"{rng.random()}", rng.choice(others)[:20_000]))
    return _rezipped(entries, rng)


def _lying_headers(rng: random.Random, content: bytes, others: Sequence[bytes], canary: str) -> bytes:
    """Sizes, offsets, checksums, methods and flags of the directory or of one entry that are not true."""
    raw = bytearray(content)
    heads = [match.start() for match in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", content)]
    if not heads:
        return _bytes_changed(rng, content, others, canary)
    at = rng.choice(heads) + 4 + rng.randrange(42)
    value = rng.choice(
        (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x01\x00\x00\x00", b"\x2d\x00", rng.randbytes(4), b"\x01")
    )
    raw[at : at + len(value)] = value
    return bytes(raw)


def _xml_changed(rng: random.Random, part: bytes, canary: str) -> bytes:
    text = part.decode("utf-8", "replace")
    tags = list(_TAG.finditer(text[:300_000]))
    values = list(_VALUE.finditer(text[:300_000]))
    tag = rng.choice(tags) if tags else None
    match rng.randrange(10):
        case 0 if tag:
            text = text[: tag.start()] + text[tag.end() :]
        case 1 if tag:
            text = text[: tag.end()] + tag[0] * rng.choice((1, 5, 2000)) + text[tag.end() :]
        case 2 | 3 | 4 if values:
            value = rng.choice(values)
            text = f'{text[: value.start()]}"{_in_xml(rng)}"{text[value.end() :]}'
        case 5:
            entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{rng.choice((canary, "file:///etc/passwd"))}">]>'
            at = text.find("?>") + 2 if text.startswith("<?xml") else 0
            text = text[:at] + entity + text[at:].replace(">", ">&e;", rng.choice((0, 3)))
        case 6 if tag:
            word = rng.choice(
                ("<!-- x -->", "<![CDATA[]]>", f'<?xml-stylesheet href="{canary}"?>', "<a>" * 3000, "]]>")
            )
            text = text[: tag.end()] + word + text[tag.end() :]
        case 7:
            text = text.replace("<c ", "<x:c ").replace("</c>", "</x:c>")
        case 8 if tag:
            text = text[: tag.end()] + _in_xml(rng) + text[tag.end() :]
        case _:
            return text.encode(rng.choice(("utf-16", "utf-8-sig", "gb18030", "utf-8")), "replace")
    return text.encode("utf-8", "replace")


def _in_xml(rng: random.Random) -> str:
    return rng.choice(NASTY).replace("<", "&lt;").replace('"', "&quot;")


def _split(content: bytes) -> tuple[list[bytes], bytes]:
    block, _, body = content.partition(b"\r\n\r\n")
    return re.split(rb"\r\n(?![ \t])", block), body


def _headers_changed(rng: random.Random, content: bytes, others: Sequence[bytes], canary: str) -> bytes:
    lines, body = _split(content)
    at = rng.randrange(len(lines))
    name = lines[at].partition(b":")[0]
    nasty = rng.choice(NASTY).encode("utf-8", "surrogatepass")
    match rng.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(rng.randrange(len(lines)), lines[at])
        case 2:
            lines[at] = name + b": " + nasty
        case 3:
            lines[at] = (
                name
                + b": =?"
                + rng.choice((b"gb2312", b"utf-7", b"idna", b"x", b"hz"))
                + b"?b?"
                + base64.b64encode(nasty[:60])
                + b"?="
            )
        case 4:
            lines[at] += b"\r\n " * rng.choice((1, 1000)) + nasty
        case 5:
            lines.append(
                rng.choice((b"Auto-Submitted: auto-replied", b"Return-Path: <>", b"List-Id: x", b"Precedence: bulk"))
            )
        case 6:
            lines.append(b"Authentication-Results: mx.x; " + rng.choice((b"dmarc=fail", b"(" * 500, b'"' + nasty)))
        case 7:
            lines[at] = lines[at].replace(b"=", b"*0*=", 1)
        case _:
            lines[at] = lines[at].upper()
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _structure_changed(rng: random.Random, content: bytes, others: Sequence[bytes], canary: str) -> bytes:
    fences = re.findall(rb"(?m)^--[^\r\n]+", content) or [b"--none"]
    fence = rng.choice(fences)
    match rng.randrange(7):
        case 0:
            content = content.replace(fence, b"--other", 1)
        case 1:
            content = content.replace(fence, fence * rng.choice((2, 300)))
        case 2:
            content = content.replace(b"\r\n", rng.choice((b"\n", b"\r", b"\n\n")))
        case 3:
            inner = b"--b\r\nContent-Type: message/rfc822\r\n\r\n" * rng.choice((1, 30))
            content = b"From: a@x.invalid\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + inner + content
        case 4:
            content = content.replace(b"base64", rng.choice((b"quoted-printable", b"x-uuencode", b"8bit", b"")))
        case 5:
            kind = rng.choice((b"message/", b"multipart/", b"text/html; "))
            content = content.replace(b"Content-Type: ", b"Content-Type: " + kind, 1)
        case _:
            html = f'<link rel=stylesheet href="{canary}"><img src="{canary}"><script src="{canary}">'.encode()
            content = content.replace(b"\r\n\r\n", b"\r\n\r\n" + html, rng.choice((1, 5)))
    return content


def _payload_changed(rng: random.Random, content: bytes, others: Sequence[bytes], canary: str) -> bytes:
    """The file in the mail is bent, and packed again as it was."""
    found = re.search(rb"(?:[A-Za-z0-9+/=]{60,76}+\r\n){2,}[A-Za-z0-9+/=]*", content)
    if found is None:
        return _bytes_changed(rng, content, others, canary)
    inner = mutated(rng, from_base64(found[0])[0], others, canary)
    return (
        content[: found.start()] + base64.encodebytes(inner[:200_000]).replace(b"\n", b"\r\n") + content[found.end() :]
    )
