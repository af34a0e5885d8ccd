"""AC501 to AC511, AC308: the two addresses in the body. Also used for the endpoint of the form."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.look import Draft, Look, quoted, shown
from attachment_contract.gate.nodes import Node, dotted
from attachment_contract.gate.placeholders import placeholders_in

_CMI_EXAMPLE = "https://ID.execute-api.REGION.amazonaws.com/TENANT/cmi"
_C4C_EXAMPLE = "https://myNNNNNNN.REGION.crm.cloud.sap"
_PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".localhost", ".test", ".invalid", ".corp", ".home")


@dataclass(frozen=True)
class Address:
    """An address that could be taken apart.

    Attributes:
        body: where the text without white space around it begins and ends.
    """

    node: Node
    text: str
    parts: SplitResult
    body: tuple[int, int]

    @property
    def host(self) -> str:
        """Lower case, without port."""
        return self.parts.hostname or ""

    def draft(self, rule: str, message: str, expected: str, at: tuple[int, int], fix: str | None = None) -> Draft:
        """A finding at characters of the address."""
        start, end = (self.body[0] + offset for offset in at)
        return Draft(
            rule=rule,
            span=self.node.part(start, end),
            path=self.node.path,
            message=f"{dotted(self.node.path)}: {message}",
            expected=expected,
            found=quoted(self.text[slice(*at)]) if at[0] < at[1] else shown(self.node),
            fix=fix,
        )

    def place_of(self, part: str) -> tuple[int, int]:
        """Where a part stands in the text (its last occurrence, as parts at the end repeat those before)."""
        at = self.text.rfind(part)
        return at, at + len(part)


def addresses(look: Look) -> Iterator[Draft]:
    """``cmi_url`` and ``sap_v1.url``."""
    cmi, c4c = look.at("request", "body", "cmi_url"), look.at("request", "body", "sap_v1", "url")
    if cmi and cmi.text is not None:
        yield from _cmi(look, cmi)
    if c4c and c4c.text is not None:
        yield from _c4c(look, c4c)


def common(look: Look, node: Node, example: str) -> tuple[list[Draft], Address | None]:
    """What holds for every address, and the address if it can be judged further."""
    text = str(node.value)
    bare = text.strip()
    if placeholders_in(node) or "{" in text or (words.LEFT_OVERS.search(text) and "://" not in text):
        return ([_placeholder(node)] if placeholders_in(node) else []), None
    drafts = []
    if bare and bare != text:
        drafts.append(_blank(node, bare))
    start = text.find(bare)
    try:
        parts = urlsplit(bare)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not set(bare) & set(' \t\\<>"')
        _ = parts.port  # raises ValueError for a port that is none
    except ValueError:
        usable = False
    if not usable:
        return [*drafts, _no_address(node, example)], None
    address = Address(node, bare, parts, (start, start + len(bare)))
    return [*drafts, *_general(look, address)], address


def _placeholder(node: Node) -> Draft:
    found = placeholders_in(node)[0]
    return Draft(
        rule="AC406",
        span=found.span,
        path=node.path,
        message=f"{dotted(node.path)} depends on the conversation: {found.text}.",
        expected="a fixed address",
        found=found.text,
    )


def _blank(node: Node, bare: str) -> Draft:
    return Draft(
        rule="AC511",
        span=node.span,
        path=node.path,
        message=f"{dotted(node.path)} has white space around it.",
        expected=quoted(bare),
        found=shown(node),
        fix=f'"{bare}"' if bare.isprintable() and '"' not in bare and "\\" not in bare else None,
    )


def _no_address(node: Node, example: str) -> Draft:
    return Draft(
        rule="AC503",
        span=node.span,
        path=node.path,
        message=f"{dotted(node.path)} is no address: {shown(node)}.",
        expected=example,
        found=shown(node),
    )


def _general(look: Look, address: Address) -> Iterator[Draft]:
    parts, text = address.parts, address.text
    if parts.scheme == "http":
        yield address.draft("AC501", "plain http.", "https", (0, 4), "https")
    if "@" in parts.netloc:
        user_info = parts.netloc.rpartition("@")[0]
        at = address.place_of(user_info)
        look.secrets.append(address.node.part(address.body[0] + at[0], address.body[0] + at[1]))
        yield Draft(
            rule="AC308",
            span=address.node.part(address.body[0] + at[0], address.body[0] + at[1] + 1),
            path=address.node.path,
            message=f"{dotted(address.node.path)} holds credentials.",
            expected="no user and password in an address",
            found="credentials (not shown)",
        )
    for mark in "?#":
        if mark in text:
            start = text.index(mark)
            yield address.draft("AC508", "a query or fragment.", "nothing after the path", (start, len(text)))
            break
    if text.endswith("/") and not parts.query and not parts.fragment:
        start = len(text.rstrip("/"))
        yield address.draft("AC502", "a slash at its end.", "no slash at the end", (start, len(text)), "")
    if _is_private(address.host):
        expected = "an address that the cloud can reach"
        yield address.draft("AC510", "nobody reaches it from the cloud.", expected, address.place_of(parts.netloc))


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)


def _cmi(look: Look, node: Node) -> Iterator[Draft]:
    drafts, address = common(look, node, _CMI_EXAMPLE)
    yield from drafts
    if address is None:
        return
    at = address.place_of(address.parts.netloc)
    if words.C4C_HOST.fullmatch(address.host):
        yield address.draft("AC509", "this is the address of C4C.", _CMI_EXAMPLE, at)
        return
    if not words.CMI_HOST.fullmatch(address.host) and not _is_private(address.host):
        yield address.draft("AC505", "no public CMI address has this host.", _CMI_EXAMPLE, at)
    path = address.parts.path.rstrip("/")
    if not path.endswith("/cmi") or path.count("/") < 2:
        start = len(address.text.split("://", 1)[0]) + 3 + len(address.parts.netloc)
        span = (start, start + len(address.parts.path)) if address.parts.path else (0, len(address.text))
        yield address.draft("AC504", "its path does not end in /TENANT/cmi.", _CMI_EXAMPLE, span)


def _c4c(look: Look, node: Node) -> Iterator[Draft]:
    drafts, address = common(look, node, _C4C_EXAMPLE)
    yield from drafts
    if address is None:
        return
    at = address.place_of(address.parts.netloc)
    if words.CMI_HOST.fullmatch(address.host):
        yield address.draft("AC509", "this is the address of CMI.", _C4C_EXAMPLE, at)
        return
    if not words.C4C_HOST.fullmatch(address.host) and not _is_private(address.host):
        yield address.draft("AC506", "no C4C tenant has this host.", _C4C_EXAMPLE, at)
    path = address.parts.path
    if path.strip("/"):
        start = len(address.text.split("://", 1)[0]) + 3 + len(address.parts.netloc)
        end = start + len(path.rstrip("/"))
        yield address.draft("AC507", "a path after the host.", _C4C_EXAMPLE, (start, end), "")
