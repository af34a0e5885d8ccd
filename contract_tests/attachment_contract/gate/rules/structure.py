"""AC101 to AC109, AC114 to AC116: members of the configuration, their types, and the request's options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at, missing_member, misspelt_member
from attachment_contract.gate.json_nodes import Member, Node, dotted
from attachment_contract.gate.wording import nearest, of_kind, one_of, quoted, shown

_TYPES = {
    "method": ("string",),
    "authentication": ("object",),
    "headers": ("object",),
    "params": ("object",),
    "body": ("object",),
    "condition": ("string",),
    "timeout": ("number", "string"),
    "proxy": ("string",),
    "block": ("boolean",),
    "verify": ("boolean",),
    "delay": ("number",),
    "delayMax": ("number",),
}
_BODY_TYPES: Mapping[str, tuple[str, ...]] = {
    "cmi_url": ("string",),
    "cmi_user": ("string",),
    "sap_v1": ("object",),
    "contact_id": ("string",),
}
_SAP_TYPES: Mapping[str, tuple[str, ...]] = {"url": ("string",), "user": ("string",)}
_ADDRESS_NAMES = frozenset({"url", "endpoint", "endpoint_url", "uri", "address"})


def members(context: RuleContext) -> Iterator[RawFinding]:
    """Each object of the configuration: missing members, unknown members, wrong types."""
    if context.config is None or context.config.kind != "object":
        return
    yield from _object(context.config, {"request": ("object",)}, required=("request",), optional=("response",))
    if context.request:
        required = ("method", "authentication", "headers", "body")
        yield from _object(context.request, _TYPES, required=required, optional=words.REQUEST_MEMBERS)
    if body := context.object_at("request", "body"):
        yield from _object(body, _BODY_TYPES, required=words.BODY_MEMBERS, optional=(words.SAP_V2,))
        yield from _sap_v2(body)
    if sap := context.object_at("request", "body", "sap_v1"):
        yield from _object(sap, _SAP_TYPES, required=words.SAP_MEMBERS)
    response = context.at("response")
    if response and response.kind == "object":
        yield from _object(response, {}, required=(), optional=words.RESPONSE_MEMBERS)


def _sap_v2(body: Node) -> Iterator[RawFinding]:
    """AC116: what the documented workflow does with a target of Version 2."""
    node = body.get(words.SAP_V2)
    if node is None:
        return
    yield from wrong_type(node, ("object",))
    beside = body.member("sap_v1") is not None
    what = "uploads to sap_v1 alone, so nothing is uploaded there" if beside else "needs sap_v1, which is missing"
    message = f"sap_v2 is SAP Service Cloud Version 2: the documented workflow {what}."
    yield finding_at("AC116", node, message, "sap_v1", span=node.opening)


def _object(
    node: Node, types: Mapping[str, tuple[str, ...]], *, required: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[RawFinding]:
    missing = [name for name in required if node.member(name) is None]
    for member in node.members:
        if member.name in types:
            yield from wrong_type(member.value, types[member.name])
        elif member.name not in optional:
            yield from _unknown(member, node, missing, list(dict.fromkeys([*required, *optional])))
    for name in missing:
        yield _missing(node, name)


def wrong_type(node: Node, kinds: Sequence[str]) -> Iterator[RawFinding]:
    """AC103."""
    if node.kind not in kinds:
        # A text in place of an object may be anything, also a secret.
        found = of_kind(node) if "object" in kinds else shown(node)
        wanted = one_of([f"a{'n' if kind[0] in 'ao' else ''} {kind}" for kind in kinds])
        message, remedy = f"{dotted(node.path)} is {found}.", f"Write {wanted}."
        yield finding_at("AC103", node, message, wanted, found=found, span=node.opening, remedy=remedy)


def _missing(node: Node, name: str) -> RawFinding:
    where = dotted(node.path) or "the configuration"
    remedy = f'Add "{name}" as in the documentation\'s example.'
    return missing_member("AC101", node, name, f'"{name}" is missing in {where}.', f'"{name}"', remedy)


def _unknown(member: Member, node: Node, missing: list[str], known: Sequence[str]) -> Iterator[RawFinding]:
    """An unknown name. If it was meant as a missing one, that one is not reported as well."""
    if node.path == ("request",) and member.name in _ADDRESS_NAMES:
        message, expected = "The JSON contains the address of the endpoint.", "the form's field Endpoint URL"
        yield finding_at("AC105", member.value, message, expected, found=quoted(member.name), span=member.key.span)
        return
    meant = nearest(member.name, missing, cutoff=0.7) or nearest(member.name, known, cutoff=0.8)
    if meant in missing:
        missing.remove(meant)
    message = f"{quoted(member.name)} in {dotted(node.path) or 'the configuration'} is not read."
    if meant is not None and node.member(meant) is None:
        yield misspelt_member("AC102", member, message, meant)
    else:
        found, span = quoted(member.name), member.key.span
        yield finding_at("AC115", member.value, message, one_of(known), found=found, span=span)


def sending(context: RuleContext) -> Iterator[RawFinding]:
    """Method, timeout, delay, certificate check, proxy, params."""
    request = context.request
    if request is None:
        return
    if (method := request.get("method")) and method.text is not None and method.text != "POST":
        yield finding_at("AC104", method, f"The method is {shown(method)}.", '"POST"', fix='"POST"')
    yield from _timing(request)
    yield from _proxy(request)
    yield from _exposed(request)


def _exposed(request: Node) -> Iterator[RawFinding]:
    """AC108, AC114: what shows secrets or values to others."""
    verify, params = request.get("verify"), request.get("params")
    if verify and verify.value is False:
        message = "Secrets are sent to a server whose certificate is not checked."
        yield finding_at("AC108", verify, message, "true, or no verify at all", fix="true")
    if params and params.members:
        message, names = "The endpoint has no query parameters.", [quoted(member.name) for member in params.members]
        yield finding_at("AC114", params, message, "no params", found=one_of(names), span=params.opening)


def _timing(request: Node) -> Iterator[RawFinding]:
    timeout, delay, most = (request.get(name) for name in ("timeout", "delay", "delayMax"))
    if timeout and timeout.kind in {"number", "string"}:
        seconds = _seconds(timeout)
        if seconds is None or not 0 < seconds <= 300:
            yield _unusable("AC106", timeout, "a number of seconds above 0 and at most 300 (default 10)")
    for node in (delay, most):
        if node and node.kind == "number" and not 0 <= (_seconds(node) or 0) < 86_400:
            yield _unusable("AC107", node, "a number of seconds from 0 to a day")
    if most and delay is None:
        yield _unusable("AC107", most, 'a "delay" beside it: the range begins there')
    elif most and delay and (_seconds(most) or 0) < (_seconds(delay) or 0):
        yield _unusable("AC107", most, f"at least the delay, {shown(delay)}")


def _seconds(node: Node) -> float | None:
    try:
        return float(str(node.value))
    except ValueError:
        return None


def _unusable(rule: str, node: Node, expected: str) -> RawFinding:
    message, remedy = f"{dotted(node.path)} is {shown(node)}.", f"Write {expected}, or leave it out."
    return finding_at(rule, node, message, expected, remedy=remedy)


def _proxy(request: Node) -> Iterator[RawFinding]:
    proxy = request.get("proxy")
    if proxy is None or proxy.text is None:
        return
    if proxy.text not in {"auto", "no"} and not proxy.text.startswith(("http://", "https://")):
        yield _unusable("AC109", proxy, '"auto", "no" or the address of a proxy')
