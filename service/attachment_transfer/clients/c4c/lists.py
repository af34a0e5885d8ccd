"""C4C's JSON: its shapes (a page of a list, one entity, one attachment), and lists, page by page, within limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from attachment_transfer.clients.c4c.metadata import AttachmentNavigation
from attachment_transfer.core.dialect import NeighbourDialect
from attachment_transfer.core.errors import UnexpectedAnswer
from attachment_transfer.core.model import C4cObject

#: Edm.Int64's largest: no file is larger, and ``int(Decimal("1e999999999"))`` would fill the memory.
_MOST_BYTES = 2**63 - 1


def selection(navigation: AttachmentNavigation) -> str:
    """The ``$select`` of an attachment: those properties that its type has, and never the bytes."""
    wanted = ("ObjectID", "Name", "Title", "MimeType", "SizeInkB")
    return ",".join(name for name in wanted if name in navigation.properties)


def page(document: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """Rows and next link, in C4C's shape or in standard V2. Anything else is no list, not an empty one either."""
    data = document.get("d")
    rows = data.get("results") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedAnswer("C4C answered 200 without the list that was requested")
    following = data.get("__next") if isinstance(data, dict) else None
    if following is not None and not isinstance(following, str):
        raise UnexpectedAnswer("C4C's next link is no address")
    return rows, following or None


def single(document: Any) -> dict[str, Any]:
    """One entity, in C4C's shape (``d.results`` is the object) or in standard V2 (``d`` is)."""
    data = document.get("d") if isinstance(document, dict) else None
    inner = data.get("results", data) if isinstance(data, dict) else None
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    if not isinstance(inner, dict):
        raise UnexpectedAnswer("C4C answered without an entity")
    return inner


def object_id(row: dict[str, Any]) -> str | None:
    """The row's ``ObjectID``; None if it has none that can be one."""
    value = row.get("ObjectID")
    return value if isinstance(value, str) and value else None


def stored(row: dict[str, Any], dialect: NeighbourDialect) -> C4cObject:
    """One attachment. Raises :class:`UnexpectedAnswer` if nothing identifies it."""
    identity = object_id(row)
    if identity is None:
        raise UnexpectedAnswer("C4C lists an attachment without ObjectID")
    return C4cObject(
        object_id=identity,
        name=_text(row.get("Name")),
        title=_text(row.get("Title")),
        size_bytes=size_bytes(row.get("SizeInkB")) if dialect.c4c_size_field_holds_bytes else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def size_bytes(value: Any) -> int | None:
    """C4C's ``SizeInkB`` is a number of bytes, as a decimal string (recorded: the developer guide's 37-byte text).

    None, "not known", for all that cannot be a number of bytes: no number, below 0, with a fraction, too large.
    """
    try:
        number = Decimal(str(value))
        if not 0 <= number <= _MOST_BYTES or number != number.to_integral_value():
            return None
    except InvalidOperation:  # no number, or NaN
        return None
    return int(number)


_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_REMEDY = (
    "Look in C4C whether there are that many entries, or whether its pages lead on without an end; then retry the "
    "transfer."
)


@dataclass(frozen=True, kw_only=True)
class ListLimits:
    """How much of one list is read.

    Attributes:
        pages: C4C sends 1,000 rows a page; 500 pages are more than any list that a chat needs.
        rows: over all pages.
        total_s: checked before each page, in seconds.
    """

    pages: int = 500
    rows: int = 200_000
    total_s: float = 120.0


LIST_LIMITS = ListLimits()


class ListReader:
    """Reads lists to their end.

    Args:
        get: reads one JSON document at an address, with parameters; raises what goes wrong.
        monotonic_s: a clock that only runs forwards, in seconds.
    """

    def __init__(
        self,
        get: Callable[[str, dict[str, str]], dict[str, Any]],
        *,
        monotonic_s: Callable[[], float],
        limits: ListLimits = LIST_LIMITS,
    ) -> None:
        self._get = get
        self._monotonic_s = monotonic_s
        self._limits = limits

    def rows(self, url: str, params: dict[str, str], *, service_root: str) -> Iterator[dict[str, Any]]:
        """All rows. Raises :class:`UnexpectedAnswer` beyond a limit, and where pages lead back."""
        end_s = self._monotonic_s() + self._limits.total_s
        seen: set[str] = set()
        row_count = 0
        rows, following = page(self._get(url, params))
        while True:
            row_count += len(rows)
            if row_count > self._limits.rows:
                raise self._endless(f"{self._limits.rows:,} rows")
            yield from rows
            if following is None:
                return
            there = next_address(url, following, service_root=service_root)
            if there in seen:
                raise UnexpectedAnswer("C4C's pages lead back to one that was read already")
            seen.add(there)
            if len(seen) >= self._limits.pages:
                raise self._endless(f"{self._limits.pages:,} pages")
            if self._monotonic_s() >= end_s:
                raise self._endless(f"{self._limits.total_s:.0f} seconds")
            url = there
            rows, following = page(self._get(url, {}))

    def _endless(self, limit: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"C4C's list goes on after {limit}, which is the limit of one list", remedy=_REMEDY)


def next_address(url: str, link: str, *, service_root: str) -> str:
    """The absolute address of ``link``, at our own host whatever host it names.

    Credentials go to no other host, and a tenant may name itself by an older one. A relative link of OData V2 counts
    from the service root; one that begins with the last part of ``url``, with a query or with a dot counts from
    ``url``, as in any other document.

    Args:
        url: the page that contains the link.
        service_root: ends with a slash.
    """
    # A ``#`` in a link that a server sends is a part of a key, not a fragment; a lone ``%`` is one that it forgot.
    link = _LONE_PERCENT.sub("%25", link.strip().replace("#", "%23"))
    try:
        parts = urlsplit(link)
        own = urlsplit(url)
        last = own.path.rstrip("/").rsplit("/", 1)[-1]
        first = re.split(r"[/?]", link, maxsplit=1)[0]
        from_page = first in {"", ".", "..", last}
        there = urlsplit(urljoin(url if from_page else service_root, link))
    except ValueError as exc:
        raise UnexpectedAnswer("C4C's next link is no address") from exc
    if not there.path or not (parts.path or parts.query):
        raise UnexpectedAnswer("C4C's next link is no address")
    return urlunsplit((own.scheme, own.netloc, there.path, there.query, ""))
