"""How a request may come: TLS with a name, CONNECT, absolute and origin form; and where each is routed."""

from __future__ import annotations

import ssl

import httpx
import pytest
from cryptography import x509
from edge_kit import Connection, Edge, ok, reply_of, says


def certificate_of(sock: ssl.SSLSocket) -> x509.Certificate:
    encoded = sock.getpeercert(binary_form=True)
    assert encoded is not None
    return x509.load_der_x509_certificate(encoded)


def alternative_names(sock: ssl.SSLSocket) -> x509.SubjectAlternativeName:
    return certificate_of(sock).extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def test_a_client_reaches_a_name_through_the_proxy_and_accepts_its_certificate(edge: Edge) -> None:
    edge.route("my1.crm.example", says("crm"))
    with httpx.Client(proxy=edge.url, verify=edge.trust(), trust_env=False) as client:
        response = client.get("https://my1.crm.example/sap/x?$filter=a%20b")
    assert response.text.startswith("crm|GET /sap/x?$filter=a%20b HTTP/1.1\r\nHost: my1.crm.example\r\n")


@pytest.mark.parametrize("host", ["one.example", "two.example", "xn--bcher-kva.example"])
def test_each_name_has_a_leaf_of_its_own(edge: Edge, host: str) -> None:
    with edge.connect_tls(host) as sock:
        assert alternative_names(sock).get_values_for_type(x509.DNSName) == [host]
    with edge.connect_tls(host) as sock:
        again = certificate_of(sock)
        assert (again.not_valid_after_utc - again.not_valid_before_utc).days <= 2


def test_a_leaf_is_issued_once_for_each_name(edge: Edge) -> None:
    serials = []
    for _ in range(2):
        with edge.connect_tls("one.example") as sock:
            serials.append(certificate_of(sock).serial_number)
    assert serials[0] == serials[1]


def test_a_client_without_a_name_gets_a_leaf_for_the_address_that_it_called(edge: Edge) -> None:
    with edge.connect_tls("127.0.0.1") as sock:
        assert [str(one) for one in alternative_names(sock).get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    with edge.connect_tls(None) as sock:
        assert [str(one) for one in alternative_names(sock).get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_an_address_is_reached_in_a_tunnel_with_its_certificate_checked(edge: Edge) -> None:
    edge.route("192.0.2.7", says("cmi"), port=8443)
    with httpx.Client(proxy=edge.url, verify=edge.trust(), trust_env=False) as client:
        assert client.get("https://192.0.2.7:8443/").text.startswith("cmi|")


def test_a_client_with_other_authorities_does_not_accept_the_certificate(edge: Edge) -> None:
    with (
        edge.connect() as plain,
        pytest.raises(ssl.SSLCertVerificationError),
        ssl.create_default_context().wrap_socket(plain, server_hostname="one.example"),
    ):
        pass


def test_tls_that_is_none_ends_one_connection_alone(edge: Edge) -> None:
    edge.route("one.example", says("one"))
    with edge.connect() as sock:
        sock.sendall(b"\x16\x03\x01\x00\x05hello")
        while sock.recv(1000):
            pass
    with edge.connect_tls("one.example") as tls:
        tls.sendall(b"GET / HTTP/1.1\r\nHost: one.example\r\n\r\n")
        assert reply_of(tls)[1].startswith(b"one|")


def test_plain_http_in_a_tunnel_is_routed_by_the_tunnels_port(edge: Edge) -> None:
    edge.route("one.example", says("eighty"), port=80)
    edge.route("one.example", says("secure"))
    with edge.connect() as sock:
        sock.sendall(b"CONNECT one.example:80 HTTP/1.1\r\nHost: one.example:80\r\n\r\n")
        assert reply_of(sock, head_only=True)[0].startswith(b"HTTP/1.1 200 ")
        sock.sendall(b"GET / HTTP/1.1\r\nHost: one.example\r\n\r\n")
        assert reply_of(sock)[1].startswith(b"eighty|")


def test_connect_to_an_address_without_a_route_is_refused_at_once(edge: Edge) -> None:
    edge.route("one.example", says("one"))
    with httpx.Client(proxy=edge.url, verify=edge.trust(), trust_env=False) as client:
        for url in ("https://other.example/", "https://one.example:8443/"):
            with pytest.raises(httpx.ProxyError, match="421"):
                client.get(url)
    assert [(one["method"], one["host"], one["port"]) for one in edge.refused.list()] == [
        ("CONNECT", "other.example", 443),
        ("CONNECT", "one.example", 8443),
    ]


@pytest.mark.parametrize("host_header", [b"Host: One.Example.\r\n", b"Host: one.example:443\r\n"])
def test_origin_form_is_routed_by_its_host_header_and_passed_on_as_it_came(edge: Edge, host_header: bytes) -> None:
    edge.route("one.example", says("one"))
    request = b"GET /a/../b%2Fc?x=1&&y HTTP/1.1\r\nzz-Last: 1\r\n" + host_header + b"AA-First: \x2c2\r\n\r\n"
    with edge.connect() as sock:
        sock.sendall(request)
        head, body = reply_of(sock)
    assert head == b"HTTP/1.1 200 OK\r\nX-Order: 1\r\nContent-Length: %d\r\n\r\n" % (len(request) + 4)
    assert body == b"one|" + request


@pytest.mark.parametrize(
    ("target", "origin"),
    [
        ("http://one.example/a?b=c", "/a?b=c"),
        ("http://One.Example:80", "/"),
        ("http://one.example?b", "/?b"),
        ("https://two.example/x", "/x"),
    ],
)
def test_absolute_form_is_routed_by_its_target_and_passed_on_in_origin_form(
    edge: Edge, target: str, origin: str
) -> None:
    edge.route("one.example", says("seen"), port=80)
    edge.route("two.example", says("seen"))
    host = "two.example" if "two" in target else "one.example"
    with edge.connect() as sock:
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX: y\r\n\r\n".encode())
        assert reply_of(sock)[1] == f"seen|GET {origin} HTTP/1.1\r\nHost: {host}\r\nX: y\r\n\r\n".encode()


def test_a_client_reaches_plain_http_through_the_proxy(edge: Edge) -> None:
    edge.route("one.example", says("eighty"), port=80)
    with httpx.Client(proxy=edge.url, trust_env=False) as client:
        assert client.get("http://one.example/a").text.startswith("eighty|GET /a HTTP/1.1\r\n")
        refused = client.get("http://one.example:443/a")
    assert refused.status_code == 421
    assert refused.headers["content-type"] == "application/problem+json"


def test_the_longest_prefix_of_whole_segments_wins(edge: Edge) -> None:
    edge.route("api.example", says("all"))
    edge.route("api.example", says("acme"), prefix="/acme/")
    edge.route("api.example", says("chats"), prefix="/acme/chats")
    expected = {
        "/": "all",
        "/acme": "acme",
        "/acme/": "acme",
        "/acme2": "all",
        "/acme?chats": "acme",
        "/acme/chats/1": "chats",
        "/%61cme/chats": "chats",
        "/acme/chats2": "acme",
        "/ACME": "all",
    }
    with httpx.Client(base_url=edge.url, headers={"Host": "api.example"}, trust_env=False) as client:
        assert {path: client.get(path).text.partition("|")[0] for path in expected} == expected


def test_an_asterisk_is_routed_as_the_root(edge: Edge) -> None:
    edge.route("one.example", says("one"))
    with edge.connect() as sock:
        sock.sendall(b"OPTIONS * HTTP/1.1\r\nHost: one.example\r\n\r\n")
        assert reply_of(sock)[1].startswith(b"one|OPTIONS * HTTP/1.1")


def test_two_hosts_on_one_connection_reach_two_targets(edge: Edge) -> None:
    edge.route("one.example", says("one"))
    edge.route("two.example", says("two"))
    with edge.connect_tls("one.example") as sock:
        for host in ("one", "two", "one"):
            sock.sendall(f"GET / HTTP/1.1\r\nHost: {host}.example\r\n\r\n".encode())
            assert reply_of(sock)[1].startswith(f"{host}|".encode())


def test_requests_sent_ahead_are_answered_in_order(edge: Edge) -> None:
    edge.route("one.example", says("one"))
    edge.route("two.example", says("two"))
    with edge.connect() as sock:
        sock.sendall(
            b"".join(f"GET /{n} HTTP/1.1\r\nHost: {n}.example\r\n\r\n".encode() for n in ("one", "two", "one"))
        )
        connection = Connection(sock)
        for name in ("one", "two", "one"):
            head = connection.head()
            length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
            assert connection.body(length).startswith(f"{name}|GET /{name} ".encode())


def test_an_address_without_a_route_is_answered_421_and_recorded_without_its_query(edge: Edge) -> None:
    target = edge.route("one.example", says("one"), prefix="/acme")
    with httpx.Client(base_url=edge.url, headers={"Host": "one.example"}, trust_env=False) as client:
        response = client.post("/other/x?api_key=secret", content=b"body")
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (421, "application/problem+json")
    assert "no tenant of this stack has this address: host one.example, port 443, path /other/x" in problem["detail"]
    (entry,) = edge.refused.list()
    assert (entry["method"], entry["host"], entry["port"], entry["path"]) == ("POST", "one.example", 443, "/other/x")
    assert target.connections == 0


def test_the_newest_200_refused_requests_are_kept(edge: Edge) -> None:
    for number in range(205):
        edge.refused.add(host="one.example", port=443, path=f"/{number}", method="GET")
    kept = edge.refused.list()
    assert (len(kept), kept[0]["path"], kept[-1]["path"], edge.refused.count) == (200, "/5", "/204", 205)


def test_a_target_sees_one_connection_for_each_request(edge: Edge) -> None:
    def script(connection: Connection) -> None:
        connection.head()
        connection.send(ok("done"))
        assert connection.sock.recv(1) == b""

    target = edge.route("one.example", script)
    with httpx.Client(base_url=edge.url, headers={"Host": "one.example"}, trust_env=False) as client:
        assert [client.get("/").text for _ in range(3)] == ["done"] * 3
    assert target.connections == 3
