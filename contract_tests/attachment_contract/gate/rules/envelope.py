"""AC102, AC115, AC301 to AC303: the envelope's own members, beside form and JSON."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.configuration import ENVELOPE_MEMBERS, unknown_members
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at, misspelt_member
from attachment_contract.gate.json_nodes import Member, Node, dotted
from attachment_contract.gate.rules.addresses import common
from attachment_contract.gate.rules.headers import alphabet
from attachment_contract.gate.rules.structure import wrong_type
from attachment_contract.gate.wording import nearest, one_of, quoted

_OAUTH_MEMBERS = ("access_token_url", "issuer")
_TOKEN_ADDRESS_FORM = "https://HOST/TENANT/oauth2/token"  # noqa: S105 - an address
_NAME_MEMBERS = frozenset({"name", "description"})


def members(context: RuleContext) -> Iterator[RawFinding]:
    """Members that the envelope does not have: what they were meant to be, or that they are not read."""
    if context.config is context.top:
        return
    for member in unknown_members(context.top):
        yield _unknown(member, context.top)
    oauth = context.top.get("oauth")
    if oauth is not None:
        yield from wrong_type(oauth, ("object",))
        for member in oauth.members:
            if member.name not in _OAUTH_MEMBERS:
                yield from _in_oauth(context, member)
            elif member.value.text is None:
                yield from wrong_type(member.value, ("string",))
            else:
                # A slash at its end belongs to an issuer, which is compared exactly.
                found = common(context, member.value, _TOKEN_ADDRESS_FORM)[0]
                yield from (raw for raw in found if member.name != "issuer" or raw.rule != "AC502")


def _unknown(member: Member, top: Node) -> RawFinding:
    message = f"The envelope has no member {quoted(member.name)}."
    meant = nearest(member.name, ENVELOPE_MEMBERS, cutoff=0.7)
    if meant and top.member(meant) is None:
        return misspelt_member("AC102", member, f"{message} Did you mean {quoted(meant)}?", meant)
    expected, found = one_of(ENVELOPE_MEMBERS), quoted(member.name)
    return finding_at("AC115", member.value, message, expected, found=found, span=member.key.span)


def _in_oauth(context: RuleContext, member: Member) -> Iterator[RawFinding]:
    if member.name == "client_secret":
        yield from _in_clear(context, member.value)
        return
    message, expected = f'"oauth" of the envelope has no member {quoted(member.name)}.', one_of(_OAUTH_MEMBERS)
    found = quoted(member.name)
    yield finding_at("AC115", member.value, message, expected, found=found, span=member.key.span)


def secrets(context: RuleContext) -> Iterator[RawFinding]:
    """Values of secrets in the envelope: the names belong there, the values do not."""
    if context.config is context.top:
        return
    for name in ("secrets", "secret_names"):
        node = context.top.get(name)
        for value in _values(node) if node else ():
            yield from _in_clear(context, value)
    node = context.top.get("secrets")
    if node is not None and not any(_values(node)):
        member = context.top.member("secrets")
        assert member is not None
        # Texts without names may be values, so they are masked, and no correction makes names of them.
        context.secrets.extend(item.span for item in node.items)
        message, expected = 'The envelope has no member "secrets".', '"secret_names": the names alone'
        yield finding_at("AC115", member.value, message, expected, found='"secrets"', span=member.key.span)


def _values(node: Node) -> Iterator[Node]:
    """The values in ``[{"name": …, "value": …}]`` or ``{"NAME": "VALUE"}``."""
    for item in node.items:
        yield from (
            member.value for member in item.members if member.name.lower() not in _NAME_MEMBERS and _has_value(member)
        )
    yield from (member.value for member in node.members if _has_value(member))


def _has_value(member: Member) -> bool:
    return bool(member.value.text) or member.value.kind == "number"


def _in_clear(context: RuleContext, value: Node) -> Iterator[RawFinding]:
    context.secrets.append(value.span)
    message = f"{dotted(value.path)}: the envelope contains a secret in clear."
    expected = f'names alone: "secret_names": ["{words.SECRET_HEADERS["x-sap-v1-password"]}"]'
    remedy = "Delete the value here, and change the secret: it was seen."
    yield finding_at("AC301", value, message, expected, found="a secret in clear (not shown)", remedy=remedy)
    yield from alphabet(value)
