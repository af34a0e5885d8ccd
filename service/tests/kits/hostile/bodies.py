"""Odd bodies: JSON that is none, that is too much, or that says something else than it seems to."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from ingress_kit import a_body

Changed = Callable[[dict[str, Any]], Any]


def _text(**changes: Any) -> bytes:
    return json.dumps(a_body(**changes)).encode()


def _with(raw: str, value: str) -> bytes:
    """The good body with one member's JSON text replaced."""
    body = a_body(**{raw: "@@"})
    return json.dumps(body).replace('"@@"', value).encode()


def not_json() -> dict[str, bytes]:
    good = _text()
    return {
        "empty": b"",
        "blanks": b"   \r\n\t ",
        "NUL": b"\0",
        "a brace": b"{",
        "cut off": good[:-1],
        "cut off in a text": good[:40],
        "a comma too much": good[:-1] + b",}",
        "single quotes": good.replace(b'"', b"'"),
        "a comment": b"/* */" + good,
        "a comment at the end": good + b"// x",
        "two documents": good + good,
        "something behind it": good + b"x",
        "names without quotes": b"{cmi_url: 1}",
        "JSON lines": good + b"\n" + good,
        "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "YAML": b"cmi_url: !!python/object/apply:os.system [id]\n",
        "a form": b"cmi_url=a&cmi_user=b",
        "a pickle": b"cos\nsystem\n(S'id'\ntR.",
        "CSV": b"cmi_url,cmi_user\r\na,b\r\n",
        "JavaScript": b")]}',\n" + good,
        "MessagePack": b"\x81\xa7cmi_url\xa1a",
        "NaN": _with("contact_id", "NaN"),
        "Infinity": _with("contact_id", "Infinity"),
        "minus Infinity": _with("contact_id", "-Infinity"),
        "a number in octal": _with("contact_id", "012"),
        "a number in hex": _with("contact_id", "0x12"),
        "a number that ends in a dot": _with("contact_id", "1."),
        "a plus": _with("contact_id", "+1"),
        "an escape that is none": _with("cmi_user", '"\\x41"'),
        "a raw line end in a text": _with("cmi_user", '"a\nb"'),
        "a raw NUL in a text": _with("cmi_user", '"a\0b"'),
        "Latin-1": a_latin_1(),
        "UTF-16 with a mark": json.dumps(a_body()).encode("utf-16"),
        "UTF-16 without": json.dumps(a_body()).encode("utf-16-le"),
        "UTF-32": json.dumps(a_body()).encode("utf-32"),
        "a byte order mark": b"\xef\xbb\xbf" + good,
        "overlong UTF-8": good.replace(b"transcript.user", b"\xc0\xafuser"),
        "half of a surrogate pair in UTF-8": good.replace(b"transcript.user", b"\xed\xa0\x80"),
        "beyond Unicode": good.replace(b"transcript.user", b"\xf5\x80\x80\x80"),
        "packed": gzip.compress(good),
        "random": bytes((number * 167 + 13) % 256 for number in range(2_000)),
    }


def a_latin_1() -> bytes:
    return json.dumps(a_body(cmi_user="Müller"), ensure_ascii=False).encode("latin-1")


def too_much() -> dict[str, bytes]:
    return {
        "lists 100,000 deep": b"[" * 100_000,
        "lists 100,000 deep and closed": b"[" * 100_000 + b"]" * 100_000,
        "objects 50,000 deep": b'{"a":' * 50_000,
        "objects 50,000 deep in a member": _with("sap_v1", '{"a":' * 20_000 + "1" + "}" * 20_000),
        "objects 1,000 deep in an unknown member": _with("x", '{"a":' * 1_000 + "1" + "}" * 1_000),
        "lists 33 deep in an unknown member": _with("x", "[" * 33 + "]" * 33),
        "a number of 5,000 digits": _with("contact_id", "1" * 5_000),
        "a number with a huge exponent": _with("contact_id", "1e999999999"),
        "a text of 200,000": _text(cmi_user="u" * 200_000),
        "an address of 10,000": _text(cmi_url="https://a.execute-api.eu-central-1.amazonaws.com/" + "a" * 10_000),
        "a megabyte": _text(x="y" * 2**20),
        "16 megabytes": _text(x="y" * 2**24),
        "100,000 escapes": _with("cmi_user", '"' + "\\u0041" * 40_000 + '"'),
    }


def wrong_types() -> dict[str, bytes]:
    values: list[Any] = [None, True, 0, -1, 1.5, [], ["a"], {}, {"a": 1}, [[]]]
    found = {f"the whole is {value!r}": json.dumps(value).encode() for value in [*values, "a text"]}
    for member in ("cmi_url", "cmi_user", "contact_id"):
        for value in values[1:7]:
            found[f"{member} is {value!r}"] = _with(member, json.dumps(value))
    for value in (True, 0, "text", [], {}, [{"url": 1}]):
        found[f"sap_v1 is {value!r}"] = _with("sap_v1", json.dumps(value))
    for missing in ("cmi_url", "cmi_user", "contact_id", "sap_v1"):
        found[f"no {missing}"] = _text(**{missing: None})
        found[f"{missing} is null"] = _with(missing, "null")
    return found


def wrong_texts() -> dict[str, bytes]:
    contact_ids = [
        "",
        " ",
        "0",
        "5AB6E20342A6EE11B3ED58961D1810C",
        "5AB6E20342A6EE11B3ED58961D1810CCC",
        "../../etc",
        "{contact.guid}",
        "' OR 1=1 --",
        "5AB6E20342A6EE11B3ED58961D1810Cﬀ",
        "٥AB6E20342A6EE11B3ED58961D1810CC",
        "5AB6E203\x0042A6EE11B3ED58961D1810CC",
        "G" * 32,
    ]
    users = ["", "a:b", "a\nb", "a\r\nX-Evil: 1", "a\0b", "\x7f", "u" * 256, "\ud800"]
    urls = [
        "",
        "x",
        "http://my1.crm.cloud.sap",
        "https://",
        "https:///x",
        "//my1.crm.cloud.sap",
        "ftp://my1.crm.cloud.sap",
        "https://u:p@my1.crm.cloud.sap",
        "https://my1.crm.cloud.sap?x",
        "https://my1.crm.cloud.sap#x",
        "https://my1.crm.cloud.sap\\@evil.example",
        "https://my1.crm.cloud.sap\n.evil.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://my1 .crm.cloud.sap",
        "https://my1.crm.cloud.sap/\u2028",
        "data:,x",
    ]
    return {
        **{f"contact id {value!r}": _text(contact_id=value) for value in contact_ids},
        **{f"user {value!r}"[:60]: _text(cmi_user=value) for value in users},
        **{
            f"C4C user {value!r}"[:60]: _text(sap_v1={"url": "https://my1.crm.cloud.sap", "user": value})
            for value in users
        },
        **{f"C4C {value!r}": _text(sap_v1={"url": value, "user": "u"}) for value in urls},
    }


def foreign_hosts() -> dict[str, bytes]:
    """Well formed, and an address where the service must not go: refused by name."""
    hosts = [
        "evil.example",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "metadata.google.internal",
        "my1.crm.cloud.sap.evil.example",
        "evilcrm.cloud.sap",
        "crm.cloud.sap",
        "my1.crm.cloud.sap:99999",
        "my1.crm.cloud.sap:0x1",
        "xn--crm-cloud.sap",
        "ⓛocalhost",
    ]
    return {
        **{f"C4C at {host}": _text(sap_v1={"url": f"https://{host}", "user": "u"}) for host in hosts},
        **{f"CMI at {host}": _text(cmi_url=f"https://{host}/acme/cmi") for host in hosts},
    }


def all_bodies() -> dict[str, tuple[bytes, set[int]]]:
    """Name to body and the statuses that are right."""
    found: dict[str, tuple[bytes, set[int]]] = {}
    for bodies, right in (
        (not_json(), {400}),
        (too_much(), {400, 413}),
        (wrong_types(), {400}),
        (wrong_texts(), {400}),
        (foreign_hosts(), {400, 403}),
    ):
        assert not found.keys() & bodies.keys()
        found |= {name: (body, right) for name, body in bodies.items()}
    return found
