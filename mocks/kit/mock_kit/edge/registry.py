"""Which address belongs to which target: (host, port, path prefix) → target, written by owners.

An owner is a name for what is opened and closed together, such as a tenant. An address has one owner: a route below
or above a route of another owner on the same host and port is refused. Of one owner's routes the longest prefix wins.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mock_kit.edge.addresses import DEFAULT_PORT, is_below

_HTTP_PORT = 80


@dataclass(frozen=True, kw_only=True)
class Target:
    """A process that answers. Its base URL has no path: the path of a request stays its own."""

    name: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read ``NAME=http://HOST:PORT``. Raises ValueError with what is expected."""
        name, equals, url = text.partition("=")
        parts = urlsplit(url)
        plain = parts.scheme == "http" and parts.path in {"", "/"} and not parts.query and "@" not in parts.netloc
        try:
            port = parts.port or _HTTP_PORT
        except ValueError:
            plain = False
        if not name or not equals or not plain or not parts.hostname:
            raise ValueError(f"{text!r}: write NAME=http://HOST:PORT, without a path")
        return cls(name=name, host=parts.hostname, port=port)

    @property
    def url(self) -> str:
        """Base URL, without a final slash."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class EdgeRoute:
    """One entry of an owner.

    Attributes:
        host: from ``plain_host``; exact, never a pattern.
        prefix: from ``plain_prefix``; empty for every path.
        target: a target's name.
    """

    host: str
    port: int = DEFAULT_PORT
    prefix: str = ""
    target: str

    def to_dict(self) -> dict[str, object]:
        """As JSON, in the form in which it was sent."""
        return {"host": self.host, "port": self.port, "path_prefix": self.prefix or "/", "target": self.target}

    def shares_addresses_with(self, other: EdgeRoute) -> bool:
        """Whether at least one address belongs to both."""
        same_origin = (self.host, self.port) == (other.host, other.port)
        return same_origin and (is_below(self.prefix, other.prefix) or is_below(other.prefix, self.prefix))


class RouteTaken(Exception):
    """Another owner has the address."""

    def __init__(self, wanted: EdgeRoute, owner: str, existing: EdgeRoute) -> None:
        super().__init__(f"{wanted.host}:{wanted.port}{wanted.prefix or '/'} belongs to {owner}")
        self.wanted = wanted
        self.owner = owner
        self.existing = existing


class Registry:
    """Every route. Changed by the control API's threads, read by the listener's."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self.targets = dict(targets)
        self._lock = threading.Lock()
        self._owners: dict[str, tuple[EdgeRoute, ...]] = {}
        #: Replaced as a whole, so that a reader needs no lock. Longest prefix first.
        self._by_origin: dict[tuple[str, int], tuple[EdgeRoute, ...]] = {}

    def replace(self, owner: str, routes: Sequence[EdgeRoute]) -> None:
        """Give ``owner`` exactly these routes. Raises RouteTaken, and changes nothing then."""
        with self._lock:
            for wanted in routes:
                for other, existing in self._of_others(owner):
                    if wanted.shares_addresses_with(existing):
                        raise RouteTaken(wanted, other, existing)
            self._owners[owner] = tuple(routes)
            self._index()

    def remove(self, owner: str) -> bool:
        """Remove an owner with all its routes; False if there is none of that name."""
        with self._lock:
            known = self._owners.pop(owner, None) is not None
            self._index()
        return known

    def owners(self) -> dict[str, tuple[EdgeRoute, ...]]:
        """Every owner with its routes."""
        with self._lock:
            return dict(self._owners)

    def target_of(self, host: str, port: int, path: str) -> Target | None:
        """The target of an address; ``path`` from ``plain_path``. None if no route covers it."""
        routes = self._by_origin.get((host, port), ())
        found = next((route for route in routes if is_below(path, route.prefix)), None)
        return self.targets[found.target] if found else None

    def has_origin(self, host: str, port: int) -> bool:
        """Whether any route is on that host and port."""
        return (host, port) in self._by_origin

    def _of_others(self, owner: str) -> list[tuple[str, EdgeRoute]]:
        return [(name, route) for name, routes in self._owners.items() if name != owner for route in routes]

    def _index(self) -> None:
        found: dict[tuple[str, int], list[EdgeRoute]] = {}
        for routes in self._owners.values():
            for route in routes:
                found.setdefault((route.host, route.port), []).append(route)
        self._by_origin = {
            origin: tuple(sorted(routes, key=lambda route: -len(route.prefix))) for origin, routes in found.items()
        }
