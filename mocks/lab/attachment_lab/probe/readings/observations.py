"""Observations: what a tenant's answers show of an assumption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from attachment_lab.probe.exchange import ExchangeLog, ProbeExchange

#: A behaviour was observed, but no value of the dialect describes it.
NO_VALUE = object()


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One assumption as a tenant's answers show it.

    Attributes:
        id: of the assumption, as in docs/fidelity.md.
        value: for a switch the value that describes this tenant; for a behaviour whether it holds.
        seen_in: labels of the exchanges that show it.
        detail: a remark for people.
    """

    id: str
    value: Any
    seen_in: tuple[str, ...]
    detail: str = ""


Rule = Callable[[ExchangeLog], Iterable[Observation]]


def apply(rules: Iterable[Rule], log: ExchangeLog) -> Iterator[Observation]:
    """Everything that these rules observe in the log; the first observation of an assumption counts."""
    known: set[str] = set()
    for rule in rules:
        for observation in rule(log):
            if observation.id not in known:
                known.add(observation.id)
                yield observation


def status_of(log: ExchangeLog, label: str, id_: str, choices: tuple[int, ...]) -> Iterator[Observation]:
    """A switch that is a status: observed when the answer has one of these."""
    answer = log.get(label)
    if answer is not None and answer.status in choices:
        yield Observation(id=id_, value=answer.status, seen_in=(label,))


def accepted(log: ExchangeLog, label: str, id_: str, *, refused: tuple[int, ...] = (400,)) -> Iterator[Observation]:
    """A switch for whether a request is accepted: True for a success, False for one of the refusals."""
    answer = log.get(label)
    if answer is not None and (answer.ok or answer.status in refused):
        detail = "" if answer.ok else f"answered {answer.status}"
        yield Observation(id=id_, value=answer.ok, seen_in=(label,), detail=detail)


def holds(id_: str, fact: bool, *answers: ProbeExchange, detail: str = "") -> Observation:
    """A behaviour without a switch."""
    return Observation(id=id_, value=fact, seen_in=tuple(each.label for each in answers), detail=detail)
