"""Reads addresses and users of the body. Credentials in them are left out: the gate reports them."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from attachment_contract.configuration.facts import AddressFacts, CmiFacts, TargetFacts
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.regions import aws_region_of


def address_of(node: Node | None) -> AddressFacts | None:
    """The address in a string value; None if it is not one."""
    return parsed_address(node.text) if node and node.text else None


def parsed_address(text: str) -> AddressFacts | None:
    """An address with http or https and a host; None for any other text."""
    try:
        parts = urlsplit(text.strip())
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "//" in parts.path:
        return None
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return AddressFacts(url=url, scheme=parts.scheme, host=host.lower(), port=port, path=parts.path.rstrip("/"))


def cmi_of(node: Node | None) -> CmiFacts | None:
    """CMI's address with the tenant's path."""
    address = address_of(node)
    if address is None:
        return None
    tenant_path = address.path.removesuffix("/cmi").strip("/")
    return CmiFacts(address=address, tenant_path=tenant_path, aws_region=aws_region_of(address.url))


def target_of(node: Node | None) -> TargetFacts | None:
    """A target of the upload; None if the body has none of this name."""
    if node is None or node.kind != "object":
        return None
    return TargetFacts(address=address_of(node.get("url")), user=user_of(node.get("user")))


def user_of(node: Node | None) -> str | None:
    """A user's name; what follows a colon may be the password and is left out."""
    name = (node.text or "").partition(":")[0] if node else ""
    return name or None
