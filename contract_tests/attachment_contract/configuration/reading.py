"""Reads the facts of one configuration. Pure: no file, no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from attachment_contract.configuration.addresses import address_of, cmi_of, target_of, user_of
from attachment_contract.configuration.facts import (
    ConfigurationFacts,
    SecretFacts,
    SourceShape,
    TokenFacts,
)
from attachment_contract.configuration.form_values import form_of
from attachment_contract.configuration.secret_uses import secrets_of
from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.check import Examined, examine, examine_bytes
from attachment_contract.gate.context import RuleContext
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.settings import GateSettings
from attachment_contract.gate.source import SourceText
from attachment_contract.gate.workflows import Workflow

#: Text or bytes of a file, or what ``json.loads`` made of it.
ConfigurationSource: TypeAlias = str | bytes | Mapping[str, Any]


def read_configuration(
    source: ConfigurationSource, *, name: str = "<text>", settings: GateSettings | None = None
) -> ConfigurationFacts:
    """The facts of one configuration: the JSON of the form's field, an envelope, or the configurator's integration.

    Never raises, whatever the text contains: what is wrong is in ``errors``, and what cannot be read is None.
    """
    return facts_of(examine_configuration(source, name=name, settings=settings))


def examine_configuration(source: ConfigurationSource, *, name: str, settings: GateSettings | None = None) -> Examined:
    """The gate's result for a source, with what was read."""
    settings = settings or GateSettings()
    if isinstance(source, bytes):
        return examine_bytes(source, name=name, settings=settings)
    text = source if isinstance(source, str) else json.dumps(source, indent=2, ensure_ascii=False)
    return examine(SourceText(text, name), settings)


def facts_of(examined: Examined) -> ConfigurationFacts:
    """The facts of a checked text."""
    context, report = examined.context, examined.report
    body = context.object_at("request", "body") if context else None
    cmi_url = body.get("cmi_url") if body else None
    cmi = cmi_of(cmi_url)
    recognised = context.recognised if context else None
    return ConfigurationFacts(
        name=report.source.name,
        shape=_shape(context),
        workflow=recognised.workflow if recognised else Workflow.UNKNOWN,
        why=recognised.why if recognised else "The text cannot be read as JSON.",
        cmi=cmi,
        cmi_user=user_of(body.get("cmi_user") if body else None),
        sap_v1=target_of(body.get("sap_v1") if body else None),
        sap_v2=target_of(body.get(words.SAP_V2) if body else None),
        secrets=secrets_of(context) if context else SecretFacts(),
        form=form_of(context, cmi_url.text if cmi_url else None),
        token=_token(context),
        json_text=_json_text(context, report.source.text),
        report=report,
    )


def _shape(context: RuleContext | None) -> SourceShape:
    if context is None:
        return SourceShape.UNREADABLE
    if context.config is context.top:
        return SourceShape.BARE
    return SourceShape.INTEGRATION if context.form_node is context.top else SourceShape.ENVELOPE


def _json_text(context: RuleContext | None, text: str) -> str:
    """The JSON of the form's field: the whole text, a text in a string, or a part of the text."""
    if context is None or context.config is context.top:
        return text
    node = context.top.get("json")
    if node is None:
        return ""
    return node.text if node.text is not None else text[node.span.start : node.span.end]


def _token(context: RuleContext | None) -> TokenFacts:
    if context is None:
        return TokenFacts()
    given = context.top if context.config is not context.top else None
    address = address_of(given.get("oauth", "access_token_url") if given else None)
    address = address or address_of(context.at("request", "authentication", "access_token_url"))
    issuer = _text(given.get("oauth", "issuer") if given else None)
    origin = address.origin if address else None
    return TokenFacts(access_token_url=address, issuer=issuer or origin, issuer_given=issuer is not None)


def _text(node: Node | None) -> str | None:
    """A text without the credentials that it may contain by mistake."""
    if node is None or not node.text:
        return None
    scheme, separator, rest = node.text.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
