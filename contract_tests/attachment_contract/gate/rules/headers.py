"""AC110 to AC113 and the secrets in the headers (AC301 to AC309)."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at, missing_member, misspelt_member
from attachment_contract.gate.json_nodes import Member, Node
from attachment_contract.gate.placeholders import Placeholder, malformed_in, placeholders_in
from attachment_contract.gate.wording import nearest, one_of, quoted, shown

_EXPECTED = '"{secrets.NAME}"'
#: Headers that the engine sets, and where it takes them from.
_ENGINES_OWN = {
    "authorization": "it is made from request.authentication",
    "content-length": "the engine computes it",
    "host": "it comes from the endpoint's address",
    "transfer-encoding": "the engine sets it",
}


def names(context: RuleContext) -> Iterator[RawFinding]:
    """Missing, repeated, misspelt and unnecessary headers."""
    headers = context.object_at("request", "headers")
    if headers is None:
        return
    seen = set[str]()
    missing = [name for name in words.SECRET_HEADERS if not _has(headers, name)]
    for member in headers.members:
        lower = member.name.lower()
        if lower in seen and not any(m.name == member.name and m is not member for m in headers.members):
            yield _header("AC112", member, "each header once; case does not count", f"{quoted(member.name)} again")
        seen.add(lower)
        yield from _name(member, lower, missing)
    for name in missing:
        expected = f'"{name}": "{{secrets.{words.SECRET_HEADERS[name]}}}"'
        remedy = f'Add "{name}": "{{secrets.NAME}}" with the name of your secret.'
        yield missing_member("AC110", headers, name, f"The header {name} is missing.", expected, remedy)


def _has(headers: Node, name: str) -> bool:
    return any(member.name.lower() == name for member in headers.members)


def _name(member: Member, lower: str, missing: list[str]) -> Iterator[RawFinding]:
    if lower in words.SECRET_HEADERS or lower == words.SAP_V2_HEADER:
        return
    if lower in _ENGINES_OWN:
        yield _header("AC113", member, f"no {lower}: {_ENGINES_OWN[lower]}", quoted(member.name))
    elif lower == "content-type":
        media_type = (member.value.text or "").split(";")[0].strip().lower()
        if media_type != "application/json":
            yield _header("AC113", member, "application/json, or no content-type at all", shown(member.value))
    elif meant := nearest(lower.replace("_", "-").strip(), missing, cutoff=0.75):
        missing.remove(meant)
        yield misspelt_member("AC102", member, f"The header {quoted(member.name)} is not read.", meant)
    elif lower != "accept":
        yield _header("AC111", member, one_of(words.SECRET_HEADERS), quoted(member.name))


def _header(rule: str, member: Member, expected: str, found: str) -> RawFinding:
    message = f"The header {quoted(member.name)} must not be set here."
    return finding_at(rule, member.value, message, expected, found=found, span=member.key.span)


def secrets(context: RuleContext) -> Iterator[RawFinding]:
    """The value of each secret header: one ``{secrets.NAME}`` and nothing else."""
    headers = context.object_at("request", "headers")
    if headers is None:
        return
    used = dict[str, Member]()
    for member in headers.members:
        if not _wants_secret(member.name):
            continue
        value = member.value
        if value.text is None:
            kind = f"a {value.kind}"
            message, remedy = f"The header is {kind}.", f"Write {_EXPECTED}."
            expected = f"a string: {_EXPECTED}"
            yield finding_at("AC103", value, message, expected, found=kind, span=value.opening, remedy=remedy)
            continue
        found = placeholders_in(value)
        if not found:
            yield from _in_clear(context, value)
            continue
        yield from _around(context, value, found)
        yield from _purpose(member, found, used)


def _wants_secret(name: str) -> bool:
    """Whether it is one of the three or resembles one: the value of a misspelt header must not be shown either."""
    return name.lower() in words.SECRET_HEADERS or nearest(name, words.SECRET_HEADERS, cutoff=0.75) is not None


def _in_clear(context: RuleContext, value: Node) -> Iterator[RawFinding]:
    text = str(value.value)
    if not text.strip():
        yield finding_at("AC110", value, "The header is empty.", _EXPECTED, found="nothing")
        return
    if "{" in text or "}" in text:
        # A brace may be part of a password; a malformed placeholder has its own rule (AC403).
        if not malformed_in(value):
            yield _clear(context, value)
        return
    name = text.removeprefix("secrets.")
    if name in words.SECRET_HEADERS.values() or text.startswith("secrets.") or name in (context.secret_names or ()):
        message = "The name of a secret has no braces here, so the name itself would be sent."
        placeholder = f'"{{secrets.{name}}}"'
        yield finding_at("AC403", value, message, placeholder, found=quoted(text), fix=placeholder)
        return
    yield _clear(context, value)
    yield from alphabet(value)


def _clear(context: RuleContext, value: Node) -> RawFinding:
    context.secrets.append(value.span)
    message = "The header contains a secret in clear."
    return finding_at("AC301", value, message, _EXPECTED, found="a secret in clear (not shown)")


def alphabet(value: Node) -> Iterator[RawFinding]:
    """AC302, for the first character that is not allowed."""
    for index, char in enumerate(str(value.value)):
        if not " " <= char <= "~":
            by_name = char in words.FORBIDDEN_IN_PASSWORDS
            found = "a character that the documentation forbids by name" if by_name else "a character beyond ASCII"
            message = f"Character {index + 1} is not allowed in a password."
            expected = "printable ASCII: letters a to z, digits, usual punctuation"
            yield finding_at("AC302", value, message, expected, found=found, span=value.part(index, index + 1))
            return


def _around(context: RuleContext, value: Node, found: list[Placeholder]) -> Iterator[RawFinding]:
    first = found[0]
    text = str(value.value)
    outside = text[: first.start] + text[first.end :]
    if outside.strip():
        context.secrets.append(value.span)
    if first.root not in {"secrets", "authentications"}:
        if first.known:
            message = f"{first.text} is not a secret."
            yield finding_at("AC309", value, message, _EXPECTED, found=first.text, span=first.span)
        return
    if not outside:
        return
    blank = not outside.strip()
    more = "white space around it" if blank else f"{first.text} and {len(outside)} more characters (not shown)"
    message, fix = f"More than {first.text} would be sent.", f'"{first.text}"' if blank else None
    yield finding_at("AC304", value, message, f'"{first.text}" alone', found=more, fix=fix)


def _purpose(member: Member, found: list[Placeholder], used: dict[str, Member]) -> Iterator[RawFinding]:
    """AC307: the same secret twice, or the documentation's name of another header's secret."""
    if found[0].root != "secrets":
        return
    name, lower = found[0].rest, nearest(member.name, words.SECRET_HEADERS, cutoff=0.75) or member.name.lower()
    owner = next((header for header, secret in words.SECRET_HEADERS.items() if secret == name), lower)
    twice = name in used and used[name].name.lower() != member.name.lower()
    if twice or owner != lower:
        other = used[name].name if twice else owner
        message = f"{found[0].text} is the secret of {other}."
        expected = f"the secret of {lower}"
        yield finding_at("AC307", member.value, message, expected, found=found[0].text, span=found[0].span)
    used.setdefault(name, member)
