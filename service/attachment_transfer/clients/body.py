"""The upload's body as a stream: digest, base64 and JSON on the way, never a whole file in memory.

Blocks of 393,216 bytes: a multiple of three, so that base64 has no carry, and small enough to keep the working set
near 1 MB (measured: larger blocks gain nothing).
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO

import pybase64
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from attachment_transfer.core.errors import AttachmentRefused, NeighbourUnavailable, OutcomeUnknown

BLOCK_BYTES = 393_216


def in_blocks(pieces: Iterable[bytes], block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Regroup pieces of any size into blocks of exactly ``block_bytes``, the last one shorter."""
    pending = bytearray()
    for piece in pieces:
        pending += piece
        while len(pending) >= block_bytes:
            yield bytes(pending[:block_bytes])
            del pending[:block_bytes]
    if pending:
        yield bytes(pending)


class UploadBody:
    """``{"Name": …, "Binary": "<base64>"}`` as an iterable of byte pieces with a known length.

    Args:
        size_bytes: the exact length of the source; a source with more or fewer bytes ends the upload with an error.
        out_of_time: called before each block; True ends the upload with :class:`OutcomeUnknown`.
    """

    def __init__(
        self,
        pieces: Iterable[bytes],
        *,
        size_bytes: int,
        fields: dict[str, str],
        out_of_time: Callable[[], bool] = lambda: False,
    ) -> None:
        head = json.dumps(fields, ensure_ascii=False)[:-1]
        self._prefix = f'{head}, "Binary": "'.encode()
        self._suffix = b'"}'
        self._pieces = pieces
        self._out_of_time = out_of_time
        self._digest = hashlib.sha256()
        self.size_bytes = size_bytes
        self.sent_bytes = 0

    @property
    def content_length(self) -> int:
        """The length of the whole body, in bytes."""
        return len(self._prefix) + 4 * ((self.size_bytes + 2) // 3) + len(self._suffix)

    @property
    def sha256(self) -> str:
        """Digest of the source bytes that went through so far."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        yield self._prefix
        for block in in_blocks(self._pieces):
            if self._out_of_time():
                raise OutcomeUnknown("the upload ran over its hard deadline")
            self.sent_bytes += len(block)
            if self.sent_bytes > self.size_bytes:
                raise NeighbourUnavailable(f"CMI announced {self.size_bytes} bytes and sent more")
            self._digest.update(block)
            yield pybase64.b64encode(block)
        if self.sent_bytes < self.size_bytes:
            raise NeighbourUnavailable(f"CMI announced {self.size_bytes} bytes and sent {self.sent_bytes}")
        yield self._suffix


def too_large(limit_bytes: int) -> AttachmentRefused:
    """The error for a file beyond what the service carries."""
    return AttachmentRefused(
        f"the file has more than {limit_bytes} bytes, which is the most that the service carries",
        remedy="Raise ATTACHMENT_TRANSFER_MAX_ATTACHMENT_BYTES if C4C takes files of this size.",
    )


class EncryptedSpool:
    """A temporary file for a source that does not announce its length.

    Encrypted with a key that exists only in this process, and unlinked at once: nothing is readable after a crash.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="attachment-transfer-")  # noqa: SIM115 - closed by close()
        self._key = os.urandom(32)
        self._nonce = os.urandom(16)
        self.size_bytes = 0

    def fill(self, pieces: Iterable[bytes], *, limit_bytes: int) -> None:
        """Write all pieces. Raises :class:`AttachmentRefused` beyond ``limit_bytes``."""
        encrypt = self._cipher()
        for block in in_blocks(pieces):
            self.size_bytes += len(block)
            if self.size_bytes > limit_bytes:
                raise too_large(limit_bytes)
            self._file.write(encrypt.update(block))

    def read(self) -> Iterator[bytes]:
        """The bytes again, from the start."""
        decrypt = self._cipher(decrypting=True)
        self._file.seek(0)
        while block := self._file.read(BLOCK_BYTES):
            yield decrypt.update(block)

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def _cipher(self, *, decrypting: bool = False) -> CipherContext:
        cipher = Cipher(algorithms.AES(self._key), modes.CTR(self._nonce))
        return cipher.decryptor() if decrypting else cipher.encryptor()
