"""The proof that the pages need nothing but this machine, three ways.

- Playwright's events name every request and WebSocket of a page or its workers, and the page.
- Hints (``<link rel="dns-prefetch">`` and its kin) are no requests; a script in each page reports them.
- Chromium's proxy is a tripwire on loopback: a connection that no event announces reaches it.

Besides, no name but localhost resolves (RESOLVER_RULES), so that even an unseen packet has no destination.
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, WebError

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
RESOLVER_RULES = "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
#: Chromium's own housekeeping, whatever page it shows; it dies at the tripwire. A page's request there is an event.
BROWSERS_OWN = re.compile(r"^\S+ (https?://)?([a-z0-9-]+\.)*(google|googleapis|gvt1|gstatic)\.com[:/ ]")
#: Schemes whose content is in the address or in the page itself.
WITHIN = ("data:", "blob:", "about:", "chrome-error:")
#: Of a page's address: the name of its tenant.
TENANT = re.compile(r"/w/([^/]+)/")
#: Tenants whose test has ended. A page that still shows one gets a 404 from then on, which is no error.
ENDED_TENANTS: set[str] = set()
#: What hints.js calls.
BINDING = "__hintedElsewhere"
HINTS = Path(__file__).with_name("hints.js")


def is_elsewhere(url: str) -> bool:
    """Whether an address is off loopback."""
    return not url.startswith(WITHIN) and urlsplit(url).hostname not in LOOPBACK


class Tripwire:
    """A proxy on loopback that forwards nothing and records each request.

    Attributes:
        caught: first lines of the requests, such as ``CONNECT fonts.example:443 HTTP/1.1``, oldest first.
    """

    def __init__(self, port: int, caught: list[str]) -> None:
        self.caught = caught
        self.chromium_arguments = (
            f"--proxy-server=http://127.0.0.1:{port}",
            f"--host-resolver-rules={RESOLVER_RULES}",
            "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        )


@contextmanager
def tripwire() -> Iterator[Tripwire]:
    """Serve one on a free port until the end."""
    caught: list[str] = []

    class Refuse(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            caught.append(self.rfile.readline(2000).decode("latin-1").strip())
            self.wfile.write(b"HTTP/1.1 502 Nothing leaves this machine\r\nContent-Length: 0\r\n\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True, name="tripwire").start()
        yield Tripwire(server.server_address[1], caught)
        server.shutdown()


@dataclass
class Guard:
    """Watches browser contexts; ``complaints`` are what must fail the test.

    Attributes:
        allowed_errors: pattern of console errors that this test causes on purpose; None = none.
    """

    wire: Tripwire
    allowed_errors: str | None = None
    strays: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._before = len(self.wire.caught)
        self._contexts: list[BrowserContext] = []

    def watch(self, context: BrowserContext) -> None:
        """From now on; call it before the context has a page."""
        self._contexts.append(context)
        context.expose_binding(BINDING, lambda _source, url: self._note("hint", url))
        context.add_init_script(path=HINTS)
        context.on("request", self._on_request)
        context.on("page", self._on_page)
        context.on("weberror", self._on_error)
        context.on("console", self._on_console)

    def complaints(self) -> list[str]:
        """One sentence each; empty when all is well."""
        for page in [each for context in self._contexts for each in context.pages]:
            with suppress(Error):  # a page that is closing has sent all its events
                page.title()  # Playwright dispatches events only during a call
        strays = [f"something went off this machine: {each}" for each in self.strays]
        caught = [each for each in self.wire.caught[self._before :] if not BROWSERS_OWN.match(each)]
        strays += [f"the tripwire caught: {each}" for each in caught]
        return strays + [f"the page reported an error: {each}" for each in self.errors]

    def _note(self, how: str, url: str) -> None:
        if is_elsewhere(url):
            self.strays.append(f"{how} {url}")

    def _on_request(self, request: Request) -> None:
        self._note(request.resource_type, request.url)

    def _on_page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._note("websocket", socket.url))

    def _on_error(self, error: WebError) -> None:
        self._add_error(str(error.error))

    def _on_console(self, line: ConsoleMessage) -> None:
        url = str(line.location.get("url", ""))
        view = TENANT.search(url)
        is_gone = view is not None and view[1] in ENDED_TENANTS and "status of 404" in line.text
        if line.type == "error" and not is_gone:
            self._add_error(f"{line.text} ({url})")

    def _add_error(self, text: str) -> None:
        if self.allowed_errors is None or not re.search(self.allowed_errors, text):
            self.errors.append(text)
