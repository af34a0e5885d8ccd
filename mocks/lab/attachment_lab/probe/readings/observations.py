"""What a tenant showed of one assumption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from attachment_lab.probe.exchange import ExchangeLog, ProbeExchange

#: A behaviour was seen, but no value that the dialect knows describes it.
NO_VALUE = object()


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One assumption as the tenant shows it.

    Attributes:
        id: of the assumption, as in docs/fidelity.md.
        value: for a switch the value that describes this tenant; for a behaviour whether it holds.
        seen_in: labels of the exchanges that show it.
        detail: what a person should know besides.
    """

    id: str
    value: Any
    seen_in: tuple[str, ...]
    detail: str = ""


Rule = Callable[[ExchangeLog], Iterable[Observation]]


def apply(rules: Iterable[Rule], book: ExchangeLog) -> Iterator[Observation]:
    """Everything that these rules see in the notebook; the first sighting of an assumption counts."""
    known: set[str] = set()
    for rule in rules:
        for sighting in rule(book):
            if sighting.id not in known:
                known.add(sighting.id)
                yield sighting


def status_of(book: ExchangeLog, label: str, id_: str, choices: tuple[int, ...]) -> Iterator[Observation]:
    """A switch that is a status: seen when the answer has one of these."""
    answer = book.get(label)
    if answer is not None and answer.status in choices:
        yield Observation(id=id_, value=answer.status, seen_in=(label,))


def taken(book: ExchangeLog, label: str, id_: str, *, refused: tuple[int, ...] = (400,)) -> Iterator[Observation]:
    """A switch that says whether a request is taken: True for a success, False for one of the refusals."""
    answer = book.get(label)
    if answer is not None and (answer.ok or answer.status in refused):
        detail = "" if answer.ok else f"answered {answer.status}"
        yield Observation(id=id_, value=answer.ok, seen_in=(label,), detail=detail)


def holds(id_: str, fact: bool, *answers: ProbeExchange, detail: str = "") -> Observation:
    """A behaviour without a switch."""
    return Observation(id=id_, value=fact, seen_in=tuple(each.label for each in answers), detail=detail)
