"""Signed tokens: which assignment a mail or a workbook belongs to, proved by its own bytes.

A token is 18 bytes, written as 29 lower-case base32 characters so that it fits a local part:
version and kind (1), assignment id (5), last day of validity (2), HMAC-SHA256 cut to 80 bits (10).
It proves that somebody held our mail, never who that somebody is.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import lru_cache

_VERSION = 1
_FIRST_DAY = date(2000, 1, 1)
_BODY_BYTES = 8
_SEAL_BYTES = 10
_TOKEN = re.compile(r"[a-z2-7]{29}", re.IGNORECASE | re.ASCII)
_TOKEN_AMONG_TEXT = re.compile(r"(?<![a-z2-7])[a-z2-7]{29}(?![a-z2-7])", re.IGNORECASE | re.ASCII)
_FIND_LIMIT = 100  # candidates looked at in one text: a sender decides how many there are
_TAG_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: people read tags out on the telephone
_TAG = re.compile(rf"\[\s*#\s*([{_TAG_ALPHABET}]{{4}})\s*-\s*([{_TAG_ALPHABET}]{{4}})\s*\]", re.IGNORECASE | re.ASCII)


class TokenKind(IntEnum):
    """What a token opens. One kind never verifies as another, so a leaked reply address opens nothing else."""

    REPLY = 1
    WORKBOOK = 2
    BOUNCE = 3
    INCIDENT = 4  # a unit's workbook for incidents; its number is unit_number
    INCIDENT_REPLY = 5  # the reply address of mails about a unit's incidents
    CONFIRM = 6  # the reply address of a question to a registered address; its number is the confirmation's
    CONTACT = 7  # the reply address of a request for the right address; its number is the asked office's unit_number
    CONTACT_CHANGE = 8  # the reply address of the question whether a contact may be changed; number: the request's
    SIGN = 9  # the reply address of a request for a signature; its number is the request's


_KIND_OF_HEAD = {_VERSION << 4 | kind: kind for kind in TokenKind}


@dataclass(frozen=True)
class Token:
    kind: TokenKind
    assignment_id: int
    expires_on: date  # the last good day; being late is for the business to judge, so reading does not


def sign(token: Token, key: bytes) -> str:
    """Write a token. Raises ValueError for an id or a day that does not fit, or an empty key."""
    if not key:
        raise ValueError("a token needs a key")
    days = (token.expires_on - _FIRST_DAY).days
    if not (0 <= token.assignment_id < 1 << 40 and 0 <= days < 1 << 16):
        raise ValueError(f"assignment {token.assignment_id} or day {token.expires_on} does not fit a token")
    body = bytes([_VERSION << 4 | token.kind]) + token.assignment_id.to_bytes(5, "big") + days.to_bytes(2, "big")
    return base64.b32encode(body + _seal(token.kind, body, key)).decode().rstrip("=").lower()


def read(text: str, keys: Sequence[bytes]) -> Token | None:
    """Read one token, or None if it is not ours. Never raises; several keys allow for their rotation.

    Two spellings of the last character give the same token: compare tokens, never their text.
    """
    text = text.strip()
    if not _TOKEN.fullmatch(text):
        return None
    raw = base64.b32decode(text.upper() + "===")
    body, seal = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
    kind = _KIND_OF_HEAD.get(body[0])
    if kind is None or not any(hmac.compare_digest(seal, _seal(kind, body, key)) for key in keys):
        return None
    expires_on = _FIRST_DAY + timedelta(days=int.from_bytes(body[6:8], "big"))
    return Token(kind, int.from_bytes(body[1:6], "big"), expires_on)


def find(text: str, keys: Sequence[bytes]) -> list[Token]:
    """Every true token standing free in an address, a Message-ID or any other text, each once, in order."""
    proved = _remembered if len(text) <= _SHORT else _found
    return list(proved(text, tuple(keys)))


def _found(text: str, keys: tuple[bytes, ...]) -> tuple[Token, ...]:
    tokens: dict[Token, None] = {}
    for count, match in enumerate(_TOKEN_AMONG_TEXT.finditer(text)):
        if count == _FIND_LIMIT:
            break
        if token := read(match[0], keys):
            tokens[token] = None
    return tuple(tokens)


_SHORT = 1000  # a line of a mail's head: a stranger's longer ones would fill the memory
_remembered = lru_cache(maxsize=2048)(_found)  # a mail's addresses and thread are asked for tokens of each kind


def unit_number(code: str) -> int:
    """A unit in the place of an assignment: incidents belong to no assignment. 40 bits of its code's digest."""
    return int.from_bytes(hashlib.sha256(code.encode()).digest()[:5], "big")


def subject_tag(assignment_id: int, key: bytes) -> str:
    """A short mark for people, like [#K7Q2-9XM4]. 40 bits without expiry: a hint, never a proof."""
    digest = hmac.digest(key, b"mail-subject\0" + assignment_id.to_bytes(5, "big"), hashlib.sha256)
    number = int.from_bytes(digest[:5], "big")
    letters = "".join(_TAG_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
    return f"[#{letters[:4]}-{letters[4:]}]"


def find_subject_tag(subject: str) -> str | None:
    """The first tag in a subject as subject_tag writes it, however the answerer's client cased or spaced it."""
    match = _TAG.search(subject)
    return f"[#{match[1]}-{match[2]}]".upper() if match else None


def _seal(kind: TokenKind, body: bytes, key: bytes) -> bytes:
    purpose = f"mail-{kind.name.lower()}\0".encode()
    return hmac.digest(key, purpose + body, hashlib.sha256)[:_SEAL_BYTES]
