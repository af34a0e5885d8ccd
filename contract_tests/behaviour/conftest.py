"""One suite of behaviours, two targets: ``--target mock`` (default: a stack is started) and ``--target tenant``.

For either target requests are sent by the probe's client, which only reads unless it is permitted to write, stops at
the first 401 and tries at most one wrong password. Addresses and accounts of a tenant come from the environment; see
the README of contract_tests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest

from attachment_lab.errors import LabError, WrongUse
from attachment_lab.probe.client import ProbeClient
from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.findings.assumptions import assumptions
from attachment_lab.probe.permits import ACCOUNTS, ROOT, Permits, check_permits, check_site
from attachment_lab.probe.rehearsal import prepare_rehearsal, rehearsal_target
from attachment_lab.probe.requests.c4c import JSON
from attachment_lab.probe.target import SYSTEMS, ProbeTarget, target_from
from attachment_lab.tenant.credentials import fresh_tenant
from attachment_lab.tenant.opening import close_tenant, open_tenant

if TYPE_CHECKING:
    from attachment_lab.testing.lab import Lab

MARKERS = (
    "verifies(*ids): the assumptions (docs/fidelity.md) that this behaviour confirms or refutes",
    "system(name): cmi, c4c, token or endpoint: where the test sends its requests",
    "writes: adds files to the one test activity; runs on a tenant with --allow-writes only",
    "wrong_password(account): tries one; runs on a tenant with --allow-wrong-password ACCOUNT only, and last",
)
_FOUND = pytest.StashKey[ProbeTarget]()
_OUTCOMES = pytest.StashKey[dict[str, dict[str, bool]]]()
_NOT_PERMITTED = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite."""
    group = parser.getgroup("behaviour", "behaviours of mock or tenant")
    group.addoption("--target", choices=("mock", "tenant"), default="mock", help="what is tested (default: mock)")
    group.addoption("--systems", default="cmi,c4c", help="of a tenant: cmi, c4c, token, endpoint (default: cmi,c4c)")
    group.addoption("--allow-writes", action="store_true", help="add small files to the one test activity")
    group.addoption("--test-activity", default="", help="ObjectID of the chat activity that may be written to")
    group.addoption("--allow-wrong-password", choices=ACCOUNTS, default=None, help="try ONE wrong password there")
    group.addoption("--force-production", action="store_true", help="ask hosts that are not listed as test tenants")
    group.addoption("--assumptions-report", default="", help="write what was confirmed and refuted to this JSON file")


def pytest_configure(config: pytest.Config) -> None:
    """Markers; for a tenant also every check that must pass before anything is sent."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[_OUTCOMES] = {}
    config.stash[_NOT_PERMITTED] = []
    if not _is_tenant(config):
        return
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        raise pytest.UsageError("--target tenant sends one request at a time: leave -n out")
    if config.getoption("showlocals", False):
        raise pytest.UsageError("--target tenant: --showlocals would print credentials; leave it out")
    try:
        config.stash[_FOUND] = _target_of(config)
    except WrongUse as exc:
        raise pytest.UsageError(str(exc)) from exc


def _is_tenant(config: pytest.Config) -> bool:
    return bool(config.getoption("target", "mock") == "tenant")


def _target_of(config: pytest.Config) -> ProbeTarget:
    wanted = [name.strip() for name in str(config.getoption("systems")).split(",") if name.strip()]
    systems = [system for system in SYSTEMS if system in wanted]
    if not systems or len(systems) != len(set(wanted)):
        raise WrongUse(f"--systems {','.join(wanted)!r}: write some of {', '.join(SYSTEMS)} with commas between")
    target = target_from(os.environ, systems)
    if activity := config.getoption("test_activity"):
        target = replace(target, test_activity=activity)
    permits = _permits_of(config)
    check_permits(target, permits)
    check_site(target, permits)
    return target


def _permits_of(config: pytest.Config) -> Permits:
    return Permits(
        writes=config.getoption("allow_writes"),
        tries_on=config.getoption("allow_wrong_password"),
        production=config.getoption("force_production"),
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check the ids that tests claim to verify; deselect what this run does not permit; wrong passwords come last."""
    mine = {item for item in items if Path(__file__).parent in item.path.parents}
    claimed = {each for item in mine for each in _verified(item)}
    if unknown := claimed - assumptions().keys():
        raise pytest.UsageError(f"unknown assumptions: {', '.join(sorted(unknown))}")
    excluded = [item for item in mine if _is_tenant(config) and not _may_run(item, config)]
    if excluded:
        config.stash[_NOT_PERMITTED] = [item.nodeid for item in excluded]
        config.hook.pytest_deselected(items=excluded)
        items[:] = [item for item in items if item not in excluded]
    items.sort(key=lambda item: item in mine and item.get_closest_marker("wrong_password") is not None)


def _may_run(item: pytest.Item, config: pytest.Config) -> bool:
    permits = _permits_of(config)
    wrong = item.get_closest_marker("wrong_password")
    return (
        _argument(item, "system") in config.stash[_FOUND].systems
        and (permits.writes or item.get_closest_marker("writes") is None)
        and (wrong is None or permits.tries_on == wrong.args[0])
    )


def _argument(item: pytest.Item, marker: str) -> str:
    found = item.get_closest_marker(marker)
    return str(found.args[0]) if found else ""


def _verified(item: pytest.Item) -> list[str]:
    return [str(each) for marker in item.iter_markers("verifies") for each in marker.args]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Keep the outcome per assumption. Of a tenant's responses nothing is printed: a failure names its line only."""
    result: Any = yield
    report: pytest.TestReport = result.get_result()
    if _is_tenant(item.config) and report.failed and call.excinfo is not None:
        report.longrepr = _without_values(item, call.excinfo)
        report.sections = []
    if report.when == "call" and not report.skipped and not _sent_nothing(call):
        for each in _verified(item):
            item.config.stash[_OUTCOMES].setdefault(each, {})[item.name] = report.passed


def _sent_nothing(call: pytest.CallInfo[None]) -> bool:
    """Whether the test failed before it could send a request: then it verifies nothing."""
    return call.excinfo is not None and isinstance(call.excinfo.value, LabError)


def _without_values(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """Where it failed, and our own message; never a value that the tenant sent."""
    own = [entry for entry in excinfo.traceback if Path(str(entry.path)) == item.path]
    line = own[-1].lineno + 1 if own else 0
    message = f": {excinfo.value}" if isinstance(excinfo.value, LabError) else ""
    return f"{item.nodeid}, line {line}: {excinfo.typename}{message}"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Which assumptions were confirmed, which refuted, and what was not tested."""
    confirmed, refuted = _sorted_outcomes(config)
    if path := config.getoption("assumptions_report", ""):
        content = {"target": config.getoption("target"), "confirmed": confirmed, "refuted": refuted}
        Path(path).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    if not confirmed and not refuted:
        return
    terminalreporter.section(f"behaviours of the {config.getoption('target', 'mock')}")
    terminalreporter.line(f"{len(confirmed)} assumptions confirmed, {len(refuted)} refuted")
    for id_, tests in refuted.items():
        terminalreporter.line(f"refuted: {id_} ({', '.join(tests)})")
    if excluded := config.stash[_NOT_PERMITTED]:
        terminalreporter.line(f"{len(excluded)} behaviours were not tested: they need another system or permission")


def _sorted_outcomes(config: pytest.Config) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    outcomes = config.stash[_OUTCOMES]
    failed = {id_: [name for name, good in tests.items() if not good] for id_, tests in sorted(outcomes.items())}
    confirmed = {id_: sorted(outcomes[id_]) for id_, names in failed.items() if not names}
    return confirmed, {id_: sorted(names) for id_, names in failed.items() if names}


class Subject:
    """The tested system, mock or tenant."""

    def __init__(self, client: ProbeClient, label: str) -> None:
        self.client = client
        self.target = client.target
        self._label = label
        self._number = 0

    def ask(self, system: Any, url: str, **how: Any) -> ProbeExchange:
        """One request to an address."""
        self._number += 1
        return self.client.ask(system, f"{self._label}.{self._number}", url, **how)

    def c4c(
        self, path: str, options: dict[str, str] | None = None, *, service: str = "chatactivity", **how: Any
    ) -> ProbeExchange:
        """A request below a service root of C4C; JSON unless headers say otherwise."""
        query = f"?{urlencode(options, quote_via=quote)}" if options else ""
        how["headers"] = {**JSON, **how.get("headers", {})}
        return self.ask("c4c", f"{self.target.c4c_url}{ROOT}/{service}{path}{query}", **how)

    def cmi(self, path: str, **how: Any) -> ProbeExchange:
        """A GET below the CMI address."""
        return self.ask("cmi", f"{self.target.cmi_url}/{path}", **how)


@pytest.fixture(scope="session")
def client(request: pytest.FixtureRequest) -> Iterator[ProbeClient]:
    """The way to the target, one for the whole run."""
    if _is_tenant(request.config):
        made = ProbeClient(request.config.stash[_FOUND], _permits_of(request.config))
        yield made
        made.close()
        return
    lab: Lab = request.getfixturevalue("lab")
    to, names = lab.stack.clients, fresh_tenant()
    open_tenant(to, names, lab.stack.tenant_options())
    made = ProbeClient(rehearsal_target(to, names, *prepare_rehearsal(to, names)), Permits(writes=True, clean_up=True))
    yield made
    made.close()
    close_tenant(to, names.name)


@pytest.fixture
def subject(client: ProbeClient, request: pytest.FixtureRequest) -> Subject:
    """The target, for one test."""
    return Subject(client, request.node.name)


@pytest.fixture
def trying(client: ProbeClient, request: pytest.FixtureRequest) -> Iterator[Callable[[Any], Subject]]:
    """The target with the permission for one wrong password; of a tenant it is the run's own and only one."""
    made: list[ProbeClient] = []

    def on(account: Any) -> Subject:
        if _is_tenant(request.config):
            return Subject(client, request.node.name)
        made.append(ProbeClient(client.target, Permits(tries_on=account)))
        return Subject(made[-1], request.node.name)

    yield on
    for each in made:
        each.close()
