"""``--edi``: a tenant from the customer's own configurations. Values of secrets never stand on a command line."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.text import Text

from attachment_contract.configuration.configuration_set import read_configuration_set
from attachment_lab.cli.common import err
from attachment_lab.errors import WrongUse
from attachment_lab.tenant.configured import ConfiguredTenant, read_tenant

Command = TypeVar("Command", bound=Callable[..., Any])

#: Values of secrets as one JSON object, by name.
VARIABLE = "ATTACHMENT_LAB_SECRETS"

_configurations = click.option(
    "--edi",
    "configurations",
    multiple=True,
    metavar="FILE",
    help="The tenant is that of this configuration: the JSON as it stands in the form's field, or the gate's envelope "
    "with form values and names of secrets. May be repeated for a customer's set.",
)
_secrets = click.option(
    "--secrets",
    "secrets_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help=f"Values of secrets by name, JSON or TOML; default: the variable {VARIABLE} (JSON), else they are made.",
)
_ask = click.option("--ask-secrets", is_flag=True, help="Ask for the value of each secret; an empty answer makes one.")


def configuration_options(command: Command) -> Command:
    """--edi, --secrets and --ask-secrets."""
    return _configurations(secret_options(command))


def secret_options(command: Command) -> Command:
    """--secrets and --ask-secrets."""
    return _secrets(_ask(command))


def configured_tenant(
    configurations: Sequence[str],
    *,
    name: str | None,
    secrets_file: Path | None,
    ask_secrets: bool,
    taken: Collection[str] = (),
) -> ConfiguredTenant | None:
    """The tenant that the files describe; None without files. What a person should know of it is printed.

    Raises ConfigurationRefused for the gate's errors, WrongUse for files that cannot be read.
    """
    if not configurations:
        if secrets_file or ask_secrets:
            raise WrongUse("--secrets and --ask-secrets need a configuration: name its file by --edi")
        return None
    sources = [(each, _read(each)) for each in configurations]
    values = _given(secrets_file)
    if ask_secrets:
        values = _asked(sources, values)
    found = read_tenant(sources, name=name, values=values, taken=taken)
    for remark in found.remarks:
        err().print(Text(remark, style="dim"), soft_wrap=True)
    return found


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as exc:
        is_json = path.lstrip().startswith("{")
        remedy = "write the JSON into a file, and name the file" if is_json else "name a file that can be read"
        raise WrongUse(f"--edi {path[:60]}: {exc.strerror or exc}; {remedy}") from exc
    except ValueError as exc:
        raise WrongUse(f"--edi: {exc}; name a file that can be read") from exc


def _given(file: Path | None) -> dict[str, str]:
    text, place = os.environ.get(VARIABLE, ""), VARIABLE
    try:
        if file is not None:
            text, place = file.read_text(encoding="utf-8"), f"--secrets {file}"
            content: Any = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
        else:
            content = json.loads(text or "{}")
    except (OSError, ValueError) as exc:  # the error's own words could repeat a secret
        raise WrongUse(f"{place}: {type(exc).__name__}: it must be one object of names and values") from None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise WrongUse(f"{place}: it must be one object, names of secrets and their values, all texts")
    return content


def _asked(sources: list[tuple[str, bytes]], given: dict[str, str]) -> dict[str, str]:
    found = read_configuration_set(sources)
    names = dict.fromkeys(name for each in found.configurations for name in each.secrets.names)
    answers = {
        name: click.prompt(f"Secret {name}", default="", hide_input=True, show_default=False, err=True)
        for name in names
        if name not in given
    }
    return given | {name: value for name, value in answers.items() if value}
