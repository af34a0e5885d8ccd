"""Framing tricks: bytes that two programs in a row could read as different numbers of requests.

Each trick wraps a second request, the *smuggled* one, which asks for another contact under the first one's token.
Whoever stands in front sees one request; if the API sees two, an attacker speaks with somebody else's credentials.

Sources: RFC 9112 sections 2.2, 3, 5.1, 5.2, 6.3, 7.1 and 11.2 (request smuggling); CVE-2019-18277, CVE-2021-43797,
CVE-2022-32213 and their kind.
"""

from __future__ import annotations

from dataclasses import dataclass

CRLF = b"\r\n"


@dataclass(frozen=True)
class Parts:
    """What the tricks are made of: the head of a good request without its framing, its body, a whole second request."""

    path: bytes
    head: bytes
    body: bytes
    second: bytes

    def request(
        self, framing: bytes, payload: bytes, *, line: bytes = b"", head: bytes | None = None, end: bytes = CRLF
    ) -> bytes:
        first = line or b"POST " + self.path + b" HTTP/1.1"
        return first + end + (self.head if head is None else head) + framing + end + payload


#: Tricks whose first request is one that RFC 9112 lets a server take; everything else must be refused.
TAKEN = frozenset(
    {
        "CL covers both, TE ends early",  # 6.3: TE overrides CL, and the connection must be closed, which it is
        "TE first, CL covers both",
        "CL shorter than the chunks",
        "CL 0 and TE",
        "an underscore for the hyphen of TE",  # another header, and no framing
        "TE twice",
        "TE another, then chunked",
        "a framing header in the trailer",  # trailers are dropped
        "a token in the trailer",
        "an absolute target elsewhere",  # 3.2.2: the path counts; the host decides nothing here
        "a method in small letters",
        "an upgrade to HTTP/2",  # refused by being answered in HTTP/1.1
        "no Host",
        "a Host with a path",
    }
)
#: Chunked is the last coding, so the body's end is beyond doubt, and what follows is a request of its own (6.3).
PIPELINED = frozenset({"TE twice", "TE another, then chunked"})


def chunked(body: bytes, *, size: bytes | None = None, end: bytes = CRLF, last: bytes = b"0\r\n\r\n") -> bytes:
    return (b"%x" % len(body) if size is None else size) + end + body + end + last


def tricks(parts: Parts) -> dict[str, bytes]:
    """Name to the bytes on the wire."""
    p, body, second = parts, parts.body, parts.second
    length = b"Content-Length: %d\r\n" % len(body)
    longer = b"Content-Length: %d\r\n" % (len(body) + len(second))
    te = b"Transfer-Encoding: chunked\r\n"
    small = chunked(body)
    return {
        # ── both ways to say where the body ends ────────────────────────────────────────────────
        "CL covers both, TE ends early": p.request(longer + te, small + second),
        "TE first, CL covers both": p.request(te + longer, small + second),
        "CL shorter than the chunks": p.request(b"Content-Length: 4\r\n" + te, small + second),
        "CL 0 and TE": p.request(b"Content-Length: 0\r\n" + te, small + second),
        # ── two lengths ─────────────────────────────────────────────────────────────────────────
        "two different CL": p.request(length + longer, body + second),
        "two different CL, the other order": p.request(longer + length, body + second),
        "a list of different CL": p.request(b"Content-Length: %d, %d\r\n" % (len(body), len(body) + 9), body + second),
        "CL with a plus": p.request(b"Content-Length: +%d\r\n" % len(body), body + second),
        "CL with a minus": p.request(b"Content-Length: -%d\r\n" % len(body), body + second),
        "CL in hex": p.request(b"Content-Length: 0x%x\r\n" % len(body), body + second),
        "CL with an underscore": p.request(b"Content-Length: 1_0\r\n", body + second),
        "CL with a fraction": p.request(b"Content-Length: %d.0\r\n" % len(body), body + second),
        "CL beyond 64 bits": p.request(b"Content-Length: 18446744073709551617\r\n", body + second),
        "CL empty": p.request(b"Content-Length: \r\n", body + second),
        "CL in other digits": p.request("Content-Length: ١٢\r\n".encode(), body + second),
        # ── names and spaces that hide a header from one of the two ─────────────────────────────
        "a blank before the colon of CL": p.request(b"Content-Length : %d\r\n" % len(body), body + second),
        "a blank before the colon of TE": p.request(b"Transfer-Encoding : chunked\r\n" + length, small + second),
        "a tab before the colon of TE": p.request(b"Transfer-Encoding\t: chunked\r\n" + length, small + second),
        "a fold in TE": p.request(b"Transfer-Encoding:\r\n chunked\r\n" + length, small + second),
        "a fold in another header": p.request(b"X-Fold: a\r\n b\r\n" + length, body),
        "a header that begins with a blank": p.request(b" Transfer-Encoding: chunked\r\n" + length, small + second),
        "an underscore for the hyphen of TE": p.request(b"Transfer_Encoding: chunked\r\n" + length, body),
        "NUL in TE": p.request(b"Transfer-Encoding: chunked\x00\r\n" + length, small + second),
        "NUL in a header's name": p.request(b"X-\x00: a\r\n" + length, body + second),
        "NUL in a header's value": p.request(b"X-A: a\x00b\r\n" + length, body + second),
        "CR alone in a header": p.request(b"X-A: a\rTransfer-Encoding: chunked\r\n" + length, small + second),
        "a vertical tab in TE": p.request(b"Transfer-Encoding: \x0bchunked\r\n" + length, small + second),
        "no colon": p.request(b"Transfer-Encoding chunked\r\n" + length, small + second),
        "an empty name": p.request(b": chunked\r\n" + length, body + second),
        # ── transfer codings ────────────────────────────────────────────────────────────────────
        "TE identity": p.request(b"Transfer-Encoding: identity\r\n" + length, body + second),
        "TE twice": p.request(te + te, small + second),
        "TE chunked, then another": p.request(b"Transfer-Encoding: chunked, identity\r\n", small + second),
        "TE another, then chunked": p.request(b"Transfer-Encoding: gzip, chunked\r\n", small + second),
        "TE misspelt": p.request(b"Transfer-Encoding: xchunked\r\n" + length, body + second),
        "TE quoted": p.request(b'Transfer-Encoding: "chunked"\r\n' + length, small + second),
        "TE of HTTP/1.0": p.request(te, small + second, line=b"POST " + p.path + b" HTTP/1.0"),
        # ── chunks ──────────────────────────────────────────────────────────────────────────────
        "chunk size with 0x": p.request(te, chunked(body, size=b"0x%x" % len(body)) + second),
        "chunk size with a plus": p.request(te, chunked(body, size=b"+%x" % len(body)) + second),
        "chunk size with a minus": p.request(te, chunked(body, size=b"-1") + second),
        "chunk size with an underscore": p.request(te, chunked(body, size=b"1_0") + second),
        "chunk size beyond 64 bits": p.request(te, chunked(body, size=b"f" * 17) + second),
        "chunk size that wraps to the right one": p.request(te, chunked(body, size=b"1%016x" % len(body)) + second),
        "chunk size that is no number": p.request(te, chunked(body, size=b"zz") + second),
        "chunk size empty": p.request(te, chunked(body, size=b"") + second),
        "chunk longer than its size": p.request(te, chunked(body, size=b"%x" % (len(body) - 2)) + second),
        "chunk shorter than its size": p.request(te, chunked(body, size=b"%x" % (len(body) + 40)) + second),
        "chunk lines end in LF": p.request(te, chunked(body, end=b"\n", last=b"0\n\n") + second),
        "an endless chunk extension": p.request(te, chunked(body, size=b"%x;" % len(body) + b"a" * 40_000) + second),
        "CR in a chunk extension": p.request(te, chunked(body, size=b"%x;a\rb" % len(body)) + second),
        "LF in a chunk extension": p.request(te, chunked(body, size=b"%x;a\n" % len(body)) + second),
        "a framing header in the trailer": p.request(
            te, chunked(body, last=b"0\r\nContent-Length: 5\r\nTransfer-Encoding: identity\r\n\r\n")
        ),
        "a token in the trailer": p.request(
            te, chunked(body, last=b"0\r\nAuthorization: Bearer x\r\nHost: evil.example\r\n\r\n")
        ),
        # ── the request line and the target ─────────────────────────────────────────────────────
        "an absolute target elsewhere": p.request(
            length, body, line=b"POST http://evil.example" + p.path + b" HTTP/1.1"
        ),
        "a target with a line end": p.request(length, body, line=b"POST " + p.path + b"\r\nX: y HTTP/1.1"),
        "a target with a blank": p.request(length, body, line=b"POST " + p.path + b" x HTTP/1.1"),
        "an authority for a target": p.request(length, body, line=b"CONNECT evil.example:443 HTTP/1.1"),
        "an asterisk for a target": p.request(length, body, line=b"OPTIONS * HTTP/1.1"),
        "no version": p.request(length, body, line=b"POST " + p.path),
        "version 0.9": p.request(length, body, line=b"POST " + p.path + b" HTTP/0.9"),
        "version 3": p.request(length, body, line=b"POST " + p.path + b" HTTP/3.0"),
        "a method with a line end": p.request(length, body, line=b"PO\r\nST " + p.path + b" HTTP/1.1"),
        "a method in small letters": p.request(length, body, line=b"post " + p.path + b" HTTP/1.1"),
        "an upgrade to HTTP/2": p.request(
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n" + length,
            body,
        ),
        "HTTP/2 at once, without TLS": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + second,
        "a web socket": p.request(
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + length,
            body,
        ),
        # ── hosts and names ─────────────────────────────────────────────────────────────────────
        "no Host": p.request(length, body, head=p.head.replace(b"Host: api\r\n", b"")),
        "two Hosts": p.request(b"Host: evil.example\r\n" + length, body),
        "a Host with a path": p.request(length, body, head=p.head.replace(b"Host: api", b"Host: api/../x")),
        # ── size ────────────────────────────────────────────────────────────────────────────────
        "a header of a megabyte": p.request(b"X-Long: " + b"a" * 2**20 + b"\r\n" + length, body),
        "ten thousand headers": p.request(b"".join(b"X-%d: a\r\n" % n for n in range(10_000)) + length, body),
        "a target of a megabyte": p.request(length, body, line=b"POST " + p.path + b"?" + b"a" * 2**20 + b" HTTP/1.1"),
        "line ends alone": CRLF * 5_000 + b"x",
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        "nothing that is HTTP": bytes(range(256)) * 8,
    }
