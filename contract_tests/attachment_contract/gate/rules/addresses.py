"""AC501 to AC514, AC308, AC406: the addresses in the body. ``form`` uses ``common`` for the endpoint's address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at
from attachment_contract.gate.json_nodes import Node, dotted
from attachment_contract.gate.placeholders import placeholders_in
from attachment_contract.gate.regions import AWS_REGIONS
from attachment_contract.gate.source import TextSpan
from attachment_contract.gate.wording import nearest, quoted, shown

_CMI_EXAMPLE = "https://ID.execute-api.REGION.amazonaws.com/TENANT/cmi"
_C4C_EXAMPLE = "https://myNNNNNNN.REGION.crm.cloud.sap"
_PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".localhost", ".test", ".invalid", ".corp", ".home")
#: Names of this machine, or of none: no network has them.
_NOWHERE = ("localhost", ".localhost", ".test", ".invalid")
_HTTPS_PORT = 443
_TWO_SCHEMES = re.compile(r"https?:/*(?=https?:/)", re.IGNORECASE)


@dataclass(frozen=True)
class ParsedAddress:
    """An address that could be parsed.

    Attributes:
        body: start and end of the text without the white space around it.
    """

    node: Node
    text: str
    parts: SplitResult
    body: tuple[int, int]

    @property
    def host(self) -> str:
        """Lower case, without port."""
        return self.parts.hostname or ""

    def finding(
        self, rule: str, message: str, expected: str, at: tuple[int, int], fix: str | None = None
    ) -> RawFinding:
        """A finding at characters of the address."""
        found = quoted(self.text[slice(*at)]) if at[0] < at[1] else ""
        message = f"{dotted(self.node.path)}: {message}"
        return finding_at(rule, self.node, message, expected, found=found, span=self.span(*at), fix=fix)

    def span(self, start: int, end: int) -> TextSpan:
        """The span in the source of characters of the address."""
        return self.node.part(self.body[0] + start, self.body[0] + end)

    def span_of(self, part: str) -> tuple[int, int]:
        """Start and end of a part in the text (its last occurrence, because a host may repeat in what precedes it)."""
        at = self.text.rfind(part)
        return at, at + len(part)


def addresses(context: RuleContext) -> Iterator[RawFinding]:
    """``cmi_url``, ``sap_v1.url`` and ``sap_v2.url``."""
    yield from cmi(context)
    for target in ("sap_v1", words.SAP_V2):
        node = context.at("request", "body", target, "url")
        if node and node.text is not None:
            yield from _c4c(context, node)


def cmi(context: RuleContext) -> Iterator[RawFinding]:
    """``cmi_url``."""
    node = context.at("request", "body", "cmi_url")
    if node and node.text is not None:
        yield from _cmi(context, node)


def common(context: RuleContext, node: Node, example: str) -> tuple[list[RawFinding], ParsedAddress | None]:
    """The findings that every address can have, and the address if it can be checked further."""
    text = str(node.value)
    bare = text.strip()
    name = dotted(node.path)
    if found := placeholders_in(node):
        message = f"{name} depends on the conversation: {found[0].text}."
        return [finding_at("AC406", node, message, "a fixed address", found=found[0].text, span=found[0].span)], None
    if "{" in text or (words.LEFT_OVERS.search(text) and "://" not in text):
        return [], None
    findings = []
    if bare and bare != text:
        fix = f'"{bare}"' if bare.isprintable() and '"' not in bare and "\\" not in bare else None
        findings.append(finding_at("AC511", node, f"{name} has white space around it.", quoted(bare), fix=fix))
    start = text.find(bare)
    if twice := _TWO_SCHEMES.match(bare):
        span, fix = node.part(start, start + twice.end()), ""
        message = f"{name} begins with two schemes: {quoted(bare)}."
        return [
            *findings,
            finding_at("AC503", node, message, example, found=quoted(twice[0]), span=span, fix=fix),
        ], None
    try:
        parts = urlsplit(bare)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not set(bare) & set(' \t\\<>"')
        _ = parts.port  # raises ValueError for an invalid port
    except ValueError:
        usable = False
    if not usable:
        return [*findings, finding_at("AC503", node, f"{name} is not an address: {shown(node)}.", example)], None
    address = ParsedAddress(node, bare, parts, (start, start + len(bare)))
    return [*findings, *_general(context, address)], address


def _general(context: RuleContext, address: ParsedAddress) -> Iterator[RawFinding]:
    parts, text = address.parts, address.text
    if parts.scheme == "http":
        yield address.finding("AC501", "it uses plain http.", "https", (0, 4), "https")
    if "@" in parts.netloc:
        user_info = parts.netloc.rpartition("@")[0]
        start, end = address.span_of(user_info)
        context.secrets.append(address.span(start, end))
        message, expected = f"{dotted(address.node.path)} contains credentials.", "no user and password in an address"
        span = address.span(start, end + 1)
        yield finding_at("AC308", address.node, message, expected, found="credentials (not shown)", span=span)
    for mark in "?#":
        if mark in text:
            start = text.index(mark)
            yield address.finding("AC508", "it has a query or fragment.", "nothing after the path", (start, len(text)))
            break
    if text.endswith("/") and not parts.query and not parts.fragment:
        start = len(text.rstrip("/"))
        yield address.finding("AC502", "it ends with a slash.", "no slash at the end", (start, len(text)), "")
    if _is_private(address.host) and not context.is_own_host(address.host):
        at, expected = address.span_of(parts.netloc), "an address that the cloud can reach"
        if address.node.path[-1] == "cmi_url" and not _is_nowhere(address.host):
            yield address.finding("AC514", "only your own network can reach it.", expected, at)
        else:
            yield address.finding("AC510", "it cannot be reached from the cloud.", expected, at)


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)


def _is_nowhere(host: str) -> bool:
    """Whether a private host is this machine itself, or a name that no network has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.endswith(_NOWHERE)
    return address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast


def _port(address: ParsedAddress, system: str) -> Iterator[RawFinding]:
    """AC512: a port at a host of the vendors' clouds, which answer at 443."""
    port = address.parts.port
    if port not in {None, _HTTPS_PORT}:
        start, _ = address.span_of(address.parts.netloc)
        host_end = start + len(address.parts.netloc) - len(str(port))
        span = (host_end, host_end + len(str(port)))
        yield address.finding("AC512", f"{system} answers at port 443, not at {port}.", "no port", span)


def _aws_region(address: ParsedAddress) -> Iterator[RawFinding]:
    """AC513: an AWS region that does not exist."""
    found = words.CMI_HOST.fullmatch(address.host)
    if found and found[1].lower() not in AWS_REGIONS:
        meant = nearest(found[1], AWS_REGIONS, cutoff=0.5)
        expected = meant or "an AWS region such as eu-central-1"
        message = f"there is no AWS region {found[1]}" + (f"; the nearest is {meant}." if meant else ".")
        at = address.text.lower().index(found[1].lower())
        yield address.finding("AC513", message, expected, (at, at + len(found[1])))


def _cmi(context: RuleContext, node: Node) -> Iterator[RawFinding]:
    findings, address = common(context, node, _CMI_EXAMPLE)
    yield from findings
    if address is None:
        return
    at = address.span_of(address.parts.netloc)
    if words.C4C_HOST.fullmatch(address.host):
        yield address.finding("AC509", "this is the address of C4C.", _CMI_EXAMPLE, at)
        return
    if words.CMI_HOST.fullmatch(address.host):
        yield from _aws_region(address)
        yield from _port(address, "AWS")
    elif not _is_private(address.host) and not context.is_own_host(address.host):
        yield address.finding("AC505", "no public CMI address has this host.", _CMI_EXAMPLE, at)
    path = address.parts.path.rstrip("/")
    if not path.endswith("/cmi") or path.count("/") < 2:
        start = len(address.text.split("://", 1)[0]) + 3 + len(address.parts.netloc)
        span = (start, start + len(address.parts.path)) if address.parts.path else (0, len(address.text))
        yield address.finding("AC504", "its path does not end in /TENANT/cmi.", _CMI_EXAMPLE, span)


def _c4c(context: RuleContext, node: Node) -> Iterator[RawFinding]:
    findings, address = common(context, node, _C4C_EXAMPLE)
    yield from findings
    if address is None:
        return
    at = address.span_of(address.parts.netloc)
    if words.CMI_HOST.fullmatch(address.host):
        yield address.finding("AC509", "this is the address of CMI.", _C4C_EXAMPLE, at)
        return
    if words.C4C_HOST.fullmatch(address.host):
        yield from _port(address, "SAP's cloud")
    elif not _is_private(address.host) and not context.is_own_host(address.host):
        yield address.finding("AC506", "no C4C tenant has this host.", _C4C_EXAMPLE, at)
    path = address.parts.path
    if path.strip("/"):
        start = len(address.text.split("://", 1)[0]) + 3 + len(address.parts.netloc)
        end = start + len(path.rstrip("/"))
        # Without SAP's host before it, the path may hold the host that was meant.
        fix = "" if words.C4C_HOST.fullmatch(address.host) else None
        yield address.finding("AC507", "it has a path after the host.", _C4C_EXAMPLE, (start, end), fix)
