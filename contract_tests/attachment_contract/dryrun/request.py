"""Makes the exact HTTP request that Contact Pro would send, and checks it against the endpoint's contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from attachment_contract.dryrun.substitution import SAMPLE_AGE_S, Substitution, event_object, sample_contact
from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.check import check
from attachment_contract.gate.condition_evaluation import Call
from attachment_contract.gate.conditions import Unparsable, parse
from attachment_contract.gate.configuration import read_envelope
from attachment_contract.gate.context import RuleContext
from attachment_contract.gate.json_reader import JsonReader, UnreadableSource
from attachment_contract.gate.regions import assumed_endpoint
from attachment_contract.gate.rules.json_text import issue, unreadable
from attachment_contract.gate.satisfiability import value_of
from attachment_contract.gate.wording import MASK, secrets_by_name
from attachment_contract.gate.workflows import path_of
from attachment_contract.schemas.store import validator

#: Inferred: the engine's options are named like those of Python's requests, whose default headers these are.
_INFERRED_HEADERS = {"User-Agent": "python-requests/2.32.3", "Accept-Encoding": "gzip, deflate", "Accept": "*/*"}


class NothingToSend(Exception):
    """No request can be made of this text; the message gives the reason."""


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """The request that would be sent, secrets masked.

    Attributes:
        sends: whether the condition is true for the sample event; None if that cannot be decided.
        problems: why the endpoint would refuse the request; empty = it fits the contract.
        notes: what is assumed.
        checked: whether the contract of the endpoint is known here; False for a sibling workflow.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str
    secrets: tuple[str, ...]
    sends: bool | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    checked: bool = True

    @property
    def ok(self) -> bool:
        """Whether the request fits the contract."""
        return not self.problems

    def wire(self) -> str:
        """The request as it is sent, line by line."""
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{self.method} {target} HTTP/1.1", f"Host: {parts.netloc}"]
        return "\n".join([*lines, *(f"{name}: {value}" for name, value in self.headers), "", self.body])

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "ok": self.ok,
            "request": {"method": self.method, "url": self.url, "headers": dict(self.headers), "body": self.body},
            "secrets": list(self.secrets),
            "sends": self.sends,
            "problems": list(self.problems),
            "notes": list(self.notes),
        }


def dry_run(text: str, *, event: str = "Ended", contact: dict[str, Any] | None = None, host: str = "") -> DryRun:
    """Make the request for a sample event. Raises :class:`NothingToSend`, also for a text that is not strictly JSON.

    Args:
        contact: attributes that differ from the sample's.
        host: of the endpoint, if the text does not name one.
    """
    context = _context(text)
    plain = context.config.plain() if context.config else None
    request = plain.get("request") if isinstance(plain, dict) else None
    if not isinstance(request, dict):
        raise NothingToSend('there is no object "request" in it')
    sample = sample_contact(contact)
    substitution = Substitution(
        {"contact": sample, "event": event_object(event)}, context.secret_names, in_clear=_in_clear(text)
    )
    return _request(context, request, substitution, sample, event, host)


def _in_clear(text: str) -> tuple[str, ...]:
    """Secrets in clear in the configuration, which the gate finds."""
    found = {_unescaped(text[span.start : span.end].strip('"')) for span in check(text).secrets}
    return tuple(sorted(found - {""}, key=len, reverse=True))


def _unescaped(written: str) -> str:
    """A text with JSON's escapes decoded."""
    try:
        return str(json.loads(f'"{written}"', strict=False))
    except ValueError:
        return written


def _context(text: str) -> RuleContext:
    reader = JsonReader(text)
    try:
        envelope = read_envelope(reader.read())
    except UnreadableSource as exc:
        raise NothingToSend(_unreadable(exc, text)) from exc
    if envelope.stopped:
        raise NothingToSend(f"in the envelope: {_unreadable(envelope.stopped, text)}")
    if issues := (*reader.issues, *envelope.issues):
        raise NothingToSend(issue(issues[0]).message.rstrip("."))
    return envelope.context


def _unreadable(stopped: UnreadableSource, text: str) -> str:
    """The gate's message, which shows no secret."""
    return unreadable(stopped, secrets_by_name(text)).message.rstrip(".")


def _request(
    context: RuleContext,
    request: dict[str, Any],
    substitution: Substitution,
    sample: dict[str, Any],
    event: str,
    host: str,
) -> DryRun:
    notes = ["headers other than the configuration's own are inferred"]
    url = _url(context, request, substitution, host, notes)
    given = {str(name): substitution.text(value) for name, value in _object(request, "headers").items()}
    body = substitution.fill(request.get("body"))
    content = "" if body is None else json.dumps(body)
    headers = {**_INFERRED_HEADERS, "Connection": "keep-alive", **_authorization(request)}
    if content:
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(content.encode()))}
    headers = {name: value for name, value in headers.items() if name.lower() not in {n.lower() for n in given}}
    workflow = context.recognised.workflow
    if workflow.is_sibling:
        notes.append(f"this is a configuration of {workflow}: whether its endpoint accepts the request is not checked")
    problems = [] if workflow.is_sibling else _problems(given, body, request, substitution)
    return DryRun(
        method=str(request.get("method", "")),
        url=substitution.masked(url),
        headers=tuple((name, _shown(name, value, substitution)) for name, value in {**headers, **given}.items()),
        body=substitution.masked(content),
        secrets=tuple(substitution.stand_ins),
        sends=_sends(request, sample, event),
        problems=tuple(problems),
        notes=tuple(notes),
        checked=not workflow.is_sibling,
    )


def _object(request: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = request.get(name)
    return value if isinstance(value, dict) else {}


def _url(context: RuleContext, request: dict[str, Any], substitution: Substitution, host: str, notes: list[str]) -> str:
    node = context.field("endpoint_url")
    parts = node.text if node is not None and node.text else _assumed(context, host, notes)
    url = substitution.text(parts)
    params = _object(request, "params")
    pairs = [(name, substitution.text(value)) for name, value in params.items()]
    query = f"?{urlencode(pairs, errors='replace')}" if pairs else ""
    try:
        urlsplit(url)
    except ValueError as exc:
        raise NothingToSend("the address of the endpoint is not an address") from exc
    return quote(url, safe=":/?&=%#[]@!$'()*+,;~", errors="replace") + query


def _assumed(context: RuleContext, host: str, notes: list[str]) -> str:
    """The endpoint for a configuration without one, with a note of what is assumed."""
    if not host:
        cmi = context.at("request", "body", "cmi_url")
        assumed = assumed_endpoint(cmi.text if cmi else None)
        host = assumed.host
        notes.append(
            f"no endpoint is given, so the region is an assumption: {host} ({assumed.region}), because {assumed.why}"
        )
    return f"https://{host}{path_of(context.recognised.workflow)}"


def _authorization(request: dict[str, Any]) -> dict[str, str]:
    kind = _object(request, "authentication").get("type")
    return {"oauth": {"Authorization": f"Bearer {MASK}"}, "basic": {"Authorization": f"Basic {MASK}"}}.get(
        str(kind), {}
    )


def _shown(name: str, value: str, substitution: Substitution) -> str:
    """The value of a header as it is shown: that of a secret header is masked whole, wherever the secret is from."""
    if name.lower() in words.SECRET_HEADERS or "authorization" in name.lower():
        scheme = value.partition(" ")[0] if value.startswith(("Bearer ", "Basic ")) else ""
        return f"{scheme} {MASK}".strip()
    return substitution.masked(value)


def _sends(request: dict[str, Any], sample: dict[str, Any], event: str) -> bool | None:
    condition = request.get("condition")
    if not isinstance(condition, str):
        return True
    expression = parse(condition)
    if isinstance(expression, Unparsable):
        return False
    values: dict[Call, Any] = {("contact", f"get_{name}"): value for name, value in sample.items()}
    values |= {("contact", "get_seconds_since_created"): SAMPLE_AGE_S, ("event", "get_name"): event}
    return value_of(expression, values | {("event", "name"): event})


def _problems(headers: dict[str, str], body: Any, request: dict[str, Any], substitution: Substitution) -> list[str]:
    """Why the endpoint would refuse the request, by the schema of the request after substitution."""
    problems = [f"{placeholder} does not exist" for placeholder in dict.fromkeys(substitution.unresolved)]
    if request.get("method") != "POST":
        problems.append("the endpoint accepts POST only")
    document = {"headers": {name.lower(): value for name, value in headers.items()}, "body": body}
    for error in validator("chat_attachments_request.v1").iter_errors(document):
        path = ".".join(str(part) for part in error.absolute_path)
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            problems.append(f"{path or 'the request'}: {', '.join(missing)} missing")
        else:
            problems.append(f"{path}: breaks {error.validator!r} of the request's schema")
    return problems
