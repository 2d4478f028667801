"""Bytes that nobody reads without the key: AES-256-GCM, bound to the name they are kept under.

The key lies outside the database: a file that only its owner may read, or the environment. Without it what was sealed
is lost, so it is backed up apart from the data (docs/privacy.md).
"""

import base64
import binascii
import json
import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from oneledger.adapters.forced import write_new
from oneledger.domain.errors import OneLedgerError

_MARK = b"OLS1"
_VALUE = "sealed:"
_NONCE = 12
_KEY = 32


class SealError(OneLedgerError):
    """An operator must bring back the key, or the file, from the backup."""


class Sealer:
    """``key``: base64 of 32 bytes; empty: the file's, which is made when the first thing is sealed."""

    def __init__(self, file: Path, key: str = "") -> None:
        self._file = file
        self._given = key

    def seal(self, content: bytes, name: str) -> bytes:
        nonce = token_bytes(_NONCE)
        return _MARK + nonce + self._cipher.encrypt(nonce, content, name.encode())

    def open(self, sealed: bytes, name: str) -> bytes:
        """Raises SealError for other bytes, another name or another key."""
        nonce, rest = sealed[len(_MARK) : len(_MARK) + _NONCE], sealed[len(_MARK) + _NONCE :]
        if not sealed.startswith(_MARK):
            raise SealError(f"{name}: not sealed by us")
        try:
            return self._cipher.decrypt(nonce, rest, name.encode())
        except InvalidTag:
            raise SealError(f"{name}: does not open with this key, or was changed") from None

    def seal_value(self, value: Any) -> str:
        """One value of a ledger, for a column of texts."""
        return _VALUE + base64.b64encode(self.seal(json.dumps(value).encode(), _VALUE)).decode()

    def open_value(self, kept: Any) -> Any:
        """Whatever is not sealed is as it is."""
        if not isinstance(kept, str) or not kept.startswith(_VALUE):
            return kept
        return json.loads(self.open(base64.b64decode(kept.removeprefix(_VALUE)), _VALUE))

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(_decoded(self._given) if self._given else self._of_file())

    def _of_file(self) -> bytes:
        if not self._file.exists():
            _publish(self._file, base64.b64encode(token_bytes(_KEY)))
        return _decoded(self._file.read_text(encoding="ascii"))


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY:
        raise SealError("the sealing key must be 32 bytes in base64")
    return key


def _publish(path: Path, content: bytes) -> None:
    """Of several processes that make the key at once one wins, and the others use its key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        write_new(aside, [content])
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)
