"""A failed test's report shows the chain of its tenants, as a reader of pytest's output gets it."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from attachment_lab.errors import Unreachable
from attachment_lab.testing.failure_reading import read_failure

pytestmark = [pytest.mark.stack, pytest.mark.timeout(280)]

FAILING = '''
"""Each test fails in another way; the last one kills the stack."""

import pytest

FILES = [("kept.txt", b"kept"), ("gone.txt", b"gone")]


def test_call(tenant):
    chat = tenant.chat(files=FILES)
    tenant.fault(mock="cmi", kind="status", path=f"*/attachments/{chat.files[1].id}*", times=None, status=404)
    tenant.fault(mock="c4c", kind="status", path="*/NoSuchPath", status=503)
    chat.end()
    tenant.wait_until_settled()
    assert len(tenant.stored()) == 2


def test_teardown(tenant):
    chat = tenant.chat(files=[("changed.txt", b"four score")])
    tenant.fault(mock="cmi", kind="flip_byte", path=f"*/attachments/{chat.files[0].id}*", offset=3)
    chat.end()
    tenant.wait_until_settled()


def test_own_block(lab):
    with lab.tenant() as mine:
        mine.chat(files=[("unsent.txt", b"never sent")])
        assert mine.transfers()


@pytest.fixture
def holding(lab):
    with lab.tenant(check=False) as mine:
        yield {"tenant": mine}


def test_another_fixture_holds_it(holding):
    holding["tenant"].chat(files=[("held.txt", b"held")])
    pytest.fail("on purpose")


def test_passing(tenant):
    tenant.chat(files=[("passing.txt", b"passing")]).end()
    tenant.wait_until_settled()


def test_expected_error(lab):
    with pytest.raises(ZeroDivisionError), lab.tenant(check=False) as mine:
        mine.chat(files=[("expected.txt", b"expected")])
        1 / 0


def test_without_a_tenant():
    assert not "a tenant"


def test_dead(lab, tenant):
    tenant.chat(files=[("dead.txt", b"dead")])
    lab.stack.processes.stop()
    assert not "alive"
'''


@pytest.mark.long
@pytest.mark.parametrize(
    "how", [pytest.param([], id="alone"), pytest.param(["-n", "1"], id="xdist", marks=pytest.mark.long)]
)
def test_each_failure_shows_the_chain_of_its_own_tenant(pytester: pytest.Pytester, how: list[str]) -> None:
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-o", "addopts=", *how, timeout=240)
    parts = sections(result.stdout.str())
    assert set(parts) == {"call", "teardown", "own_block", "another_fixture_holds_it", "dead"}, result.stdout.str()

    assert has(
        parts["call"],
        r"1 of 2 file\(s\) stored",
        r"transfer \w+: parked, partly_stored",
        r"gone\.txt: failed, between CMI",
    )
    assert has(parts["call"], r"remedy: \w", r"cmi f-\d+: status .*: struck (once|\d+ times), until removed")
    assert has(parts["call"], r"c4c f-\d+: status .*NoSuchPath: has NOT struck", r"CMI: Reads gone\.txt: GET .* → 404")
    assert has(parts["teardown"], r"changed\.txt: changed, ", r"flip_byte .*: struck")
    assert has(parts["own_block"], r"0 of 1 file\(s\) stored", "no event was fired")
    assert has(parts["another_fixture_holds_it"], r"held\.txt")
    assert re.match(r"The chain cannot be shown: .* does not answer; is the stack up\?\n", parts["dead"])
    for name in ("passing.txt", "expected.txt"):
        assert name not in "".join(parts.values())


def has(text: str, *patterns: str) -> bool:
    """Whether every pattern is found; the first missing one is the failure's text."""
    missing = [pattern for pattern in patterns if not re.search(pattern, text)]
    assert not missing, f"{missing[0]} is not in:\n{text}"
    return True


def sections(output: str) -> dict[str, str]:
    """The chain's section by the name of its test. A test may have one section alone."""
    found: dict[str, str] = {}
    test = ""
    for part in re.split(r"^(?=[_-]{3,} .* [_-]{3,}$)", output, flags=re.MULTILINE):
        head, _, rest = part.partition("\n")
        if name := re.search(r"_ (?:ERROR at \w+ of )?test_(\w+) _", head):
            test = name[1]
        if "- chain of tenant " in head:
            assert test not in found
            found[test] = re.split(r"^=+ ", rest, flags=re.MULTILINE)[0].strip()
    return found


class Hanging:
    """Stands in for a reconciliation of which one process answers and another one hangs or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.released = threading.Event()
        self._error = error
        self.names: Any = SimpleNamespace(name="acme", guarded=dict)
        self.to: Any = SimpleNamespace(edge=None, cmi=self, control=lambda *_: self)
        self.service: Any = SimpleNamespace(transfers=self._hang)

    def control(self, mock: str) -> Any:
        return SimpleNamespace(faults=lambda: [{"id": "f-1", "kind": "status", "applied": 0}] if mock == "cmi" else [])

    def __getattr__(self, name: str) -> Any:
        return self._hang

    def _hang(self, *_: object, **__: object) -> Any:
        if self._error is not None:
            raise self._error
        self.released.wait(60)
        return []


def read(hanging: Any) -> Any:
    return read_failure(hanging, since=datetime.now(UTC), timeout_s=0.2)


def test_a_process_that_hangs_delays_the_report_by_its_limit_alone() -> None:
    hanging = Hanging()
    facts = read(hanging)
    hanging.released.set()
    assert [fault["id"] for _, fault in facts.faults] == ["f-1"]
    assert facts.unread[-1] == "not everything was read within 0.2 s"
    assert not facts.is_dead


def test_no_error_while_reading_becomes_an_error_of_the_test() -> None:
    facts = read(Hanging(ZeroDivisionError("division by zero")))
    assert facts.unread == ["ZeroDivisionError: division by zero"]


def test_a_process_that_does_not_answer_is_named_once() -> None:
    error = Unreachable("CMI mock at http://x does not answer GET /y (ConnectError); is the stack up?")
    assert read(Hanging(error)).unread == ["CMI mock at http://x does not answer; is the stack up?"]
