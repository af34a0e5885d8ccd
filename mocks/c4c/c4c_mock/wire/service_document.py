"""The service document: which sets a service has, as JSON and as AtomPub."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

from c4c_mock.model.edm import Service


def as_json(service: Service) -> dict[str, Any]:
    """``{"d": {"EntitySets": […]}}``. Source: OData 2.0 json-format; documented."""
    return {"d": {"EntitySets": list(service.sets)}}


def as_atom(service: Service, base: str) -> str:
    """The AtomPub form with one workspace. Source: OData 2.0 atom-format; documented."""
    collections = "".join(
        f"<app:collection href={quoteattr(name)}><atom:title>{name}</atom:title></app:collection>"
        for name in service.sets
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<app:service xml:base={quoteattr(base + '/')}"
        ' xmlns:app="http://www.w3.org/2007/app" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<app:workspace><atom:title>Default</atom:title>{collections}</app:workspace></app:service>"
    )
