"""One TOML file that makes three mocks and the service behave like a tenant.

    format = "attachment-dialect.v1"

    [cmi.chat_shape]                 # a switch of the CMI mock
    value = "B"
    evidence = "recorded"            # documented | recorded | inferred | assumed
    date = 2026-11-28
    seen_in = ["evidence/0004-cmi.list.json"]

    [c4c.delete_status]              # of the C4C mock;  [orchestration.…] of Contact Pro's
    [service.cmi.chat_routes]        # of the service, section and name as in its own dialect.toml

A header ``[recorded]`` (when, of what) is for people. ``attachment-lab probe`` writes such a file; ``up``,
``demo`` and the service read it. Only ``value`` changes anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import WrongUse
from c4c_mock.evidence import DIALECT as C4C_DIALECT
from cmi_mock.evidence import DIALECT as CMI_DIALECT
from mock_kit.evidence import MockDialect
from orchestration_mock.evidence import DIALECT as ORCHESTRATION_DIALECT

FORMAT = "attachment-dialect.v1"
LABELS = ("documented", "recorded", "inferred", "assumed")
_PARTICIPANTS = (*MOCKS, "service")
DIALECTS: Mapping[str, MockDialect] = {
    "orchestration": ORCHESTRATION_DIALECT,
    "cmi": CMI_DIALECT,
    "c4c": C4C_DIALECT,
}
_HEADERS = ("format", "recorded")


def full_id(mock: str, id_: str) -> str:
    """A behaviour's id among those of all participants: Contact Pro's own ids do not begin with their mock's name."""
    return f"{mock}.{id_}" if mock == "orchestration" else id_


#: How long the service may take to check its part of the file, in seconds.
_SERVICE_DEADLINE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class DialectFile:
    """A dialect file that was read and checked.

    Attributes:
        mocks: per mock, its switches and their values, as in ``TenantOptions.dialects``.
        service: names (``section.name``) of the entries for the service, which reads the file itself.
    """

    path: Path
    mocks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    service: tuple[str, ...] = ()

    def merged(self, overrides: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The file's switches, overridden by a tenant's own."""
        return {mock: {**self.mocks.get(mock, {}), **overrides.get(mock, {})} for mock in MOCKS}


def read_dialect_file(path: Path) -> DialectFile:
    """Read and check a dialect file. Raises WrongUse that names entry, value and remedy."""
    document = _parsed(path)
    mocks = {mock: dict(_values(path, mock, document.get(mock, {}))) for mock in MOCKS}
    problems = [problem for mock, values in mocks.items() for problem in _problems(mock, values)]
    service = tuple(_service_names(path, document.get("service", {})))
    if not problems and service:
        problems = list(_service_problems(path))
    if problems:
        raise WrongUse(f"{path}: " + "; ".join(problems))
    return DialectFile(path=path.resolve(), mocks=mocks, service=service)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no UTF-8 text"
        raise WrongUse(f"the dialect file {path} cannot be read: {reason}") from exc
    except tomllib.TOMLDecodeError as exc:
        raise WrongUse(f"{path} is no TOML: {exc}") from exc
    if document.get("format") != FORMAT:
        raise WrongUse(f'{path}: format is {document.get("format")!r}; write format = "{FORMAT}" as its first line')
    unknown = [name for name in document if name not in (*_HEADERS, *_PARTICIPANTS)]
    if unknown:
        sections = ", ".join(f"[{name}.…]" for name in _PARTICIPANTS)
        raise WrongUse(f"{path}: unknown section {unknown[0]!r}; entries belong in {sections}")
    return document


def _values(path: Path, section: str, entries: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(entries, Mapping):
        raise WrongUse(f"{path}: {section} is {entries!r}; write entries like [{section}.name] with value = …")
    for name, entry in entries.items():
        if not isinstance(entry, Mapping) or "value" not in entry:
            raise WrongUse(f"{path}: entry [{section}.{name}] has no value; write value = … below it")
        label = entry.get("evidence")
        if label is not None and label not in LABELS:
            raise WrongUse(f"{path}: entry [{section}.{name}]: evidence {label!r}; write one of {', '.join(LABELS)}")
        yield name, entry["value"]


def _service_names(path: Path, sections: Any) -> Iterator[str]:
    if not isinstance(sections, Mapping):
        raise WrongUse(f"{path}: service is {sections!r}; write entries like [service.c4c.name] with value = …")
    for section, entries in sections.items():
        yield from (f"{section}.{name}" for name, _ in _values(path, f"service.{section}", entries))


def _problems(mock: str, values: Mapping[str, Any]) -> Iterator[str]:
    """What a mock would refuse: entry, value, what is expected."""
    for error in DIALECTS[mock].errors(values):
        name = error.field.removeprefix("dialect.")
        yield f"entry [{mock}.{name}] has the value {error.value!r}; expected: {error.expected} ({error.remedy})"


def _service_problems(path: Path) -> Iterator[str]:
    """The service checks its entries itself: the lab does not import it."""
    answer = subprocess.run(
        [sys.executable, "-m", "attachment_transfer", "dialect", "--file", str(path.resolve())],
        capture_output=True,
        text=True,
        timeout=_SERVICE_DEADLINE_S,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    if answer.returncode:
        yield answer.stderr.strip() or f"the service ended with {answer.returncode}"


def service_entries() -> Iterator[tuple[str, dict[str, Any]]]:
    """The service's assumptions as (``section.name``, entry), from its command line: the lab does not import it."""
    command = [sys.executable, "-m", "attachment_transfer", "dialect"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    for section, entries in json.loads(answer.stdout).items():
        yield from ((f"{section}.{name}", entry) for name, entry in entries.items())


def toml_value(value: Any) -> str:
    """A value as TOML writes it: texts, numbers, switches, lists and inline tables."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # A basic string escapes as JSON does, but for surrogate pairs, which ensure_ascii=False avoids.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml_value(item)}' for key, item in value.items())} }}"
    raise TypeError(f"{type(value).__name__} has no TOML form here")
