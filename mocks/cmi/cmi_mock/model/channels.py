"""What the channels carry: ``channels.toml`` as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["image", "video", "audio", "document"]


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One channel; see the head of ``channels.toml`` for the members."""

    name: str
    files: bool = True
    max_bytes: Mapping[str, int] = field(default_factory=dict)
    max_characters: int = 0
    native: tuple[str, ...] = ()
    eu_rule: bool = False
    label: str = "own"
    source: str = "a channel this mock has no notes on"


def kind_of(content_type: str) -> Kind:
    """image, video, audio, or document for everything else."""
    kind = content_type.partition("/")[0].strip().lower()
    return kind if kind in ("image", "video", "audio") else "document"  # type: ignore[return-value]  # just checked


def channel(sub_type: str) -> Channel:
    """The channel of this sub type, in any case; unknown ones carry files without limits."""
    wanted = sub_type.lower()
    return known_channels().get(wanted, Channel(name=wanted))


@cache
def known_channels() -> Mapping[str, Channel]:
    """Every channel of ``channels.toml`` by name and alias."""
    tables = tomllib.loads(files("cmi_mock.model").joinpath("channels.toml").read_text("utf-8"))
    return {
        spelling: _channel(name, table)
        for name, table in tables.items()
        for spelling in (name, *table.get("aliases", ()))
    }


def _channel(name: str, table: Mapping[str, Any]) -> Channel:
    members = {key: value for key, value in table.items() if key != "aliases"}
    return Channel(name=name, **members | {"native": tuple(table.get("native", ()))})
