"""Every address of an application, read from its URL map."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Flask


@dataclass(frozen=True)
class RouteAddress:
    """One method at one path of an application; ``blueprint`` is "" for a route of the application itself."""

    method: str
    path: str
    blueprint: str


def route_addresses(flask_app: Flask, **values: str) -> list[RouteAddress]:
    """All that the application's URL map leads to; a part of a path that ``values`` does not name is ``1``."""
    found = set()
    for rule in flask_app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda part: values.get(part[1], "1"), rule.rule)
        blueprint = rule.endpoint.rpartition(".")[0]
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found |= {RouteAddress(method, path, blueprint) for method in methods}
    return sorted(found, key=lambda each: (each.path, each.method))
