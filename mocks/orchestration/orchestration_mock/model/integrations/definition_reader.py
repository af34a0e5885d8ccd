"""Reads the "JSON for Configuration" of an integration when it is saved.

Documented (Event-driven integrations, Request configuration): the keys below, which of them is
required, that `body` is for POST, PUT and PATCH, the 10 s default of `timeout`. Not documented: what
happens to other keys; they are accepted with a warning.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Invalid, NotImitated, PlacedError, described, found_value
from orchestration_mock.model.conditions import BadCondition, parse
from orchestration_mock.model.contact import KNOWN_PATHS
from orchestration_mock.model.integrations.definition import Authentication, Definition, RequestSpec
from orchestration_mock.model.integrations.json_positions import JsonTextError, Located, Path, locate
from orchestration_mock.model.integrations.placeholders import RESPONSE_ROOTS, ROOTS, placeholders_in
from orchestration_mock.model.secrets import read_scope

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODY_METHODS = ("POST", "PUT", "PATCH")
REQUEST_KEYS = (
    "authentication", "method", "headers", "params", "body", "condition", "timeout", "proxy", "block",
    "verify", "delay", "delayMax",
)  # fmt: skip
#: A letter or an underscore, then letters, digits, ``_``, ``-``, ``.``.
_XML_NAME = re.compile(r"[^\W\d][\w.-]*")
RESPONSE_KEYS = ("set", "save")
#: An address, or host and port: what a Python requests client accepts.
_PROXY = re.compile(r"((https?|socks5h?)://)?([^\s/@]+@)?[A-Za-z0-9.-]+(:\d{1,5})?/?", re.ASCII)
MAX_JSON_CHARS = 200_000


def read_definition(text: str, *, secrets_outside_headers: bool) -> Definition:
    """Read a configuration text. Raises ``Invalid`` (or ``NotImitated``) with line and column of every error."""
    if len(text) > MAX_JSON_CHARS:
        raise Invalid("The JSON is too long.", FieldError("json", f"at most {MAX_JSON_CHARS} characters", "shorten it"))
    try:
        located = locate(text)
    except JsonTextError as exc:
        raise Invalid(f"The JSON cannot be read: {exc.message}.", _syntax_error(exc, text)) from exc
    return _DefinitionReader(located, secrets_outside_headers=secrets_outside_headers).definition()


def _syntax_error(exc: JsonTextError, text: str) -> PlacedError:
    remedy = f"{exc.message}; look at line {exc.line}, column {exc.column}"
    if text.startswith("\ufeff"):
        remedy = "the text begins with a byte order mark; save the file as UTF-8 without it"
    return PlacedError("json", "valid JSON", remedy, line=exc.line, column=exc.column)


def odd_placeholder(name: str, roots: tuple[str, ...]) -> str | None:
    """A warning about a placeholder that is not documented; None when it is."""
    root, _, attribute = name.partition(".")
    if root not in roots:
        return f"{{{name}}} begins with none of {', '.join(roots)}"
    if root == "contact" and attribute and attribute not in KNOWN_PATHS and not attribute.startswith("attached_data."):
        return f"{{{name}}} is not among the documented attributes of a conversation"
    return None


class _DefinitionReader:
    def __init__(self, located: Located, *, secrets_outside_headers: bool) -> None:
        self.located = located
        self.secrets_outside_headers = secrets_outside_headers
        self.errors: list[PlacedError] = []
        self.warnings: list[str] = []
        self.not_imitated = False
        self.has_request = False

    def wrong(self, path: Path, expected: str, remedy: str, found: object = None) -> None:
        line, column = self.located.where(path)
        name = "json" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        self.errors.append(PlacedError(name, expected, remedy, **found_value(found), line=line, column=column))

    def warn(self, path: Path, message: str) -> None:
        line, column = self.located.where(path)
        self.warnings.append(f"line {line}, column {column}: {message}")

    def object_at(self, parent: Any, path: Path, *, required: bool = False) -> dict[str, Any]:
        """The object at the last step of ``path``; an error when it is something else."""
        value = parent.get(path[-1]) if isinstance(parent, dict) else None
        if isinstance(value, dict):
            return value
        absent = isinstance(parent, dict) and path[-1] not in parent
        if required or not absent:
            self.wrong(path, "a JSON object", f'write "{path[-1]}": {{ ... }}', value)
        return {}

    def definition(self) -> Definition:
        value = self.located.value
        if not isinstance(value, dict):
            self.wrong((), "a JSON object", 'begin with { "request": { ... } }', value)
            value = {}
        self.has_request = "request" in value
        request = self.object_at(value, ("request",), required=True)
        response = self.object_at(value, ("response",))
        spec = self.request_spec(request)
        written_back = {key: self.object_at(response, ("response", key)) for key in RESPONSE_KEYS}
        self.odd_members(value, request, response)
        self.check_placeholders(request)
        self.check_response(written_back)
        found = Definition(
            text=self.located.text,
            request=spec,
            response_set=written_back["set"],
            response_save=written_back["save"],
            warnings=tuple(self.warnings),
            used_secrets=self.used_secrets(value, spec),
        )
        if self.errors:
            kind = NotImitated if self.not_imitated else Invalid
            raise kind("The JSON for configuration was not saved.", *self.errors)
        return found

    def request_spec(self, request: dict[str, Any]) -> RequestSpec:
        method = self.method(request)
        if "body" in request and method not in BODY_METHODS:
            self.warn(("request", "body"), f"body is documented for POST, PUT and PATCH; {method} sends none")
        delay = self.seconds(request, "delay") or 0.0
        return RequestSpec(
            method=method,
            headers=self.headers(request),
            params=self.object_at(request, ("request", "params")),
            body=self.body(request) if method in BODY_METHODS else None,
            condition=self.condition(request),
            timeout_s=self.seconds(request, "timeout"),
            verify=self.flag(request, "verify", True),
            delay_s=delay,
            delay_max_s=max(delay, self.seconds(request, "delayMax") or delay),
            authentication=self.authentication(request),
            proxy=self.proxy(request),
            block=self.flag(request, "block", False),
        )

    def method(self, request: dict[str, Any]) -> str:
        value = request.get("method")
        if isinstance(value, str) and value.upper() in METHODS:
            return value.upper()
        if self.has_request:
            self.wrong(("request", "method"), "one of " + ", ".join(METHODS), 'write "method": "POST"', value)
        return "POST"

    def headers(self, request: dict[str, Any]) -> dict[str, Any]:
        headers = self.object_at(request, ("request", "headers"))
        for name, value in headers.items():
            path = ("request", "headers", name)
            if not name or not name.isascii() or not all(c.isalnum() or c in "!#$%&'*+-.^_`|~" for c in name):
                self.wrong(path, "a header name of letters, digits and hyphens", "correct the name", name)
            if isinstance(value, dict | list) or value is None:
                self.wrong(path, "a string", f'write "{name}": "..."', value)
            elif isinstance(value, str) and any(ord(c) < 32 or ord(c) == 127 for c in value):
                self.wrong(path, "no line breaks and control characters", "keep the value on one line")
        return headers

    def body(self, request: dict[str, Any]) -> Any:
        body = request.get("body")
        if body is not None and not isinstance(body, dict):
            self.warn(("request", "body"), f"body is documented as an object, found {described(body)}; sent as it is")
        return body

    def condition(self, request: dict[str, Any]) -> ast.expr | None:
        text, path = request.get("condition"), ("request", "condition")
        if text is None:
            return None
        if not isinstance(text, str):
            self.wrong(path, "a string with a Python expression", "put the expression in quotes", text)
            return None
        try:
            return parse(text)
        except BadCondition as exc:
            self.not_imitated = self.not_imitated or exc.not_imitated
            place = f"in the condition, line {exc.line}, column {exc.column}"
            self.wrong(path, "a condition that this mock can evaluate", f"{exc.message} ({place})", text)
            return None

    def seconds(self, request: dict[str, Any], key: str) -> float | None:
        value = request.get(key)
        if value is None:
            return None
        try:
            number = float(value) if isinstance(value, int | float | str) else float("nan")
        except ValueError:
            number = float("nan")
        if isinstance(value, bool) or not 0 <= number <= 86_400 or (key == "timeout" and number == 0):
            self.wrong(("request", key), "a number of seconds", f'write "{key}": 10', value)
            return None
        return number

    def proxy(self, request: dict[str, Any]) -> str:
        value = request.get("proxy", "auto")
        if not isinstance(value, str) or not _PROXY.fullmatch(value):
            expected, remedy = '"auto", "no" or the address of a proxy', 'write "proxy": "http://proxy.example:3128"'
            self.wrong(("request", "proxy"), expected, remedy)
            return "auto"
        if value not in ("auto", "no"):
            self.warn(("request", "proxy"), "this mock uses no proxy: it connects directly and notes it")
        if "@" in value:
            self.warn(("request", "proxy"), "a password is written here in clear text")
        return value

    def flag(self, request: dict[str, Any], key: str, default: bool) -> bool:
        value = request.get(key, default)
        if not isinstance(value, bool):
            self.wrong(("request", key), "true or false", f'write "{key}": true', value)
            return default
        return value

    def authentication(self, request: dict[str, Any]) -> Authentication:
        value = self.object_at(request, ("request", "authentication"))
        if not value:
            return Authentication()
        path = ("request", "authentication")
        kind, ref = value.get("type"), value.get("secrets_ref")
        if kind not in ("basic", "oauth"):
            self.wrong((*path, "type"), '"basic" or "oauth"', 'write "type": "oauth"', kind)
        if ref is not None and not isinstance(ref, str):
            self.wrong((*path, "secrets_ref"), "the name of a secret", 'write "secrets_ref": "name"', ref)
            ref = None
        if kind == "oauth" and ref is None:
            for name in ("client_id", "access_token_url"):
                if not isinstance(value.get(name), str):
                    self.wrong((*path, name), "a string, or secrets_ref instead", f'write "{name}": "..."')
            if read_scope(value.get("scope")) is None:
                self.wrong((*path, "scope"), "a list of strings", 'write "scope": ["..."]', value["scope"])
        inline = {name: item for name, item in value.items() if name not in ("type", "secrets_ref")}
        found = Authentication(kind=str(kind), secrets_ref=ref, inline=inline)
        if found.literal_secrets:
            self.warn(path, "a password is written here in clear text; the secrets manager is the place for it")
        return found

    def odd_members(self, value: dict[str, Any], request: dict[str, Any], response: dict[str, Any]) -> None:
        members: list[tuple[Path, dict[str, Any], tuple[str, ...]]] = [
            ((), value, ("request", "response")),
            (("request",), request, REQUEST_KEYS),
            (("response",), response, RESPONSE_KEYS),
        ]
        for path, found, known in members:
            for name in found:
                if name not in known:
                    self.warn((*path, name), f"{name} is not a documented key of {path[-1] if path else 'the JSON'}")
        for path in self.located.repeated:
            self.warn(path, f"{path[-1]} occurs twice; the last one counts")

    def check_placeholders(self, request: dict[str, Any]) -> None:
        for key in ("headers", "params", "body"):
            for name in placeholders_in(request.get(key)):
                self.check_placeholder(key, name)

    def check_response(self, written_back: dict[str, dict[str, Any]]) -> None:
        """Agents can read what is saved, so no secret may be in it; attached data has XML element names as keys."""
        for name in written_back["save"]:
            if name != "*" and not is_attached_data_key(name):
                words = f"{name!r} is no XML element name (no blank, no digit or punctuation first): it is not kept"
                self.warn(("response", "save", name), words)
        for key, values in written_back.items():
            for name in placeholders_in(values):
                if name.partition(".")[0] in ("secrets", "authentications"):
                    self.wrong(("response", key), "no secrets: agents can read this", f"remove {{{name}}}")
                elif odd := odd_placeholder(name, RESPONSE_ROOTS):
                    self.warn(("response", key), odd)

    def check_placeholder(self, key: str, name: str) -> None:
        root = name.partition(".")[0]
        path: Path = ("request", key)
        if odd := odd_placeholder(name, ROOTS):
            self.warn(path, odd)
        if root == "secrets" and key != "headers" and not self.secrets_outside_headers:
            remedy = f"move {{{name}}} to a header, or set the dialect secrets_outside_headers"
            self.wrong(path, "secrets in headers only, as documented", remedy)

    def used_secrets(self, value: dict[str, Any], spec: RequestSpec) -> frozenset[str]:
        names = {name.partition(".")[2] for name in placeholders_in(value) if name.startswith("secrets.")}
        ref = spec.authentication.secrets_ref
        return frozenset(names | ({ref} if ref else set()))


def is_attached_data_key(name: str) -> bool:
    """Whether it is an XML element name. Source: best practices, Attached data; evidence: documented."""
    return _XML_NAME.fullmatch(name) is not None
