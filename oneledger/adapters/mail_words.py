"""From the bytes of a heading to what its writer meant. Nothing here raises, and time grows with length only.

Chinese mail lies about its bytes: GBK under the label gb2312, raw GBK without any label, characters cut between two
encoded words. So pieces are joined as bytes first and decoded once.
"""

import re
from binascii import Error as BinasciiError, a2b_base64, a2b_qp
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote_to_bytes

_SAFE_CODEC = re.compile(  # others (idna, unicode_escape…) cost too much time or mean no charset at all
    r"utf-?(7|8|16|16le|16be|32)|big5|big5-?hkscs|cp9(49|50)|iso-?8859-?\d{1,2}|(windows-?|cp)125\d|koi8-[ru]"
    r"|iso-?2022-?(jp|kr)|shift-?jis|euc-?(jp|kr|tw)|hz"
)
_LABELS_THAT_SAY_NOTHING = {"", "ascii", "us-ascii", "unknown-8bit", "x-unknown", "8bit", "default", "iso-8859-1"}
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?\r\n]*)\?=")
_QUOTED = r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)'
_PARAMETER = re.compile(rf';\s*+([^\s=;"]{{1,60}})\s*+=\s*+(?:{_QUOTED}|([^;]*))', re.DOTALL)
_ADDRESS_PIECE = re.compile(rf'{_QUOTED}|([<>(),;:\\])|[^"<>(),;:\\]++', re.DOTALL)
_IN_ADDRESS = r"[^\s<>()\[\],;:\"@\\]"
_ADDRESS = re.compile(rf"(?<!{_IN_ADDRESS}){_IN_ADDRESS}{{1,200}}+@{_IN_ADDRESS}{{1,255}}")
_PIECE_LIMIT = 100  # numbered pieces of one parameter


@lru_cache(maxsize=256)
def codec_of(label: str | None) -> str | None:
    """The codec a charset label means here, or None where it says nothing we would trust."""
    name = re.sub(r"[\s\"';]+", "", (label or "")[:80]).lower().replace("_", "-").partition("*")[0]
    if name in _LABELS_THAT_SAY_NOTHING:
        return None
    if re.match(r"(x-|cs)?gb|(x-)?euc-cn$|cp936$|ms936$", name):
        return "gb18030"  # the superset: 喆, 镕 and 堃 are no gb2312
    return name if _SAFE_CODEC.fullmatch(name) else None


def decode_bytes(raw: bytes, label: str | None) -> str:
    """What the label says if it is true, else UTF-8, else GB18030; else as well as it goes."""
    codec = codec_of(label)
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if codec:
        text = raw.decode(codec, "replace")
        if text.count("\ufffd") * 20 <= len(text):  # a stray byte or a cut end does not make the label a lie
            return text
    for guess in ("utf-8", "gb18030"):
        try:
            return raw.decode(guess)
        except UnicodeDecodeError:
            continue
    return raw.decode(codec or "latin-1", "replace")


def decode_heading(raw: bytes) -> str:
    """One unfolded header value with its encoded words decoded, whatever raw bytes stand between them."""
    return decode_words(decode_bytes(raw, None))


def decode_words(text: str) -> str:
    """Decode RFC 2047 words anywhere in a text, also inside quotes, joining neighbours that share a charset."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    run: list[tuple[str, str]] = []
    run_label, at = "", 0
    for match in _WORD.finditer(text):
        gap, label = text[at : match.start()], match[1]
        if run and not (gap.strip() or codec_of(label) != codec_of(run_label)):
            run.append((match[2], match[3]))
        else:
            pieces += [_run_text(run, run_label), "" if run and not gap.strip() else gap]
            run, run_label = [(match[2], match[3])], label
        at = match.end()
    return "".join([*pieces, _run_text(run, run_label), text[at:]])


def _run_text(run: list[tuple[str, str]], label: str) -> str:
    """Base64 without its `=` is either cut between two words or only badly ended: what gives characters is right."""
    if not run:
        return ""
    joined = b"".join(_run_bytes(run))
    if len(run) > 1 and not _is_text(joined, label):
        apart = b"".join(piece for each in run for piece in _run_bytes([each]))
        joined = apart if _is_text(apart, label) else joined
    return decode_bytes(joined, label)


def _is_text(raw: bytes, label: str) -> bool:
    try:
        raw.decode(codec_of(label) or "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _run_bytes(run: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """Base64 cut between two words is one piece, unless the first was ended by its `=`."""
    waiting = ""
    for encoding, payload in run:
        if encoding in "bB":
            waiting += payload
            if payload.endswith("="):
                yield from_base64(waiting.encode())[0]
                waiting = ""
        else:
            yield from_base64(waiting.encode())[0]
            waiting = ""
            yield a2b_qp(payload.encode("utf-8", "replace"), header=True)
    yield from_base64(waiting.encode("utf-8", "replace"))[0]


def from_base64(raw: bytes) -> tuple[bytes, bool]:
    """Decode what can be decoded, and say whether all of it could: foreign bytes and missing ends are passed over."""
    plain = raw.translate(None, b" \t\r\n")
    if len(plain) % 4 == 0:
        with suppress(BinasciiError):  # faultless, as nearly always
            return a2b_base64(plain, strict_mode=True), True
    clean = raw.translate(None, _NOT_BASE64)
    sound = len(clean) == len(raw) - sum(map(raw.count, (b" ", b"\t", b"\r", b"\n"))) and len(clean) % 4 == 0
    if b"=" not in (whole := clean.rstrip(b"=")) and len(whole) % 4 != 1:  # one piece, as nearly always
        return a2b_base64(whole + b"=="), sound
    chunks = [chunk for chunk in re.split(rb"=+", clean) if len(chunk) > 1]
    return b"".join(a2b_base64(chunk[: len(chunk) - (len(chunk) % 4 == 1)] + b"==") for chunk in chunks), sound


def parameters(heading: str) -> tuple[str, list[tuple[str, str]]]:
    """The value of a Content-… header and its parameters as written: names in lower case, quotes taken off."""
    pairs = [
        (match[1].lower(), match[3] if match[2] is None else re.sub(r'\\(["\\])', r"\1", match[2]))
        for match in _PARAMETER.finditer(heading)
    ]
    return heading.partition(";")[0].strip().lower(), pairs


def parameter(pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    """One parameter, whether plain, with encoded words in it, or by RFC 2231 in one or many pieces."""
    plain: str | None = None
    pieces: dict[int, tuple[bool, str]] = {}
    for key, value in pairs:
        if key == name:
            plain = value if plain is None else plain
        elif match := re.fullmatch(rf"{name}\*(?:(\d{{1,3}})(\*)?)?", key):
            pieces.setdefault(int(match[1] or 0), (match[1] is None or match[2] is not None, value.strip()))
    if pieces and len(pieces) <= _PIECE_LIMIT:
        return _joined([pieces[number] for number in sorted(pieces)])
    return None if plain is None else decode_words(plain.strip())


def _joined(pieces: list[tuple[bool, str]]) -> str:
    """RFC 2231: the charset stands in the first piece, a character may be cut between two."""
    if not any(is_encoded for is_encoded, _ in pieces):
        return decode_words("".join(value for _, value in pieces))
    label, first_is_encoded = None, pieces[0][0]
    if first_is_encoded and pieces[0][1].count("'") >= 2:
        label, _language, rest = pieces[0][1].split("'", 2)
        pieces = [(True, rest), *pieces[1:]]
    raw = (unquote_to_bytes(value) if is_encoded else value.encode("utf-8", "replace") for is_encoded, value in pieces)
    return decode_bytes(b"".join(raw), label)


def addresses(heading: str) -> list[tuple[str, str]]:
    """(name, address) of every mailbox in a From, To or Cc value; addresses in lower case, as we compare them."""
    found = list(_mailboxes(heading))
    if not found and "=?" in heading:
        found = list(_mailboxes(decode_words(heading)))  # some clients encode name and address as one
    return found or [("", match[0].strip("'").lower()) for match in _ADDRESS.finditer(heading)]


def _mailboxes(heading: str) -> Iterator[tuple[str, str]]:
    name, inside = "", ""
    comments, in_angle = 0, False
    for match in _ADDRESS_PIECE.finditer(heading + ","):
        piece = match[2] or match[0]
        if piece in "()":
            comments = max(0, comments + (1 if piece == "(" else -1))
        elif comments:
            continue
        elif piece in "<>":
            in_angle = piece == "<"
        elif in_angle:
            inside += match[1] or piece
        elif piece in ",;":
            yield from _one_mailbox(name, inside)
            name, inside = "", ""
        elif piece == ":":
            name = ""
        else:
            name += match[1] if match[1] is not None else piece
    yield from _one_mailbox(name, inside)


def _one_mailbox(name: str, inside: str) -> Iterator[tuple[str, str]]:
    match = _ADDRESS.search(inside or name)
    if match:
        shown = re.sub(r"\\(.)", r"\1", name) if inside else ""
        yield " ".join(decode_words(shown).split()), match[0].strip("'").lower()
