"""Reads the configurations of one customer, with the findings across them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from attachment_contract.configuration.facts import ConfigurationFacts
from attachment_contract.configuration.reading import ConfigurationSource, examine_configuration, facts_of
from attachment_contract.gate.check_set import check_set
from attachment_contract.gate.report import GateFinding
from attachment_contract.gate.settings import GateSettings


@dataclass(frozen=True, kw_only=True)
class ConfigurationSet:
    """The configurations of one customer, in the order in which they were given."""

    configurations: tuple[ConfigurationFacts, ...]

    @property
    def ours(self) -> tuple[ConfigurationFacts, ...]:
        """Those for chat-attachments."""
        return tuple(each for each in self.configurations if each.is_ours)

    @property
    def siblings(self) -> tuple[ConfigurationFacts, ...]:
        """Those for another documented workflow."""
        return tuple(each for each in self.configurations if each.is_sibling)

    @property
    def unknown(self) -> tuple[ConfigurationFacts, ...]:
        """Those that are for neither, and those that cannot be read."""
        return tuple(each for each in self.configurations if not each.is_ours and not each.is_sibling)

    @property
    def findings(self) -> tuple[tuple[str, GateFinding], ...]:
        """Every finding with the name of its configuration; those across configurations are at the later one."""
        return tuple((each.name, finding) for each in self.configurations for finding in each.report.findings)

    @property
    def ok(self) -> bool:
        """Whether the gate finds no error in any of them, nor across them."""
        return all(each.ok for each in self.configurations)


def read_configuration_set(
    sources: Iterable[ConfigurationSource | tuple[str, ConfigurationSource]], *, settings: GateSettings | None = None
) -> ConfigurationSet:
    """The configurations of one customer: each a source, or a pair of name and source.

    Beside each one's findings: equal ordinals on one queue (AC821), more than three integrations of one queue and
    event (AC822), two CMI addresses or two tenants' paths (AC823). Never raises.
    """
    examined = []
    for number, item in enumerate(sources, start=1):
        name, source = item if isinstance(item, tuple) else (f"configuration {number}", item)
        examined.append(examine_configuration(source, name=name, settings=settings))
    return ConfigurationSet(configurations=tuple(facts_of(each) for each in check_set(examined, one_tenant=True)))
