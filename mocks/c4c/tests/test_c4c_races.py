"""24 writers race for one fault, one person's lock or one busy period: exactly the planned ones are struck."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from c4c_caller import TenantClient
from werkzeug.test import Client

WRITERS, EACH = 24, 3
Plan = Callable[[TenantClient, int], object]
PLANS: dict[str, tuple[Plan, int]] = {
    "fault": (
        lambda tenant, n: tenant.control("faults", {"kind": "status", "params": {"status": 504}, "times": n}),
        504,
    ),
    "lock of a person": (lambda tenant, n: tenant.control("locks", {"user": "ADA", "refusals": n}), 400),
    "busy period": (lambda tenant, n: tenant.control("busy", {"status": 503, "times": n}), 503),
}


def race(tenant: TenantClient, paths: list[str]) -> Counter[int]:
    """Statuses of all writes; every writer has an object of its own and begins when all are ready."""
    together = threading.Barrier(len(paths))
    statuses: list[int] = []

    def write(path: str) -> None:
        mine = TenantClient(Client(tenant.app), tenant.app)
        together.wait(30)
        statuses.extend(mine.call("PATCH", path, json={"Subject": "x"}).status_code for _ in range(EACH))

    threads = [threading.Thread(target=write, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(statuses)


@pytest.mark.parametrize("times", [1, 7, WRITERS + 1])
@pytest.mark.parametrize("what", PLANS)
def test_of_24_writers_racing_exactly_the_planned_number_is_struck(tenant: TenantClient, what: str, times: int) -> None:
    sets = "PhoneCallCollection"
    rows = [{"set": sets, "values": {"ObjectID": f"{n:032d}"}} for n in range(WRITERS)]
    assert tenant.control("seed", {"rows": rows}).status_code == 201
    plan, status = PLANS[what]
    plan(tenant, times)
    found = race(tenant, [f"/activity/{sets}('{n:032d}')" for n in range(WRITERS)])
    assert found == {status: times, 204: WRITERS * EACH - times}


def test_of_24_writers_of_one_chat_those_who_were_not_locked_out_have_stored_their_file(tenant: TenantClient) -> None:
    chat = tenant.chat()
    together = threading.Barrier(WRITERS)
    statuses: list[int] = []

    def write(number: int) -> None:
        mine = TenantClient(Client(tenant.app), tenant.app)
        together.wait(30)
        statuses.append(mine.attach(chat, Name=f"{number}.txt").status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = Counter(statuses)
    assert set(counted) <= {201, 400}
    assert counted[201] == len(tenant.stored()) > 0
    assert tenant.attach(chat).status_code == 201, "no lock is left"
