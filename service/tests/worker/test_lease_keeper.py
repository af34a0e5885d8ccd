"""A worker whose lease is gone ends at once: another one runs its rounds."""

from __future__ import annotations

import sqlalchemy as sa

from attachment_transfer.ledger import tables
from attachment_transfer.ledger.leases import Leases
from attachment_transfer.worker.lease_keeper import LeaseKeeper

TTL_S = 30.0


class Ended(Exception):
    """Stands for the end of the process."""


def keeper_of(engine: sa.Engine) -> tuple[LeaseKeeper, Leases]:
    tables.metadata.create_all(engine)
    leases = Leases(engine, ttl_s=TTL_S)

    def end() -> None:
        raise Ended

    return LeaseKeeper(leases, "me", ttl_s=TTL_S, take_over=lambda _dead: 0, owners=list, on_lost=end), leases


def beats(keeper: LeaseKeeper) -> bool:
    try:
        keeper.beat()
    except Ended:
        return False
    return True


def test_a_worker_goes_on_while_its_lease_is_there_and_ends_with_the_beat_that_finds_it_gone(engine: sa.Engine) -> None:
    keeper, leases = keeper_of(engine)
    leases.take("me")
    assert beats(keeper)
    leases.release("me")  # as a worker does that takes over
    assert not beats(keeper)
