"""Requests that no sensible client sends, made from a number: for a test that looks for a request that breaks the mock.

A request's number decides it, so every run sends the same ones and ``request_of(number)`` shows the one that failed.
Most of a request is regular, and a piece or two of it is not: so it gets far enough to break something.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote, quote_plus

from c4c_caller import ROOT

Request: TypeAlias = tuple[str, str, str, dict[str, str], bytes]
"""Method, path as it is in WSGI, query, headers, body."""

T = TypeVar("T")
META = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
CHAT, CALL = "C" * 32, "D" * 32

SETS = {
    "ChatActivityCollection": ("chatactivity", CHAT),
    "ChatActivityAttachmentCollection": ("chatactivity", "E" * 32),
    "ChatActivityBTDReferenceCollection": ("c4codataapi", "x"),
    "ChatActivityTypeCodeCollection": ("chatactivity", "1976"),
    "ChatActivityAttachmentFolderTypeCodeCollection": ("chatactivity", "10001"),
    "PhoneCallCollection": ("activity", CALL),
    "PhoneCallNotesCollection": ("c4codataapi", "F" * 32),
    "SocialMediaActivityCollection": ("socialmediaactivity", "x"),
    "ODataServiceCollection": ("odataservicecatalog", "activity"),
    "GetSocialMediaUserProfile": ("socialmediaactivity", "x"),
}
TICKED = ["chatactivity", "activity", "socialmediaactivity", "c4codataapi"]
SERVICES = ["", "c4codata", *TICKED, "call_list", "odataservicecatalog", "no"]
NAVIGATIONS = ["ChatActivityAttachment", "ChatActivityBTDReference", "ChatActivity", "PhoneCallNotes", "PhoneCall"]
PROPERTIES = [
    *["ObjectID", "ETag", "SubjectName", "TypeCode", "TypeCodeText", "CompletionPercent", "BouncedIndicator"],
    *["ActualStartDateTime", "CreationDate", "ActivityWorklistItemUUID", "Binary", "Name", "MimeType"],
    *["CategoryCode", "ParentObjectID", "SizeInkB", "DocumentLink", "Text", "Subject", "Code", "Context"],
]
LITERALS = [
    *["'x'", "''", "'it''s'", f"'{CHAT}'", "'*'", "'", "5", "-1.5M", "1e999", "1.5d", "10L", "1f", "true", "null"],
    *["guid'00000000-0000-0000-0000-000000000000'", "guid'x'", "datetime'2020-01-01T00:00:00'", "datetime'2020-02-30'"],
    *["datetimeoffset'2020-01-01T00:00:00Z'", "datetimeoffset'0001-01-01T00:00:00+14:00'", "time'PT1H'", "X'0F'"],
    *["binary'0'", "NaN", "9" * 400, "'ä\u202e'", "'\x00'", "%27", "+"],
]
WORDS = [
    *["eq", "ne", "gt", "ge", "lt", "le", "and", "or", "not", "(", ")", ",", "startswith(", "endswith("],
    *["substringof(", "tolower(", "add", "desc", "asc", "*", "/", "any", "$it", "year("],
]
CONDITIONS = [
    *["SubjectName eq '*a*'", "ObjectID ne 'x'", "startswith(SubjectName,'a')", "endswith(TypeCode,'6')"],
    *["CompletionPercent ge 1.5M", "BouncedIndicator eq true", "CreationDate lt datetime'2030-01-01T00:00:00'"],
    *["ActualStartDateTime eq null", "(SubjectName eq 'a' or SubjectName eq 'b')", "Subject gt 'a'", "ID eq '*'"],
]
ODD_TEXTS = ["..", "//", "%", "%2F", "%ff", "\r\n", "\0", "", " ", "\u202e", "𝕏", "ﬀ", "'" * 9, "(" * 99, "x" * 5000]
ETAG = "W/\"datetimeoffset'2015-02-03T21%3A07%3A03.5328420Z'\""
TEMPLATES: dict[str, dict[str, Any]] = {
    "PhoneCallCollection": {"Subject": "a", "Phone": "+1", "StartDateTime": "2020-01-01T00:00:00Z"},
    "PhoneCallNotesCollection": {"ParentObjectID": CALL, "Text": "note", "TypeCode": "10002"},
    "ChatActivityCollection": {"SubjectName": "a", "CompletionPercent": "12.5", "BouncedIndicator": True},
    "SocialMediaActivityCollection": {"Text": "hello", "CategoryCode": "003"},
}
UPLOAD = {
    "ParentObjectID": CHAT,
    "Name": "f",
    "TypeCode": "10001",
    "CategoryCode": "2",
    "MimeType": "text/plain",
    "Binary": "QUJD",
}
ODD_HEADERS = {
    "Accept": ["text/html", "a;q=x", "application/json;q=1e9"],
    "Content-Type": ["multipart/mixed", "application/json;charset=utf-16", "", "text/plain"],
    "x-http-method": ["GET", "x", "MERGE", "DELETE", "PUT", "PATCH"],
    "If-Match": ["x", ",", "*", ETAG],
    "If-None-Match": ["*", "x", ETAG],
    "x-csrf-token": ["x", "ä", "fetch"],
    "DataServiceVersion": ["3.0", "x", "9" * 9, "2.0"],
    "Authorization": ["", "Basic", "Basic ä", "Basic OjpwOg==", "Bearer x", "Basic ////"],
    "Range": ["bytes=0-0", "bytes=9-1", "bytes=-", "bytes=-5", "x", "bytes=0-1,3-4"],
    "odata-v2-strict-json-format": ["true", "x"],
    "odata-no-response-payload": ["true"],
    "odata-no-codedescs": ["true"],
    "Accept-Encoding": ["gzip", "gzip;q=x", "*"],
}


class RequestMaker:
    """Makes one request; ``rate`` is the chance that a piece of it is odd."""

    def __init__(self, number: int) -> None:
        self.rng = Random(number)
        self.rate = self.rng.choice([0.0, 0.05, 0.15, 0.5])

    def odd(self) -> bool:
        """Whether this piece is to be odd."""
        return self.rng.random() < self.rate

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return self.rng.choice(choices)

    def some(self, make: Callable[[], T], most: int) -> list[T]:
        """A few of what ``make`` makes."""
        return [make() for _ in range(self.rng.randint(0, most))]

    def weird(self) -> str:
        """A text that does not belong here."""
        letters = "".join(chr(self.rng.choice([9, 39, 40, 47, 65, 228, 0x3C0, 0x1F600])) for _ in range(4))
        return self.pick([*LITERALS, *WORDS, *PROPERTIES, *ODD_TEXTS, letters])

    def key(self, usual: str) -> str:
        """A key predicate, or none."""
        if not self.odd():
            return self.pick([f"('{usual}')", f"('{usual}')", ""])
        odd = ["()", "(Context='',Code='10001')", "(", "(,)", f"(ObjectID='{usual}')", "(ObjectID=5)", "(a='b',a='b')"]
        return self.pick([*odd, f"({self.pick(LITERALS)})", f"({self.weird()})"])

    def step(self) -> str:
        """What follows an entity in a path."""
        if self.odd():
            return self.pick(["$metadata", "$batch", "", "$value", "$links", "$count", self.weird()])
        return self.pick([*NAVIGATIONS, *NAVIGATIONS, *PROPERTIES, "Binary/$value", "Name/$value"])

    def resource(self) -> tuple[str, str, str]:
        """Service, set and path."""
        name, (service, usual) = self.pick(list(SETS.items()))
        steps = self.some(self.step, 4 if self.odd() else 1)
        path = "/".join([name + self.key(usual), *steps])
        if self.odd():
            path = self.pick(["", "$metadata", self.weird(), path + "/$count", path + "/"])
        return self.pick(SERVICES) if self.odd() else service, name, path

    def condition(self) -> str:
        """A condition of a filter."""
        if self.odd():
            return " ".join(self.some(lambda: self.pick([*PROPERTIES, *WORDS, *LITERALS]), 6))
        return self.pick(CONDITIONS)

    def option(self) -> tuple[str, str]:
        """A query option with its value."""
        name = self.pick(["$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$skiptoken", "$format", "x"])
        if self.odd():
            odd = ["-1", "x", "9" * 30, "٣", "/".join(self.some(lambda: self.pick(NAVIGATIONS), 12)), self.weird()]
            return self.pick([name, "$inlinecount", "$search", "$callback", "ID", self.weird()]), self.pick(odd)
        values = {
            "$filter": " and ".join([self.condition(), *self.some(self.condition, 2)]),
            "$select": ",".join([self.pick(PROPERTIES), *self.some(lambda: self.pick([*NAVIGATIONS, "*"]), 2)]),
            "$expand": "/".join([self.pick(NAVIGATIONS), *self.some(lambda: self.pick(NAVIGATIONS), 1)]),
            "$orderby": self.pick(PROPERTIES) + self.pick(["", " asc", " desc"]),
            "$format": self.pick(["json", "atom", "xml"]),
            "x": "1",
        }
        return name, values.get(name, self.pick(["0", "1", "2", "1000"]))

    def value(self, depth: int = 3) -> Any:
        """A JSON value."""
        words = ["x", "/Date(0)/", "2020-01-01T00:00:00Z", self.weird()]
        kinds: list[Any] = [None, True, 5, -1.5, 10**400, float("inf"), *words, [], {}]
        if depth and self.odd():
            return self.pick([[self.value(depth - 1)], {self.pick(PROPERTIES): self.value(depth - 1)}])
        return self.pick(kinds)

    def members(self, name: str) -> dict[str, Any]:
        """The members of an entity of a set."""
        made: dict[str, Any] = {**(UPLOAD if "Attachment" in name else TEMPLATES.get(name, {"Name": "x"}))}
        if name == "PhoneCallCollection" and self.rng.random() < 0.3:
            made["PhoneCallNotes"] = self.some(lambda: {"Text": self.weird()}, 3)
        for member in list(made):
            if self.odd():
                made[member] = self.value()
        if self.odd():
            made[self.pick([*PROPERTIES, *NAVIGATIONS, "__metadata", self.weird()])] = self.value()
        return made

    def body(self, name: str) -> tuple[bytes, str]:
        """A body and its declared type."""
        made = self.members(name)
        raw, kind = (
            (as_json(made), "application/json") if self.rng.random() < 0.7 else (as_atom(made), "application/atom+xml")
        )
        if self.odd():
            raw = self.pick(
                [raw[: self.rng.randint(0, len(raw))], self.rng.randbytes(30), as_json(self.value()), b"", b"[" * 9999]
            )
        if self.odd():
            kind = self.pick(
                ["application/json", "application/atom+xml", "text/plain", "a;charset=x", "application/xml"]
            )
        return raw, kind

    def headers(self, kind: str) -> dict[str, str]:
        """Request headers."""
        made = {"Accept": self.pick(["application/json", "application/json", "application/atom+xml", ""])}
        made["Content-Type"] = kind
        for name, values in ODD_HEADERS.items():
            if self.rng.random() < self.rate / 3:
                made[name] = self.pick(values)
        return made

    def method(self, usual: Sequence[str]) -> str:
        """A verb."""
        return self.pick(["FOO", "OPTIONS", "get", "TRACE"]) if self.odd() and self.odd() else self.pick(usual)

    def part(self, verbs: Sequence[str]) -> bytes:
        """One part of a batch."""
        _, name, path = self.resource()
        body, kind = self.body(name)
        method = self.method(verbs)
        if method == "POST":
            path = path.partition("(")[0] if not self.odd() else path
        options = self.some(self.option, 1)
        url = quote(path, safe="/$()=,'") + (f"?{encoded(options)}" if options else "")
        accept = self.pick(["application/json", "application/atom+xml"])
        head = f"{method} {url} HTTP/1.1\r\nContent-Type: {kind}\r\nAccept: {accept}\r\nContent-ID: 1\r\n\r\n"
        outer = self.pick(["text/plain", "multipart/mixed", ""]) if self.odd() else "application/http"
        whole = f"Content-Type: {outer}\r\nContent-Transfer-Encoding: binary\r\n\r\n{head}".encode()
        return whole + (b"" if method == "GET" else body) + b"\r\n"

    def batch(self) -> bytes:
        """A batch of reads and a change set."""
        writes = self.some(lambda: self.part(["POST", "POST", "PATCH", "DELETE", "MERGE"]), 3)
        change = b"Content-Type: multipart/mixed; boundary=c\r\n\r\n" + multipart(writes, b"c", closed=not self.odd())
        reads = self.some(lambda: self.part(["GET"]), 2)
        return multipart([*reads, change], b"b", closed=not self.odd())

    def request(self) -> Request:
        """Method, path as it is in WSGI, query, headers, body."""
        service, name, path = self.resource()
        if self.rng.random() < 0.15:
            return "POST", f"{ROOT}/{service}/$batch", "", self.headers("multipart/mixed; boundary=b"), self.batch()
        body, kind = self.body(name)
        method = self.method(["GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "PATCH", "MERGE", "DELETE"])
        if method == "POST" and not self.odd():
            path = path.partition("(")[0]
        options = self.some(self.option, 2) if method in {"GET", "HEAD"} or self.odd() else []
        stray = self.pick(["%", "$filter", "\xff", "&&=&"]) if self.odd() and self.odd() else ""
        return method, f"{ROOT}/{service}/{path}", stray + encoded(options), self.headers(kind), body


def request_of(number: int) -> Request:
    """The request of that number."""
    return RequestMaker(number).request()


def as_json(value: object) -> bytes:
    """JSON, sometimes with values that JSON does not have (NaN, Infinity)."""
    return json.dumps(value).encode()


def as_atom(value: dict[str, Any]) -> bytes:
    """An entry with the members of an object; their text is not escaped, on purpose."""
    inside = "".join(
        f"<d:{name}>{text if isinstance(text, str) else json.dumps(text)}</d:{name}>" for name, text in value.items()
    )
    spaces = f'xmlns="http://www.w3.org/2005/Atom" xmlns:m="{META}" xmlns:d="{META.removesuffix("/metadata")}"'
    whole = f"<entry {spaces}><content><m:properties>{inside}</m:properties></content></entry>"
    return whole.encode()


def encoded(options: Iterable[tuple[str, str]]) -> str:
    """A query string."""
    return "&".join(f"{quote(name, safe='$')}={quote_plus(value)}" for name, value in options)


def multipart(pieces: Iterable[bytes], boundary: bytes, *, closed: bool) -> bytes:
    """A multipart body, sometimes without its end."""
    body = b"".join(b"--%s\r\n%s" % (boundary, piece) for piece in pieces)
    return body + (b"--%s--\r\n" % boundary if closed else b"")
