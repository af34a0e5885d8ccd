"""A tenant read from a customer's configurations: hosts, users and names of secrets are theirs, the values are made.

The configurations are those of System Configurator's field *JSON for Configuration*, bare or in the gate's envelope;
several make one customer's set. The gate reads them first: its errors refuse, its warnings are shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attachment_contract.configuration.configuration_set import ConfigurationSet, read_configuration_set
from attachment_contract.configuration.facts import ConfigurationFacts, SecretRole
from attachment_contract.configuration.reading import ConfigurationSource
from attachment_contract.gate.report import Severity
from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.tenant.credentials import (
    Account,
    PastedIntegration,
    SecretNames,
    TenantNames,
    fresh_secrets,
    login_host,
    new_password,
)


class ConfigurationRefused(LabFailed):
    """The gate found errors; the message has one sentence for each, with its place."""

    def __init__(self, sentences: Iterable[str]) -> None:
        super().__init__("\n  ".join(["no tenant can be made of this configuration:", *sentences]))


@dataclass(frozen=True, kw_only=True)
class ConfiguredTenant:
    """A tenant that can be opened.

    Attributes:
        remarks: warnings, notes and assumptions, to be shown before the tenant is used.
    """

    names: TenantNames
    remarks: tuple[str, ...]


#: A file, the JSON as text or as an object; several make one customer's set.
Configuration = Path | str | Mapping[str, Any] | Sequence[Path | str | Mapping[str, Any]]


def sources_of(configuration: Configuration) -> list[tuple[str, ConfigurationSource]]:
    """Each configuration with its name. A text that begins with ``{`` is JSON, any other text is a file's path.

    Raises WrongUse for a file that cannot be read.
    """
    several = [configuration] if isinstance(configuration, Path | str | Mapping) else list(configuration)
    return [_source(each, number) for number, each in enumerate(several, start=1)]


def _source(given: Path | str | Mapping[str, Any], number: int) -> tuple[str, ConfigurationSource]:
    if isinstance(given, Mapping) or (isinstance(given, str) and given.lstrip("\ufeff \t\r\n").startswith("{")):
        return f"configuration {number}", given
    try:
        return str(given), Path(given).read_bytes()
    except (OSError, ValueError) as exc:
        raise WrongUse(
            f"{str(given)[:80]!r} is no file that can be read ({type(exc).__name__}); "
            "give a path, the JSON as text, or an object"
        ) from exc


def read_tenant(
    sources: Iterable[ConfigurationSource | tuple[str, ConfigurationSource]],
    *,
    name: str | None = None,
    values: Mapping[str, str] | None = None,
    taken: Collection[str] = (),
) -> ConfiguredTenant:
    """The tenant that these configurations describe.

    Args:
        sources: texts, bytes or objects, each alone or with its name.
        name: of the tenant; None = the first segment of CMI's path, with ``-2`` where that is taken.
        values: of secrets, by the names that the configurations use; the others are made.
        taken: names of the open tenants.

    Raises ConfigurationRefused for the gate's errors, WrongUse for values of secrets that no configuration names.
    """
    found = read_configuration_set(sources)
    if not found.ok or not found.ours:
        raise ConfigurationRefused(_errors(found))
    first = found.ours[0]
    if first.cmi is None or first.sap_v1 is None or first.sap_v1.address is None:
        raise ConfigurationRefused([f"{first.name}: cmi_url and sap_v1.url are needed; they name the two systems"])
    made = _Secrets(found, dict(values or {}))
    own_name = name or _free(first.cmi.tenant_path, taken)
    path = _contact_pro_path(first, own_name)
    hosts = dict.fromkeys(each.sap_v1.address.host for each in found.ours if each.sap_v1 and each.sap_v1.address)
    tag = secrets.token_hex(4)  # opened again, it is another client with other ids: nothing old is taken for new
    names = TenantNames(
        name=own_name,
        tenant_path=path,
        cmi_host=first.cmi.address.host,
        cmi_port=first.cmi.address.effective_port,
        cmi_path=first.cmi.tenant_path,
        cmi_user=first.cmi_user or "",
        c4c_host=next(iter(hosts)),
        other_c4c_hosts=tuple(hosts)[1:],
        c4c_user=first.sap_v1.user or "",
        client_id=f"contact-pro-{path}-{tag}",
        ids_seed=f"{own_name[:55]}-{tag}",
        issuer=_issuer(first, path),
        access_token_url=first.token.access_token_url.url if first.token.access_token_url else "",
        secret_names=made.names,
        more_secrets=made.further,
        more_accounts=tuple(made.accounts()),
        integrations=tuple(_integration(each) for each in found.configurations),
        **made.values,
    )
    return ConfiguredTenant(names=names, remarks=tuple(_remarks(found, names, first)))


class _Secrets:
    """Values for every secret that the configurations name."""

    def __init__(self, found: ConfigurationSet, given: dict[str, str]) -> None:
        self._found = found
        known = {each for one in found.configurations for each in one.secrets.names}
        for name in given.keys() - known:
            raise WrongUse(f"no configuration names a secret {name!r}; they name {', '.join(sorted(known))}")
        first, default = found.ours[0].secrets, SecretNames()
        self.names = SecretNames(
            oauth=first.name_of(SecretRole.OAUTH) or default.oauth,
            api_key=first.name_of(SecretRole.CMI_API_KEY) or default.api_key,
            cmi_password=first.name_of(SecretRole.CMI_PASSWORD) or default.cmi_password,
            c4c_password=first.name_of(SecretRole.SAP_V1_PASSWORD) or default.c4c_password,
        )
        fresh = fresh_secrets()
        roles = {"api_key": self.names.api_key, "cmi_password": self.names.cmi_password}
        roles["c4c_password"] = self.names.c4c_password
        by_name: dict[str, str] = {}
        for role, secret in roles.items():  # one secret at two places has one value
            by_name.setdefault(secret, given.get(secret, fresh[role]))
        self.values = {**fresh, **{role: by_name[secret] for role, secret in roles.items()}}
        self.values["client_secret"] = given.get(self.names.oauth, fresh["client_secret"])
        same_key = {
            each.secrets.name_of(SecretRole.CMI_API_KEY): self.values["api_key"] for each in found.configurations
        }
        self.further = {
            each: given.get(each) or same_key.get(each) or new_password()
            for each in sorted(known - by_name.keys() - {self.names.oauth})
        }
        self._all = {**by_name, **self.further}

    def accounts(self) -> Iterable[Account]:
        """The users of further configurations, each once."""
        first = self._found.ours[0]
        seen = {("cmi", first.cmi_user), ("c4c", first.sap_v1.user if first.sap_v1 else None)}
        for each in self._found.configurations:
            target = each.sap_v1.user if each.sap_v1 else None
            for system, user, role in (
                ("cmi", each.cmi_user, SecretRole.CMI_PASSWORD),
                ("c4c", target, SecretRole.SAP_V1_PASSWORD),
            ):
                secret = each.secrets.name_of(role)
                if user and secret in self._all and (system, user) not in seen:
                    seen.add((system, user))
                    yield Account(system=system, user=user, password=self._all[secret])


def _integration(facts: ConfigurationFacts) -> PastedIntegration:
    form = facts.form
    queues = tuple({"address": each.address} | ({"id": each.id} if each.id else {}) for each in form.queues.value)
    return PastedIntegration(
        json=facts.json_text,
        endpoint_url=form.endpoint.value.address.url,
        name=form.name.value or facts.name,
        description=form.description.value,
        channel_type=form.channel_type.value,
        ordinal=form.ordinal.value,
        direction=form.direction.value,
        events=form.events.value if form.events.given else None,
        queues=queues,
        direct_conversations=form.direct_conversations.value if form.direct_conversations.given else None,
        enabled=form.enabled.value,
    )


def _contact_pro_path(facts: ConfigurationFacts, name: str) -> str:
    """The path of the Contact Pro tenant: from a token address of the documented form, else the tenant's name."""
    address = facts.token.access_token_url
    segments = address.path.strip("/").split("/") if address else []
    return segments[0] if len(segments) == 3 and segments[1:] == ["oauth2", "token"] else name


def _issuer(facts: ConfigurationFacts, path: str) -> str:
    """The envelope's issuer, or that of its token address, or that of the endpoint's region; empty = the default."""
    if facts.token.issuer_given and facts.token.issuer:
        return facts.token.issuer.rstrip("/")
    address = facts.token.access_token_url
    if address is not None:
        below = f"/{path}/oauth2/token"
        return f"{address.origin}/{path}" if address.path == below else address.origin
    endpoint = facts.form.endpoint.value
    if endpoint.region is None:
        return ""
    return f"https://{login_host(endpoint.address.host)}/{path}"


def _free(wanted: str, taken: Collection[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _assumed(facts: ConfigurationFacts) -> Iterable[str]:
    """What no form says, and where one secret is used twice."""
    missing = [name.replace("_", " ") for name in facts.form.assumed if name not in {"endpoint", "name", "description"}]
    if missing:
        yield f"Assumed, because no form says it: {', '.join(missing)}."
    if not facts.form.endpoint.given:
        yield f"Assumed: the endpoint is {facts.form.endpoint.value.address.url} ({facts.form.endpoint.why})."
    for name, places in facts.secrets.shared.items():
        yield f"The secret {name} is used at {' and '.join(places)}: one value."


def _errors(found: ConfigurationSet) -> Iterable[str]:
    for name, finding in found.findings:
        if finding.severity is Severity.ERROR:
            yield f"{name}:{finding.line}:{finding.column}: {finding.rule}: {finding.message}"
    if not found.ours:
        yield "none of the configurations is for chat-attachments; " + "; ".join(
            f"{each.name}: {each.why}" for each in found.configurations
        )


def _remarks(found: ConfigurationSet, names: TenantNames, first: ConfigurationFacts) -> Iterable[str]:
    for name, finding in found.findings:
        yield f"{name}:{finding.line}:{finding.column}: {finding.severity.value}: {finding.message}"
    for each in found.ours:
        yield from (f"{each.name}: {sentence}" for sentence in _assumed(each))
    for each in found.siblings:
        yield f"{each.name}: for {each.workflow.value}: its calls reach a stand-in that records them."
    if not first.token.issuer_given:
        yield f"Assumed: the token issuer is {names.token_issuer}; no configuration names it."
