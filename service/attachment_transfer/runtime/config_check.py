"""``check-config``: everything that is wrong with the settings, and what is unsafe about those that can be used."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from attachment_transfer.core.hosts import host_is_too_wide, issuer_is_too_wide, network_is_too_wide
from attachment_transfer.engine.wake_up import WAKE_UP_VARIABLE
from attachment_transfer.runtime.setting_kinds import PREFIX
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.runtime.supervisor import SUPERVISOR_VARIABLE

_NO_DOMAIN = "has no fixed domain at its end, so it covers names that anyone can register"


@dataclass(frozen=True)
class ConfigFinding:
    """One thing to change. An ``error`` keeps the service from starting, a ``warning`` does not."""

    severity: Literal["error", "warning"]
    message: str


def findings_of(env: Mapping[str, str]) -> list[ConfigFinding]:
    """All errors, then all warnings. A message never contains a secret's value."""
    settings, errors = Settings.checked(env)
    warnings = [*(_unsafe(settings) if settings else ()), *misspelt(env)]
    return [
        *(ConfigFinding("error", message) for message in errors),
        *(ConfigFinding("warning", message) for message in warnings),
    ]


def _unsafe(settings: Settings) -> Iterator[str]:
    if settings.lab_mode:
        yield "lab mode is on: plain http to loopback and a movable clock are allowed; never in production"
    if not settings.token_issuers and not settings.allow_list.content.issuers:
        yield f"{PREFIX}TOKEN_ISSUERS is empty: every request is answered 401"
    if settings.egress.rules and not settings.lab_mode:
        yield "an egress map is set: connections go elsewhere than names say"
    if settings.database_url.startswith("sqlite:"):
        yield "SQLite: one worker process; use postgresql:// for more"
    yield from _too_wide_issuers(settings)
    yield from _too_wide_hosts(settings)
    if settings.rounds_per_tenant >= settings.rounds_per_worker:
        yield (
            f"{PREFIX}ROUNDS_PER_TENANT={settings.rounds_per_tenant} is not below "
            f"{PREFIX}ROUNDS_PER_WORKER={settings.rounds_per_worker}: one slow tenant can occupy a whole worker"
        )


def _too_wide_issuers(settings: Settings) -> Iterator[str]:
    for issuer in settings.token_issuers:
        if issuer_is_too_wide(issuer):
            yield f"{PREFIX}TOKEN_ISSUERS: {issuer!r} {_NO_DOMAIN}; its owner can then sign tokens for this service"
        elif not issuer.startswith("https://"):
            yield f"{PREFIX}TOKEN_ISSUERS: {issuer!r} is no https address: its keys are never fetched"


def _too_wide_hosts(settings: Settings) -> Iterator[str]:
    for pattern in settings.allowed_hosts:
        if host_is_too_wide(pattern.text):
            yield f"{PREFIX}ALLOWED_HOSTS: {pattern.text!r} {_NO_DOMAIN}; passwords may be sent there"
    for place, text in settings.allow_list.content.too_wide():
        yield f"{PREFIX}ALLOW_LIST_FILE: {place}={text!r} {_NO_DOMAIN}; passwords may be sent there"
    for rule in settings.callers.rules:
        for pattern in rule.allowed_hosts or ():
            if host_is_too_wide(pattern.text):
                named = f"{pattern.text!r} of {rule.name!r}"
                yield f"{PREFIX}CALLERS_FILE: {named} {_NO_DOMAIN}; passwords may be sent there"
    for pattern, network in settings.private_networks:
        if network_is_too_wide(network):
            yield f"{PREFIX}PRIVATE_NETWORKS: {pattern.text}={network} is wider than a private network can be"


class _RecordingEnv(Mapping[str, str]):
    """An environment that records which variables are read."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._env[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)


def misspelt(env: Mapping[str, str]) -> list[str]:
    """A sentence for each variable with our prefix that is no setting, whether ``env`` can be used or not."""
    recorded = _RecordingEnv(env)
    Settings.checked(recorded)
    known = sorted({*recorded.names, SUPERVISOR_VARIABLE, WAKE_UP_VARIABLE})
    return [_sentence(name, known) for name in sorted(env) if name.startswith(PREFIX) and name not in known]


def _sentence(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
    return f"{name} is no setting" + (f": is it {near[0]}?" if near else "; it changes nothing")
