"""The guard of the addresses that control a mock: no web page may use them, whatever it sends.

Any page in a browser on this machine can send requests to loopback. Without a CORS preflight it may send
bodies of three types and of none; behind a name that a name server rebinds to loopback it may even read the answers. So
a request passes only if

1. its Host is a name of the loopback interface, or one that the command line lists: never a name from outside;
2. its Origin, if it has one, is the address that it is sent to;
3. its Sec-Fetch-Site, if it has one, is ``none`` or ``same-origin``: another port of this machine is another
   application;
4. its body, if it has one, is of a type that a page may send only after a preflight: JSON, or for files any type but
   those three.

Programs (curl, the lab, tests) send neither Origin nor Sec-Fetch-Site. The vendors' addresses are not guarded: they
answer as the vendors do. Sources: Fetch Standard, "CORS-safelisted request-header" and "Origin header"; Fetch Metadata
Request Headers, 2.3 (Sec-Fetch-Site is sent to trustworthy addresses alone, which a rebound name is not: rule 1).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Request

from mock_kit.http.problem import FieldError, Problem

#: A page may send a body of these types without a preflight. No type at all counts as well.
SIMPLE_TYPES = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
#: A header of our own: a page can send it only after a preflight. With it a form (``curl -F``) passes.
FORM_HEADER = "X-Mock-Control"
WILDCARD_ADDRESSES = frozenset({"", "0.0.0.0", "::"})
_FILE_MARK = "_mock_kit_takes_files"
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?", re.ASCII)
_SHOWN_CHARS = 200

View = TypeVar("View", bound=Callable[..., Any])


def takes_files(view: View) -> View:
    """Mark a view whose body is a file: any type passes but those of ``SIMPLE_TYPES``."""
    setattr(view, _FILE_MARK, True)
    return view


def is_for_files(view: Callable[..., Any] | None) -> bool:
    """Whether ``takes_files`` has marked the view; None, for an address without a view, is not."""
    return getattr(view, _FILE_MARK, False) is True


def host_name(host: str) -> str | None:
    """The name or address in a Host header, in lower case, brackets removed; None if it is not well-formed."""
    found = _AUTHORITY.fullmatch(host.lower())
    return found[1].strip("[]") if found else None


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Checks requests to the guarded addresses of one process.

    Attributes:
        hosts: names and addresses by which it is reached, besides those of loopback; in lower case.
        wrong_host_status: of the refusal by rule 1.
        allow_links: whether a link on another site may open a page here (a navigation to a document).
    """

    hosts: frozenset[str] = frozenset()
    wrong_host_status: int = HTTPStatus.FORBIDDEN
    allow_links: bool = False

    @classmethod
    def reached_by(cls, hosts: Iterable[str], *, listening_at: str = "") -> Guard:
        """For a process that listens at an address and is reached by these names. Raises ValueError for no name."""
        wanted = [each for each in (*hosts, listening_at) if each not in WILDCARD_ADDRESSES]
        known = {each: host_name(f"[{each}]" if each.count(":") > 1 else each) for each in wanted}
        if wrong := [each for each, name in known.items() if name is None]:
            raise ValueError(f"{wrong[0]!r} is not a host name")
        return cls(hosts=frozenset(name for name in known.values() if name is not None))

    def refusal(self, request: Request, *, files: bool = False) -> Problem | None:
        """The refusal of a request to a guarded address, or None. ``files``: see ``takes_files``."""
        return (
            self._wrong_host(request)
            or _foreign_origin(request)
            or self._foreign_site(request)
            or _wrong_type(request, files=files)
        )

    def _wrong_host(self, request: Request) -> Problem | None:
        host = request.environ.get("HTTP_HOST", "")
        name = host_name(host)
        if name is not None and (name in self.hosts or is_loopback(name)):
            return None
        known = ", ".join(["localhost", "127.0.0.1", "[::1]", *sorted(self.hosts)])
        remedy = "Use one of these names. Another name of your own: start the process with --control-host NAME."
        return _refused(self.wrong_host_status, "No such host here", FieldError("Host", known, remedy, _shown(host)))

    def _foreign_site(self, request: Request) -> Problem | None:
        site = request.headers.get("Sec-Fetch-Site")
        if site in {None, "none", "same-origin"} or (self.allow_links and _opens_a_page(request)):
            return None
        remedy = "Send it from a program, or from a page of this address; a page of another site cannot."
        error = FieldError("Sec-Fetch-Site", "none or same-origin", remedy, _shown(site or ""))
        return _refused(HTTPStatus.FORBIDDEN, "A foreign page", error)


def is_loopback(name: str) -> bool:
    """Whether this is ``localhost`` or an address of the loopback interface; names are not resolved."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def has_body(request: Request) -> bool:
    """Whether a body came with the request, be it of unknown length."""
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def _foreign_origin(request: Request) -> Problem | None:
    origin = request.headers.get("Origin")
    own = request.environ.get("HTTP_HOST", "").lower()
    if origin is None or origin.lower() in {f"http://{own}", f"https://{own}"}:
        return None
    remedy = "Send it from a program, which has no Origin, or from a page of this address."
    error = FieldError("Origin", f"none, or http://{own}", remedy, _shown(origin))
    return _refused(HTTPStatus.FORBIDDEN, "A foreign page", error)


def _opens_a_page(request: Request) -> bool:
    mode, kind = (request.headers.get(f"Sec-Fetch-{name}") for name in ("Mode", "Dest"))
    return request.method in {"GET", "HEAD"} and (mode, kind) == ("navigate", "document")


def _wrong_type(request: Request, *, files: bool) -> Problem | None:
    kind = request.mimetype
    if not has_body(request) or _is_json(kind) or (files and kind not in SIMPLE_TYPES):
        return None
    if kind == "multipart/form-data" and FORM_HEADER in request.headers:
        return None
    expected = "a file's type, such as application/octet-stream" if files else "application/json"
    remedy = f"Send the header Content-Type: {'application/octet-stream' if files else 'application/json'}."
    error = FieldError("Content-Type", expected, remedy, _shown(kind) or "none")
    return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type not accepted", error)


def _is_json(kind: str) -> bool:
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _refused(status: int, title: str, error: FieldError) -> Problem:
    detail = f"Web pages must not control this process. {error.field}: expected {error.expected}."
    return Problem(int(status), title, detail, [error])


def _shown(value: str) -> str:
    return value[:_SHOWN_CHARS]
