"""``$filter`` as far as C4C documents it, and ``$orderby``. What is not documented is refused with 400.

Documented (C4C OData developer guide): eq (with ``*``), ge, le, and, ``or`` over one property, startswith,
endswith. Not supported: other functions, arithmetic, conditions on navigation properties. ne, gt and lt are not
in the guide's table: whether C4C knows them is assumed. What is refused although its meaning is clear can be
allowed: see ``Allowed``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from c4c_mock.model.edm import EntitySet, Property
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.queries import Both, Compare, Condition, Either, Not, Operator, SortKey, comparisons
from c4c_mock.model.shown import shown
from c4c_mock.wire.literals import LITERAL, value_of

_WORD = re.compile(r"[A-Za-z_$][\w./]*")
_OPERATORS = ("eq", "ge", "le")
_UNDOCUMENTED = ("ne", "gt", "lt")
_FUNCTIONS = frozenset({"startswith", "endswith"})
_CONDITIONS = frozenset({*_OPERATORS, *_UNDOCUMENTED, *_FUNCTIONS, "substringof"})
_MAX_DEPTH = 50


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What a tenant accepts beyond the documented grammar; each is a dialect entry ``filter_…``."""

    substringof: bool = False
    or_across_properties: bool = False
    negation: bool = False
    not_filterable: bool = False
    undocumented: frozenset[str] = frozenset(_UNDOCUMENTED)
    max_conditions: int = 5000

    @property
    def operators(self) -> tuple[str, ...]:
        """The comparisons that are understood."""
        return (*_OPERATORS, *(each for each in _UNDOCUMENTED if each in self.undocumented))

    @property
    def functions(self) -> frozenset[str]:
        """Names of the functions that are understood."""
        return _FUNCTIONS | ({"substringof"} if self.substringof else frozenset())


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int
    literal: re.Match[str] | None = None


def parse_filter(text: str, eset: EntitySet, allowed: Allowed | None = None) -> Condition:
    """Parse a decoded ``$filter``. Raises BadRequest."""
    allowed = allowed or Allowed()
    parser = _Parser(_tokens(text, allowed.max_conditions), eset, allowed)
    condition = parser.either()
    parser.expect("end")
    return condition


def _tokens(text: str, max_conditions: int) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in "(),":
            tokens.append(_Token(text[at], text[at], at))
            at += 1
        elif literal := LITERAL.match(text, at):
            tokens.append(_Token("literal", literal[0], at, literal))
            at = literal.end()
        elif word := _WORD.match(text, at):
            tokens.append(_Token("word", word[0], at))
            at = word.end()
        else:
            raise BadRequest(f"Invalid token at position {at + 1}")
    if sum(t.kind == "word" and t.text in _CONDITIONS for t in tokens) > max_conditions:
        raise BadRequest(f"$filter: more than {max_conditions} conditions")
    return [*tokens, _Token("end", "", len(text))]


class _Parser:
    """Recursive descent; depth is bounded by the number of parentheses it accepts."""

    def __init__(self, tokens: list[_Token], eset: EntitySet, allowed: Allowed) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._eset = eset
        self._allowed = allowed

    def either(self) -> Condition:
        parts = [self.both()]
        while self._skip_word("or"):
            parts.append(self.both())
        if len(parts) == 1:
            return parts[0]
        names = {c.prop.name for part in parts for c in comparisons(part)}
        if len(names) > 1 and not self._allowed.or_across_properties:
            raise BadRequest(f"$filter: or is supported over one property only, found {', '.join(sorted(names))}")
        return Either(tuple(parts))

    def both(self) -> Condition:
        parts = [self._one()]
        while self._skip_word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def expect(self, kind: str) -> _Token:
        token = self._tokens[self._at]
        if token.kind != kind:
            found = shown(token.text) if token.text else "the end"
            raise BadRequest(f"Invalid token at position {token.at + 1}: expected {kind}, found {found}")
        self._at += 1
        return token

    def _skip_word(self, word: str) -> bool:
        token = self._tokens[self._at]
        if token.kind == "word" and token.text == word:
            self._at += 1
            return True
        return False

    def _one(self) -> Condition:
        if self._tokens[self._at].kind == "(":
            return self._group()
        if self._allowed.negation and self._skip_word("not"):
            return self._negated()
        word = self.expect("word")
        if self._tokens[self._at].kind == "(":
            return self._function(word)
        prop = self._property(word)
        operator = self.expect("word")
        if operator.text not in self._allowed.operators:
            expected = ", ".join(self._allowed.operators)
            raise BadRequest(
                f"Invalid token at position {operator.at + 1}: expected one of {expected}, found {shown(operator.text)}"
            )
        return self._compare(prop, operator.text)

    def _group(self) -> Condition:
        self.expect("(")
        self._deeper()
        inside = self.either()
        self.expect(")")
        self._depth -= 1
        return inside

    def _negated(self) -> Condition:
        self._deeper()
        inside = Not(self._one())
        self._depth -= 1
        return inside

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise BadRequest(f"$filter: more than {_MAX_DEPTH} levels")

    def _compare(self, prop: Property, operator: str) -> Compare:
        literal = self.expect("literal").literal
        assert literal is not None
        value = value_of(literal, prop)
        if value is None and operator not in {"eq", "ne"}:
            raise BadRequest(f"$filter: {prop.name} {operator} null has no meaning")
        if prop.type == "Boolean" and operator not in {"eq", "ne"}:
            raise BadRequest(f"$filter: {operator} is not defined for Edm.Boolean ({prop.name})")
        return Compare(prop, cast(Operator, operator), value)

    def _function(self, word: _Token) -> Condition:
        if word.text not in self._allowed.functions:
            raise BadRequest(f"$filter: function {word.text} is not supported; use startswith or endswith")
        self.expect("(")
        if word.text == "substringof":
            literal, prop = self.expect("literal").literal, self._comma_property()
        else:
            prop = self._property(self.expect("word"))
            self.expect(",")
            literal = self.expect("literal").literal
        self.expect(")")
        assert literal is not None
        if prop.type != "String":
            raise BadRequest(f"$filter: {word.text} needs a text property, {prop.name} is Edm.{prop.type}")
        self._skip_eq_true(word)
        value = value_of(literal, prop)
        if value is None:
            raise BadRequest(f"$filter: {word.text} with null has no meaning")
        return Compare(prop, cast(Operator, word.text), value)

    def _comma_property(self) -> Property:
        self.expect(",")
        return self._property(self.expect("word"))

    def _skip_eq_true(self, word: _Token) -> None:
        if self._skip_word("eq") and self.expect("literal").text != "true":
            raise BadRequest(f"$filter: {word.text}(…) can only be compared with true")

    def _property(self, word: _Token) -> Property:
        return filterable(word.text, self._eset, ignore_rights=self._allowed.not_filterable)


def filterable(name: str, eset: EntitySet, *, ignore_rights: bool = False) -> Property:
    """The property a condition may ask about. Raises BadRequest.

    ``ignore_rights``: also where $metadata has ``sap:filterable="false"`` (never a file).
    """
    if "/" in name or name in eset.navigations:
        raise BadRequest(f"$filter: {name} is a navigation; conditions on navigation properties are not supported")
    prop = eset.properties.get(name)
    if prop is None:
        raise BadRequest(f"Property {name} not found in {eset.type_name}")
    if not prop.filterable and (not ignore_rights or prop.type == "Binary"):
        raise BadRequest(f"Property {name} of {eset.type_name} is not filterable")
    return prop


def parse_orderby(text: str, eset: EntitySet) -> list[SortKey]:
    """Parse a decoded ``$orderby``. Raises BadRequest."""
    keys: list[SortKey] = []
    for part in text.split(",") if text else []:
        words = part.split()
        if not words or len(words) > 2 or (len(words) == 2 and words[1] not in {"asc", "desc"}):
            raise BadRequest(f"$orderby: expected 'Property asc' or 'Property desc', found {shown(part.strip())}")
        prop = eset.properties.get(words[0])
        if prop is None or prop.type == "Binary":
            raise BadRequest(f"$orderby: {words[0]} is no property of {eset.type_name} that can be ordered by")
        keys.append(SortKey(prop, descending=words[-1] == "desc"))
    return keys
