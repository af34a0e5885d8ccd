"""Addresses that carry their own permission: pre-signed ones of an object store, and ``?sig=`` of one reading.

The form is that of AWS Signature Version 4 in a query (X-Amz-…; documented by AWS). That Contact Pro keeps files in
such a store is an assumption. The signature is this mock's own: only the mock can check it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from mock_kit.tenants.clock import Clock

_DATE = "%Y%m%dT%H%M%SZ"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class LinkRefused(Exception):
    """A pre-signed address that is refused, in the words of an object store.

    Attributes:
        code: of the XML body, such as AccessDenied.
        has_expired: it was valid before.
    """

    def __init__(self, code: str, message: str, *, has_expired: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.has_expired = has_expired


@dataclass(frozen=True, kw_only=True)
class SignedLinks:
    """Makes and checks pre-signed addresses below ``base`` (https, no slash at its end)."""

    base: str
    secret: bytes = field(repr=False)
    clock: Clock

    def address(self, attachment_id: str, lives_s: float) -> str:
        """An address that is valid from now on for ``lives_s`` seconds, whole ones."""
        date = self.clock.now().astimezone(UTC).strftime(_DATE)
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"MOCK/{date[:8]}/eu-central-1/s3/aws4_request",
            "X-Amz-Date": date,
            "X-Amz-Expires": str(int(lives_s)),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": self._signature(attachment_id, date, str(int(lives_s))),
        }
        return f"{self.base}/{quote(attachment_id)}?{urlencode(query)}"

    def check(self, attachment_id: str, query: Mapping[str, str]) -> None:
        """Raises LinkRefused unless the address was made here and its time is not over."""
        date, lives = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
        given = query.get("X-Amz-Signature", "")
        if not given:
            raise LinkRefused("AccessDenied", "Access Denied")
        if not hmac.compare_digest(given.encode(), self._signature(attachment_id, date, lives).encode()):
            why = "The request signature we calculated does not match the signature you provided."
            raise LinkRefused("SignatureDoesNotMatch", why)
        signed_at = datetime.strptime(date, _DATE).replace(tzinfo=UTC)
        if self.clock.now() >= signed_at + timedelta(seconds=int(lives)):
            raise LinkRefused("AccessDenied", "Request has expired", has_expired=True)

    def _signature(self, attachment_id: str, date: str, lives: str) -> str:
        host = urlsplit(self.base).netloc.lower()
        signed_text = "\n".join(("GET", host, attachment_id, date, lives))
        return hmac.new(self.secret, signed_text.encode(), hashlib.sha256).hexdigest()


@dataclass
class Readings:
    """Counts the readings of chat documents: each gives its addresses a signature of its own: A, B, …, Z, AA, …"""

    count: int = 0

    def begin(self) -> None:
        """One more reading."""
        self.count += 1

    @property
    def signature(self) -> str:
        """The signature of the current reading."""
        return _letters(self.count)

    def knows(self, signature: str) -> bool:
        """Whether a reading returned this signature."""
        return 0 < _number(signature) <= self.count


def _letters(number: int) -> str:
    text = ""
    while number > 0:
        number, place = divmod(number - 1, len(_ALPHABET))
        text = _ALPHABET[place] + text
    return text


def _number(letters: str) -> int:
    """The number that ``_letters`` writes so; 0 for anything else."""
    if not letters or len(letters) > 8 or not set(letters) <= set(_ALPHABET):
        return 0
    number = 0
    for letter in letters:
        number = number * len(_ALPHABET) + _ALPHABET.index(letter) + 1
    return number
