"""The browser suite: Debian's chromium, a stack with its console, and no request that leaves this machine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from instrument import recording
from instrument.browser import CONTEXT_OPTIONS, launch_options
from instrument.furnished import furnish
from instrument.offline import Guard, Tripwire, tripwire
from instrument.pictures import Pictures
from instrument.remote import RemoteLab, RemoteStack, first_view
from instrument.stacks import LocalStack, StackUnderTest, TenantView
from pages.console_page import ConsolePage
from playwright.sync_api import BrowserContext, Page

from attachment_lab.containers.compose_stack import ComposeStackOptions
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.tenant.credentials import default_tenant
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab

HERE = Path(__file__).parent
MARKERS = (
    "page_errors(allow): pattern of the errors that this test makes the browser's console report on purpose",
    "sample: one of the few browser stories that `make test` runs; `make e2e` runs all",
    "e2e: set by itself on everything in e2e/",
)
#: What a recording leaves, by the names that the Playwright plugin gives it in a report.
KINDS = ("trace", "video", "screenshot")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's own switches; ``--base-url`` is the Playwright plugin's."""
    group = parser.getgroup("console", "the console's browser suite")
    group.addoption("--update-screenshots", action="store_true", help="accept what is seen as e2e/screenshots")


def pytest_configure(config: pytest.Config) -> None:
    """Markers of this suite."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All here are ``e2e``; against a stack elsewhere, a test with a stack of its own is skipped."""
    elsewhere = config.getoption("base_url", None)
    away = pytest.mark.skip(reason="needs a stack of its own; --base-url points at a stack elsewhere")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("e2e")
            if item.get_closest_marker("sample"):
                item.add_marker(pytest.mark.xdist_group("sample"))  # one stack with a console in `make test`
            if elsewhere and item.get_closest_marker("own_stack"):
                item.add_marker(away)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The video of a failed test becomes one that any player shows."""
    report = yield
    if report.when == "teardown":
        for kind, path in report.user_properties:
            if kind == "playwright_video":
                recording.encode(Path(item.config.invocation_params.dir, str(path)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the recordings of failed tests, and how to open one."""
    kept: dict[str, list[str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, path in getattr(report, "user_properties", ()):
                if name.removeprefix("playwright_") in KINDS:
                    kept.setdefault(report.nodeid, []).append(path)
    if not kept:
        return
    terminalreporter.section("recordings of failed tests")
    for nodeid, paths in kept.items():
        terminalreporter.line(nodeid)
        for path in sorted(set(paths)):
            terminalreporter.line(f"  {path}")
    terminalreporter.line(
        "open one: .venv/bin/python -m playwright show-trace --host 127.0.0.1 --port 9323 <trace.zip>"
    )


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The worker's stack, with its console; the lab's plugin has one without. With --base-url a stack elsewhere.

    The traffic of the console's first tenant is checked once, at the end: a test may end while its chat goes on.
    """
    if elsewhere := request.config.getoption("base_url", None):
        yield cast("Lab", RemoteLab(RemoteStack(elsewhere)))
        return
    with open_stack(StackOptions(console=True)) as stack:
        made = Lab(stack)
        yield made
        violations = made.traffic_against_the_contract(default_tenant(), of="the console's tests")
        assert not violations, violations


@pytest.fixture(scope="session")
def compose_stack_options() -> ComposeStackOptions:
    """The stack in containers as `make up` starts it, the console too."""
    return ComposeStackOptions(profiles=("core", "demo"))


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Iterator[StackUnderTest]:
    """The stack of this test: the worker's, one of its own (marker ``own_stack``), or a stack elsewhere."""
    elsewhere = request.config.getoption("base_url", None)
    own = request.node.get_closest_marker("own_stack")
    if elsewhere:
        yield RemoteStack(elsewhere)
    elif own:
        with open_stack(StackOptions(console=True, **own.kwargs)) as stack:
            yield LocalStack(Lab(stack, is_own=True))
    else:
        yield LocalStack(request.getfixturevalue("lab"))


@pytest.fixture
def tenant_options() -> TenantOptions | None:
    """How the test's tenant differs from the documented configuration; override it, None = not at all."""
    return None


@pytest.fixture
def view(
    request: pytest.FixtureRequest, stack: StackUnderTest, tenant_options: TenantOptions | None
) -> Iterator[TenantView]:
    """A fresh tenant that the console shows; closed at the end, the reconciliation's invariants having been checked."""
    check = request.node.get_closest_marker("no_reconciliation") is None
    with stack.tenant_view(tenant_options, check=check) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def console_lab(lab: Lab) -> Lab:
    """The worker's stack by the name that says what it has."""
    return lab


@pytest.fixture(scope="session")
def furnished(request: pytest.FixtureRequest, lab: Lab) -> Iterator[TenantView]:
    """A tenant with many chats, for tests that only read: here the documentation's own, elsewhere a new one."""
    elsewhere = request.config.getoption("base_url", None)
    if elsewhere:
        with RemoteStack(elsewhere).tenant_view(check=False) as fresh:
            furnish(fresh.base_url, fresh.name)
            yield fresh
        return
    first = first_view(lab.urls["console"])
    furnish(first.base_url, first.name)
    yield first


@pytest.fixture
def console(page: Page, view: TenantView) -> ConsolePage:
    """The Chain page of the test's tenant, not opened yet."""
    return ConsolePage(page, view.url("chain"))


@pytest.fixture
def pictures(request: pytest.FixtureRequest, output_path: str) -> Pictures:
    """Compares with e2e/screenshots."""
    return Pictures(update=request.config.getoption("--update-screenshots"), results=Path(output_path))


@pytest.fixture(scope="session")
def wire() -> Iterator[Tripwire]:
    """The proxy that carries nothing."""
    with tripwire() as laid:
        yield laid


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], wire: Tripwire) -> dict[str, Any]:
    """The system's chromium instead of a downloaded one; with our fonts, and the tripwire for a proxy."""
    try:
        return browser_type_launch_args | launch_options(*wire.chromium_arguments)
    except LookupError as exc:
        pytest.fail(str(exc), pytrace=False)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Every machine shows times and sizes alike."""
    return browser_context_args | CONTEXT_OPTIONS


@pytest.fixture
def guard(request: pytest.FixtureRequest, wire: Tripwire) -> Iterator[Guard]:
    """Fails the test when a page asks for something off this machine or reports an error."""
    marker = request.node.get_closest_marker("page_errors")
    watching = Guard(wire, allowed_errors=marker.kwargs["allow"] if marker else None)
    yield watching
    complaints = "\n".join(f"  - {each}" for each in watching.complaints())
    assert not complaints, f"the pages of this test misbehaved:\n{complaints}"


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext], guard: Guard) -> Callable[..., BrowserContext]:
    """The plugin's maker of browser contexts; all that it makes are watched."""

    def make(**options: Any) -> BrowserContext:
        context = new_context(**options)
        guard.watch(context)
        return context

    return make
