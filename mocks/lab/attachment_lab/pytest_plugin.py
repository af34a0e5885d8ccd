"""Pytest plugin: ``lab`` (one stack per session and xdist worker) and ``tenant`` (one tenant per test).

It is loaded in every pytest run where the package is installed, so it imports only pytest until a fixture is used.
Override ``lab_options`` (session) or ``tenant_options`` in a conftest to change the defaults.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from attachment_lab.containers.fixtures import (
    c4c_container,
    cmi_container,
    compose_stack,
    compose_stack_options,
    compose_stack_root,
    contact_pro_container,
    ledger_postgres,
    logs_of,
)

__all__ = [
    "c4c_container",
    "cmi_container",
    "compose_stack",
    "compose_stack_options",
    "compose_stack_root",
    "contact_pro_container",
    "lab",
    "lab_options",
    "ledger_postgres",
    "tenant",
    "tenant_options",
]

if TYPE_CHECKING:
    from attachment_contract.traffic import TrafficCheck
    from attachment_lab.stack.running import StackOptions
    from attachment_lab.tenant.opening import TenantOptions
    from attachment_lab.testing.failures import FailureReports
    from attachment_lab.testing.lab import Lab, LabTenant

_FAILURES = pytest.StashKey["FailureReports"]()
#: Name of the property of a test's reports.
_WEAKEST = "weakest_evidence"
#: ``--lab-service-url`` and the like, also ini settings such as ``attachment_lab_service_url``: default, help.
SERVICE_OPTIONS = {
    "service_url": ("", "address of a running service that takes the place of ours"),
    "service_command": ("", "how it is started, in pytest's root directory; its port is in the variable PORT"),
    "service_quiet_s": ("40", "seconds without a request after which a chat is at rest with such a service"),
}
MARKERS = (
    "own_stack(**options): the test's tenant gets a stack of its own, which lets it move the clock",
    "no_reconciliation(reason): the reconciliation's invariants are not checked at the end of this test",
    "off_contract(reason, judge=None): the test sends what no contract describes, so its traffic is not checked",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The ini settings and options: checks of traffic, the configuration of every test's tenant, another service."""
    text = "check everything that a stack's processes exchange against the contract, at each tenant's end"
    parser.addini("attachment_lab_recorder", text, type="bool", default=False)
    text = "files of the configuration that the fixture `tenant` opens; none = the documented one"
    parser.addini("attachment_lab_configuration", text, type="paths", default=[])
    group = parser.getgroup("attachment-lab")
    for name, (default, text) in SERVICE_OPTIONS.items():
        parser.addini(f"attachment_lab_{name}", text, default=default)
        group.addoption(f"--lab-{name.replace('_', '-')}", default=None, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin's markers; switch the recorder on for every stack of this process."""
    if config.getini("attachment_lab_recorder"):
        os.environ["ATTACHMENT_LAB_RECORDER"] = str(os.getpid())
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test's report shows the chain of each of its tenants, and the logs of the containers that it used."""
    report = yield
    if report.failed:
        if call.when in {"setup", "call"}:
            report.sections.extend(logs_of(item))
        if "attachment_lab.testing.lab" in sys.modules:  # else there is no tenant
            fixtures = list(getattr(item, "funcargs", {}).values())
            report.sections.extend(_failures(item.config).sections(fixtures))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What an earlier test left open is not this one's."""
    if _FAILURES in item.config.stash:
        item.config.stash[_FAILURES].begin()


def _failures(config: pytest.Config) -> FailureReports:
    from attachment_lab.testing.failures import FailureReports  # noqa: PLC0415 - see the module's docstring

    return config.stash.setdefault(_FAILURES, FailureReports())


@pytest.fixture(scope="session")
def lab_options() -> StackOptions:
    """How the session's stack is built: free ports, no console, direct (not through the fault proxies)."""
    from attachment_lab.stack.running import StackOptions  # noqa: PLC0415 - see the module's docstring

    return StackOptions()


@pytest.fixture
def tenant_options() -> TenantOptions | None:
    """How each test's tenant differs from the documented configuration; None = no difference."""
    return None


@pytest.fixture(scope="session")
def lab(lab_options: StackOptions, pytestconfig: pytest.Config) -> Iterator[Lab]:
    """The stack: three mocks and the service as processes on free loopback ports."""
    with _lab(lab_options, pytestconfig, is_own=False) as started:
        yield started


@pytest.fixture
def tenant(request: pytest.FixtureRequest, tenant_options: TenantOptions | None) -> Iterator[LabTenant]:
    """A Contact Pro tenant with its CMI and C4C host, for this test alone; its invariants are checked at the end."""
    marked = request.node.get_closest_marker
    rules = {
        "configuration": request.config.getini("attachment_lab_configuration") or None,
        "check": marked("no_reconciliation") is None,
        "judge": marked("off_contract") is None,
        "of": request.node.nodeid,
    }
    own = marked("own_stack")
    if own is None:
        shared: Lab = request.getfixturevalue("lab")
        with shared.tenant(tenant_options, **rules) as fresh:
            yield fresh
            _note_evidence(request.node, fresh)
        return
    from dataclasses import replace  # noqa: PLC0415 - see the module's docstring

    options = replace(request.getfixturevalue("lab_options"), **own.kwargs)
    with _lab(options, request.config, is_own=True) as started, started.tenant(tenant_options, **rules) as fresh:
        yield fresh
        _note_evidence(request.node, fresh)


def _note_evidence(item: pytest.Item, used: LabTenant) -> None:
    """Keep, in the test's reports, the weakest label that it rests on; nothing where its mocks do not answer."""
    from attachment_lab.errors import LabError  # noqa: PLC0415 - see the module's docstring
    from attachment_lab.fidelity.resting_on import weakest_label  # noqa: PLC0415

    with suppress(LabError):
        item.user_properties.append((_WEAKEST, weakest_label(used)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the green tests rest on, by the weakest label of each."""
    ended = {each.nodeid: dict(each.user_properties) for each in terminalreporter.getreports("")}
    green = [found for each in terminalreporter.getreports("passed") if (found := ended.get(each.nodeid))]
    labels = [str(each[_WEAKEST]) for each in green if _WEAKEST in each]
    if not labels:
        return
    from attachment_lab.fidelity.resting_on import summary  # noqa: PLC0415 - see the module's docstring

    terminalreporter.write_line(summary(labels))


@pytest.fixture
def on_contract(request: pytest.FixtureRequest) -> Iterator[TrafficCheck | None]:
    """Every exchange of a mock in this process is checked against the contract at the test's end."""
    if request.node.get_closest_marker("off_contract") is not None:
        yield None
        return
    from attachment_lab.recorder.stack_recorder import checked_traffic  # noqa: PLC0415 - see the module's docstring

    with checked_traffic(request.node.nodeid) as check:
        yield check


@contextmanager
def _lab(options: StackOptions, config: pytest.Config, *, is_own: bool) -> Iterator[Lab]:
    from attachment_lab.stack.running import open_stack  # noqa: PLC0415 - see the module's docstring
    from attachment_lab.testing.lab import Lab  # noqa: PLC0415

    with open_stack(_with_service(options, config)) as stack:
        yield Lab(stack, is_own=is_own, watching=_failures(config).watching)


def _with_service(options: StackOptions, config: pytest.Config) -> StackOptions:
    """The options with the service that command line or ini settings name; options that name one stay as they are."""

    def given(name: str) -> str:
        return str(config.getoption(f"lab_{name}") or config.getini(f"attachment_lab_{name}"))

    url, command = given("service_url"), given("service_command")
    if options.foreign is not None or not (url or command):
        return options
    from dataclasses import replace  # noqa: PLC0415 - see the module's docstring

    from attachment_lab.stack.foreign import ForeignOptions  # noqa: PLC0415

    quiet_s = float(given("service_quiet_s"))
    foreign = ForeignOptions(url=url, command=command, folder=config.rootpath, quiet_s=quiet_s)
    return replace(options, console=False, foreign=foreign)
