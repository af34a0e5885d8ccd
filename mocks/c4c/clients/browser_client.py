"""OpenUI5 in Chromium: a page at the tenant's own origin, whose other addresses are the mock's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from c4c_caller import HOST, PASSWORD, USER
from client_kit import BUSINESS_USER, ClientTenant, result_of
from instrument.browser import launch_options
from playwright.sync_api import Page, Playwright, Route

#: Where the page has its own files; everything else of the origin is the mock's.
PLACE = f"https://{HOST}/ui5/"


class BrowserClient:
    """The program ``ui5/client.js`` in a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ask(self, operation: str, **given: Any) -> Any:
        """What the operation returns. Raises Refused with C4C's status and text."""
        return result_of(self.page.evaluate("([operation, given]) => client.ask(operation, given)", [operation, given]))


@contextmanager
def running_page(
    playwright: Playwright, tenant: ClientTenant, folder: Path, *, use_batch: bool
) -> Iterator[BrowserClient]:
    """The page, with the library loaded and the metadata read. The browser reaches the mock and nothing else."""
    resolver = f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{tenant.port}, MAP * ~NOTFOUND"
    browser = playwright.chromium.launch(**launch_options(resolver, "--no-proxy-server"))
    try:
        page = browser.new_page(ignore_https_errors=True)
        page.route(f"{PLACE}**", lambda route: _fulfil(route, folder))
        page.goto(f"{PLACE}index.html")
        users = {"technical": [USER, PASSWORD], "business": list(BUSINESS_USER)}
        page.wait_for_function("window.client")
        page.evaluate("([users, useBatch]) => client.open(users, useBatch)", [users, use_batch])
        yield BrowserClient(page)
    finally:
        browser.close()


def _fulfil(route: Route, folder: Path) -> None:
    """A file of the page, or of the library below ``resources/``."""
    name = route.request.url.removeprefix(PLACE).partition("?")[0]
    library = folder / "node_modules" / "@openui5" / "sap.ui.core" / "src"
    path = library / name.removeprefix("resources/") if name.startswith("resources/") else folder / name
    if path.is_file():
        route.fulfill(body=path.read_bytes(), content_type=guess_type(path.name)[0] or "text/plain")
    else:
        route.fulfill(status=404)
