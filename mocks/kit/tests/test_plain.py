"""Records as plain JSON and back: what a snapshot holds of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest

from mock_kit.tenants.plain import NotPlain, PlainReader, PlainWriter
from mock_kit.tenants.spool import Blob, Spool


class Colour(Enum):
    """An enumeration."""

    RED = "red"


@dataclass(frozen=True)
class Part:
    """A record in a record; ``key`` is a secret."""

    name: str
    key: str = field(repr=False)


@dataclass
class Parcel:
    """A record with every type that is saved."""

    id: str
    sent: datetime
    colour: Colour
    kind: Literal["letter", "parcel"]
    weight: float | None
    blob: Blob
    parts: tuple[Part, ...]
    tags: frozenset[str]
    notes: list[str] = field(default_factory=list)
    extra: Mapping[str, Any] = field(default_factory=dict)


@pytest.fixture
def parcel(tmp_path: Path) -> Parcel:
    blob = Spool(tmp_path / "spool").store([b"content"])
    return Parcel(
        "P1", datetime(2026, 11, 30, tzinfo=UTC), Colour.RED, "letter", None, blob,
        (Part("lid", "hidden"),), frozenset({"b", "a"}), ["ä"], {"n": [1, None]},
    )  # fmt: skip


def test_a_record_is_read_back_as_it_was_but_for_its_secrets(parcel: Parcel, tmp_path: Path) -> None:
    writer = PlainWriter()
    plain = json.loads(json.dumps(writer.write([parcel])))
    moved = Spool(tmp_path / "other").store([b"content"])
    [found] = PlainReader(dict.fromkeys(writer.files, moved)).read(list[Parcel], plain)
    assert found.blob == moved
    assert found.parts[0].key not in {"hidden", ""}
    assert (found.parts[0].name, found.tags, found.colour) == ("lid", parcel.tags, Colour.RED)
    assert PlainWriter().write(found) == PlainWriter().write(parcel)


def test_a_field_that_is_hidden_from_repr_is_not_written(parcel: Parcel) -> None:
    assert "hidden" not in json.dumps(PlainWriter().write(parcel))


def test_a_file_is_written_by_its_name_and_listed(parcel: Parcel) -> None:
    writer = PlainWriter()
    assert writer.write(parcel)["blob"] in writer.files
    assert list(writer.files.values()) == [parcel.blob]


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(NotPlain, match="object"):
        PlainWriter().write(object())
    with pytest.raises(NotPlain):
        PlainReader({}).read(object, {})


def test_a_record_of_another_shape_is_refused(parcel: Parcel) -> None:
    plain = PlainWriter().write(parcel)
    with pytest.raises(KeyError):
        PlainReader({}).read(Parcel, plain)
    with pytest.raises((KeyError, TypeError)):
        PlainReader({}).read(Part, {"unknown": 1})
