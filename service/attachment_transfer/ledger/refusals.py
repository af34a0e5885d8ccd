"""Credentials that a neighbour refused: no later transfer tries them, so that the user does not get locked.

The password is stored as a keyed digest: a row shows whether a credential is *this* one, nothing else. A refusal ends
after a while (a locked user is unlocked after 30 minutes, CMI's documented default), when new secrets arrive (they
have another digest), or when an operator retries.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from attachment_transfer.core.model import Transfer
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.database import reading, writing

_table = tables.refused_credential


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A user of one neighbour, with the password a request brought."""

    url: str
    user: str
    password: str = field(repr=False)


class Refusals:
    """The refused credentials.

    Args:
        key: of the keyed digest; a secret that all processes share.
        park_s: how long a refusal lasts, in seconds.
    """

    def __init__(self, engine: sa.Engine, *, key: bytes, now_s: Callable[[], float], park_s: float) -> None:
        self._engine = engine
        self._key = hashlib.sha256(b"refused credentials" + key).digest()
        self._now_s = now_s
        self._park_s = park_s

    def note(self, credential: Credential) -> None:
        """Record that a neighbour answered 401 to this credential."""
        digest = self.digest(credential)
        with writing(self._engine) as connection:
            connection.execute(_table.delete().where(_table.c.digest == digest))
            connection.execute(
                _table.insert().values(
                    digest=digest, url=credential.url, user=credential.user, until_s=self._now_s() + self._park_s
                )
            )

    def is_refused(self, credential: Credential) -> bool:
        """True if this credential was refused, and the refusal has not ended."""
        query = sa.select(_table.c.until_s).where(_table.c.digest == self.digest(credential))
        with reading(self._engine) as connection:
            until_s = connection.execute(query).scalar()
        return until_s is not None and until_s > self._now_s()

    def forget_ended(self) -> None:
        """Delete refusals that have ended."""
        with writing(self._engine) as connection:
            connection.execute(_table.delete().where(_table.c.until_s <= self._now_s()))

    def digest(self, credential: Credential) -> str:
        """The keyed digest of neighbour, user and password."""
        text = "\n".join((credential.url, credential.user, credential.password))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def forgive(connection: sa.Connection, transfer: Transfer) -> None:
    """Delete the refusals of this transfer's users: an operator wants them tried again."""
    pairs = [(transfer.cmi_url, transfer.cmi_user), (transfer.c4c_url, transfer.c4c_user)]
    for url, user in pairs:
        connection.execute(_table.delete().where(_table.c.url == url, _table.c.user == user))
