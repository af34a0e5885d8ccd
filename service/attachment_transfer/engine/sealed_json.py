"""How DBOS stores our workflow arguments and step results: encrypted JSON."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from dbos import Serializer


class EngineDataUnreadable(Exception):
    """A stored workflow argument or result does not open with any configured sealing key."""


class SealedJson(Serializer):
    """What DBOS stores of us: JSON under AES-256-GCM.

    Replaces DBOS's default, pickle: a database row must not be able to run code. The first key seals, all open.
    """

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        self._boxes = [AESGCM(_derived(key)) for key in master_keys]

    def serialize(self, data: Any) -> str:
        """Seal ``data`` (JSON values, and exceptions by type name only)."""
        nonce = os.urandom(12)
        plain = json.dumps(data, default=_described).encode()
        return base64.b64encode(nonce + self._boxes[0].encrypt(nonce, plain, None)).decode()

    def deserialize(self, serialized_data: str) -> Any:
        """Open what :meth:`serialize` sealed."""
        raw = base64.b64decode(serialized_data)
        for box in self._boxes:
            try:
                return json.loads(box.decrypt(raw[:12], raw[12:], None))
            except InvalidTag:
                continue
        raise EngineDataUnreadable("no configured sealing key opens this row")

    def name(self) -> str:
        """The format's name, stored with each value."""
        return "sealed_json_v1"


def _derived(master: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"attachment-transfer engine rows").derive(master)


def _described(value: Any) -> Any:
    if isinstance(value, BaseException):
        return {"error": type(value).__name__}
    raise TypeError(f"{type(value).__name__} is no JSON value: steps return ids and small metadata")
