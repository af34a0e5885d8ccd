"""The text of an XML element as the value that JSON would have in its place."""

from __future__ import annotations

from typing import Any

from c4c_mock.model.edm import Property
from c4c_mock.model.errors import BadRequest

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class XmlText(str):
    """Text with the type its element announces in ``m:type``; empty when it announces none."""

    __slots__ = ("edm_type",)
    edm_type: str

    def __new__(cls, text: str, edm_type: str = "") -> XmlText:
        """``edm_type`` with its prefix, for example ``Edm.Boolean``."""
        made = super().__new__(cls, text)
        made.edm_type = edm_type
        return made

    def as_json(self, prop: Property) -> Any:
        """True or False for a Boolean, text for everything else. Raises BadRequest for another type."""
        text = str(self)
        if self.edm_type and self.edm_type != f"Edm.{prop.type}":
            raise BadRequest(f"Property {prop.name}: expected Edm.{prop.type}, found m:type {self.edm_type[:60]}")
        if prop.type == "Boolean":
            return _BOOLEANS.get(text, text)
        if prop.type in {"DateTime", "DateTimeOffset"} and text.startswith("/"):
            raise BadRequest(f"Property {prop.name}: {text[:60]!r} is no date and time such as 2020-01-31T09:00:00Z")
        return text
