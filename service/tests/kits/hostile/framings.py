"""Framing tricks: bytes that two programs in a row could read as different numbers of requests.

Each trick wraps a second request, the *smuggled* one, which asks for another contact under the first one's token.
A proxy in front sees one request; if the API sees two, an attacker uses another caller's credentials.

Sources: RFC 9112 sections 2.2, 3, 5.1, 5.2, 6.3, 7.1 and 11.2 (request smuggling); CVE-2019-18277, CVE-2021-43797,
CVE-2022-32213 and their kind.
"""

from __future__ import annotations

from dataclasses import dataclass

CRLF = b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@dataclass(frozen=True)
class Parts:
    """What the tricks are made of: the head of a good request without its framing, its body, a whole second request."""

    path: bytes
    head: bytes
    body: bytes
    second: bytes

    @property
    def length(self) -> bytes:
        """The header that covers the first body."""
        return b"Content-Length: %d\r\n" % len(self.body)

    @property
    def longer(self) -> bytes:
        """The header that covers the second request, too."""
        return b"Content-Length: %d\r\n" % (len(self.body) + len(self.second))

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


def both_framings(parts: Parts) -> dict[str, bytes]:
    """Tricks with both ways to say where the body ends."""
    body = parts.body
    second = parts.second
    longer = parts.longer
    te = CHUNKED
    small = chunked(body)
    return {
        "CL covers both, TE ends early": parts.request(longer + te, small + second),
        "TE first, CL covers both": parts.request(te + longer, small + second),
        "CL shorter than the chunks": parts.request(b"Content-Length: 4\r\n" + te, small + second),
        "CL 0 and TE": parts.request(b"Content-Length: 0\r\n" + te, small + second),
    }


def two_lengths(parts: Parts) -> dict[str, bytes]:
    """Tricks with two lengths."""
    body = parts.body
    second = parts.second
    length = parts.length
    longer = parts.longer
    return {
        "two different CL": parts.request(length + longer, body + second),
        "two different CL, the other order": parts.request(longer + length, body + second),
        "a list of different CL": parts.request(
            b"Content-Length: %d, %d\r\n" % (len(body), len(body) + 9), body + second
        ),
        "CL with a plus": parts.request(b"Content-Length: +%d\r\n" % len(body), body + second),
        "CL with a minus": parts.request(b"Content-Length: -%d\r\n" % len(body), body + second),
        "CL in hex": parts.request(b"Content-Length: 0x%x\r\n" % len(body), body + second),
        "CL with an underscore": parts.request(b"Content-Length: 1_0\r\n", body + second),
        "CL with a fraction": parts.request(b"Content-Length: %d.0\r\n" % len(body), body + second),
        "CL beyond 64 bits": parts.request(b"Content-Length: 18446744073709551617\r\n", body + second),
        "CL empty": parts.request(b"Content-Length: \r\n", body + second),
        "CL in other digits": parts.request("Content-Length: ١٢\r\n".encode(), body + second),
    }


def hidden_headers(parts: Parts) -> dict[str, bytes]:
    """Tricks with names and spaces that hide a header from one of the two."""
    body = parts.body
    second = parts.second
    length = parts.length
    small = chunked(body)
    return {
        "a blank before the colon of CL": parts.request(b"Content-Length : %d\r\n" % len(body), body + second),
        "a blank before the colon of TE": parts.request(b"Transfer-Encoding : chunked\r\n" + length, small + second),
        "a tab before the colon of TE": parts.request(b"Transfer-Encoding\t: chunked\r\n" + length, small + second),
        "a fold in TE": parts.request(b"Transfer-Encoding:\r\n chunked\r\n" + length, small + second),
        "a fold in another header": parts.request(b"X-Fold: a\r\n b\r\n" + length, body),
        "a header that begins with a blank": parts.request(b" Transfer-Encoding: chunked\r\n" + length, small + second),
        "an underscore for the hyphen of TE": parts.request(b"Transfer_Encoding: chunked\r\n" + length, body),
        "NUL in TE": parts.request(b"Transfer-Encoding: chunked\x00\r\n" + length, small + second),
        "NUL in a header's name": parts.request(b"X-\x00: a\r\n" + length, body + second),
        "NUL in a header's value": parts.request(b"X-A: a\x00b\r\n" + length, body + second),
        "CR alone in a header": parts.request(b"X-A: a\rTransfer-Encoding: chunked\r\n" + length, small + second),
        "a vertical tab in TE": parts.request(b"Transfer-Encoding: \x0bchunked\r\n" + length, small + second),
        "no colon": parts.request(b"Transfer-Encoding chunked\r\n" + length, small + second),
        "an empty name": parts.request(b": chunked\r\n" + length, body + second),
    }


def codings(parts: Parts) -> dict[str, bytes]:
    """Tricks with transfer codings."""
    body = parts.body
    second = parts.second
    length = parts.length
    te = CHUNKED
    small = chunked(body)
    return {
        "TE identity": parts.request(b"Transfer-Encoding: identity\r\n" + length, body + second),
        "TE twice": parts.request(te + te, small + second),
        "TE chunked, then another": parts.request(b"Transfer-Encoding: chunked, identity\r\n", small + second),
        "TE another, then chunked": parts.request(b"Transfer-Encoding: gzip, chunked\r\n", small + second),
        "TE misspelt": parts.request(b"Transfer-Encoding: xchunked\r\n" + length, body + second),
        "TE quoted": parts.request(b'Transfer-Encoding: "chunked"\r\n' + length, small + second),
        "TE of HTTP/1.0": parts.request(te, small + second, line=b"POST " + parts.path + b" HTTP/1.0"),
    }


def chunks(parts: Parts) -> dict[str, bytes]:
    """Tricks with chunks."""
    body = parts.body
    second = parts.second
    te = CHUNKED
    return {
        "chunk size with 0x": parts.request(te, chunked(body, size=b"0x%x" % len(body)) + second),
        "chunk size with a plus": parts.request(te, chunked(body, size=b"+%x" % len(body)) + second),
        "chunk size with a minus": parts.request(te, chunked(body, size=b"-1") + second),
        "chunk size with an underscore": parts.request(te, chunked(body, size=b"1_0") + second),
        "chunk size beyond 64 bits": parts.request(te, chunked(body, size=b"f" * 17) + second),
        "chunk size that wraps to the right one": parts.request(te, chunked(body, size=b"1%016x" % len(body)) + second),
        "chunk size that is no number": parts.request(te, chunked(body, size=b"zz") + second),
        "chunk size empty": parts.request(te, chunked(body, size=b"") + second),
        "chunk longer than its size": parts.request(te, chunked(body, size=b"%x" % (len(body) - 2)) + second),
        "chunk shorter than its size": parts.request(te, chunked(body, size=b"%x" % (len(body) + 40)) + second),
        "chunk lines end in LF": parts.request(te, chunked(body, end=b"\n", last=b"0\n\n") + second),
        "an endless chunk extension": parts.request(
            te, chunked(body, size=b"%x;" % len(body) + b"a" * 40_000) + second
        ),
        "CR in a chunk extension": parts.request(te, chunked(body, size=b"%x;a\rb" % len(body)) + second),
        "LF in a chunk extension": parts.request(te, chunked(body, size=b"%x;a\n" % len(body)) + second),
        "a framing header in the trailer": parts.request(
            te, chunked(body, last=b"0\r\nContent-Length: 5\r\nTransfer-Encoding: identity\r\n\r\n")
        ),
        "a token in the trailer": parts.request(
            te, chunked(body, last=b"0\r\nAuthorization: Bearer x\r\nHost: evil.example\r\n\r\n")
        ),
    }


def targets(parts: Parts) -> dict[str, bytes]:
    """Tricks with the request line and the target."""
    body = parts.body
    second = parts.second
    length = parts.length
    return {
        "an absolute target elsewhere": parts.request(
            length, body, line=b"POST http://evil.example" + parts.path + b" HTTP/1.1"
        ),
        "a target with a line end": parts.request(length, body, line=b"POST " + parts.path + b"\r\nX: y HTTP/1.1"),
        "a target with a blank": parts.request(length, body, line=b"POST " + parts.path + b" x HTTP/1.1"),
        "an authority for a target": parts.request(length, body, line=b"CONNECT evil.example:443 HTTP/1.1"),
        "an asterisk for a target": parts.request(length, body, line=b"OPTIONS * HTTP/1.1"),
        "no version": parts.request(length, body, line=b"POST " + parts.path),
        "version 0.9": parts.request(length, body, line=b"POST " + parts.path + b" HTTP/0.9"),
        "version 3": parts.request(length, body, line=b"POST " + parts.path + b" HTTP/3.0"),
        "a method with a line end": parts.request(length, body, line=b"PO\r\nST " + parts.path + b" HTTP/1.1"),
        "a method in small letters": parts.request(length, body, line=b"post " + parts.path + b" HTTP/1.1"),
        "an upgrade to HTTP/2": parts.request(
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n" + length,
            body,
        ),
        "HTTP/2 at once, without TLS": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + second,
        "a web socket": parts.request(
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + length,
            body,
        ),
    }


def hosts(parts: Parts) -> dict[str, bytes]:
    """Tricks with hosts and names."""
    body = parts.body
    length = parts.length
    return {
        "no Host": parts.request(length, body, head=parts.head.replace(b"Host: api\r\n", b"")),
        "two Hosts": parts.request(b"Host: evil.example\r\n" + length, body),
        "a Host with a path": parts.request(length, body, head=parts.head.replace(b"Host: api", b"Host: api/../x")),
    }


def sizes(parts: Parts) -> dict[str, bytes]:
    """Tricks with size."""
    body = parts.body
    length = parts.length
    return {
        "a header of a megabyte": parts.request(b"X-Long: " + b"a" * 2**20 + b"\r\n" + length, body),
        "ten thousand headers": parts.request(b"".join(b"X-%d: a\r\n" % n for n in range(10_000)) + length, body),
        "a target of a megabyte": parts.request(
            length, body, line=b"POST " + parts.path + b"?" + b"a" * 2**20 + b" HTTP/1.1"
        ),
        "line ends alone": CRLF * 5_000 + b"x",
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        "nothing that is HTTP": bytes(range(256)) * 8,
    }


TRICKS = (both_framings, two_lengths, hidden_headers, codings, chunks, targets, hosts, sizes)


def tricks(parts: Parts) -> dict[str, bytes]:
    """Name to the bytes on the wire."""
    return {name: data for kind in TRICKS for name, data in kind(parts).items()}
