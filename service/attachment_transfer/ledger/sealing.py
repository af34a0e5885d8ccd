"""Secrets at rest: AES-256-GCM under a key per transfer, which is wrapped by a rotating master key.

Shredding a transfer's row makes its secrets unreadable in every backup and log of the database too, because the
row contains the only copy of the wrapped key.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from attachment_transfer.core.model import Secrets

_NONCE_BYTES = 12
_KEY_BYTES = 32
_ID_LIMIT_CHARACTERS = 64  # of the ledger's column


class SealBroken(Exception):
    """A sealed row cannot be opened: its master key is missing, or the row was changed."""


class BadSealingKey(ValueError):
    """A configured master key cannot be used."""


@dataclass(frozen=True)
class Sealed:
    """A sealed row: which master key wrapped it, the wrapped key, the ciphertext."""

    key_id: str
    wrapped_key: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


def new_master_key() -> str:
    """A fresh master key as url-safe base64 of 32 random bytes."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


@dataclass(frozen=True)
class KeyRing:
    """Master keys by id: the first one seals, all of them open."""

    keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read ``id:base64,id:base64``; the first is current. Raises :class:`BadSealingKey`."""
        keys: list[tuple[str, bytes]] = []
        for part in (piece.strip() for piece in text.replace("\n", ",").split(",")):
            if not part:
                continue
            key_id, _, encoded = part.partition(":")
            raw = _decoded(encoded)
            if not 1 <= len(key_id) <= _ID_LIMIT_CHARACTERS or len(raw) != _KEY_BYTES:
                raise BadSealingKey(
                    "each sealing key is ID:BASE64 of 32 bytes; make one with `attachment-transfer keys new`"
                )
            if key_id in dict(keys):  # a row sealed by one would be opened with the other
                raise BadSealingKey(
                    f"the setting has {key_id!r} twice; give the new key another name, "
                    "e.g. `attachment-transfer keys new --id k2`"
                )
            keys.append((key_id, raw))
        if not keys:
            raise BadSealingKey("no sealing key is set; make one with `attachment-transfer keys new`")
        return cls(tuple(keys))

    def seal(self, secrets: Secrets, *, bound_to: str) -> Sealed:
        """Seal ``secrets`` so that they open only under the same ``bound_to`` (transfer id and caller)."""
        key_id, master = self.keys[0]
        data_key = AESGCM.generate_key(bit_length=256)
        plain = json.dumps(asdict(secrets)).encode()
        return Sealed(key_id, _encrypt(master, data_key, bound_to), _encrypt(data_key, plain, bound_to))

    def open(self, row: Sealed, *, bound_to: str) -> Secrets:
        """Return the secrets, or raise :class:`SealBroken`."""
        master = dict(self.keys).get(row.key_id)
        if master is None:
            raise SealBroken(f"sealing key {row.key_id!r} is not configured")
        data_key = _decrypt(master, row.wrapped_key, bound_to)
        return Secrets(**json.loads(_decrypt(data_key, row.sealed, bound_to)))

    def rewrap(self, row: Sealed, *, bound_to: str) -> Sealed:
        """Wrap the row's key under the current master key; the secrets themselves are not touched."""
        master = dict(self.keys).get(row.key_id)
        if master is None:
            raise SealBroken(f"sealing key {row.key_id!r} is not configured")
        key_id, current = self.keys[0]
        data_key = _decrypt(master, row.wrapped_key, bound_to)
        return Sealed(key_id, _encrypt(current, data_key, bound_to), row.sealed)


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        return b""


def _encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def _decrypt(key: bytes, box: bytes, bound_to: str) -> bytes:
    try:
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError) as exc:
        raise SealBroken("a sealed row does not open: it was changed, or belongs to another transfer") from exc
