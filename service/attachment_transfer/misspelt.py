"""Variables that look like settings and are none: a misspelt name would leave its default in force, silently."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from attachment_transfer.doorbell import DOORBELL_VARIABLE
from attachment_transfer.settings import PREFIX, Settings
from attachment_transfer.supervisor import SUPERVISOR_VARIABLE


class _Asked(Mapping[str, str]):
    """An environment that notes what it was asked for."""

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
    asked = _Asked(env)
    Settings.checked(asked)
    known = sorted({*asked.names, SUPERVISOR_VARIABLE, DOORBELL_VARIABLE})
    return [_sentence(name, known) for name in sorted(env) if name.startswith(PREFIX) and name not in known]


def _sentence(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
    return f"{name} is no setting" + (f": is it {near[0]}?" if near else "; it changes nothing")
