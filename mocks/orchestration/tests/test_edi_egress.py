"""The egress map, and the carrier's errors in words."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from orchestration_mock.__main__ import main
from orchestration_mock.app import create_app
from orchestration_mock.model.events.outgoing import Outgoing, SendFailed
from orchestration_mock.wire.egress import BadEgress, read_egress
from orchestration_mock.wire.outbound import MOST_BODY_BYTES, Carrier

MAP = "cc-workflows-*.cc.sinch.com=http://127.0.0.1:8104, *.amazonaws.com=http://127.0.0.1:8102"


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("cc-workflows-eu-c1.cc.sinch.com", "http://127.0.0.1:8104"),
        ("CC-Workflows-NA-W2.cc.sinch.com", "http://127.0.0.1:8104"),
        ("x.execute-api.eu-central-1.amazonaws.com", "http://127.0.0.1:8102"),
        ("cc-workflows-.cc.sinch.com", None),
        ("amazonaws.com", None),
        ("x.amazonaws.com.evil.org", None),
        ("evilccXsinch.com", None),
        ("", None),
    ],
)
def test_a_star_stands_for_one_or_more_characters_and_nothing_else_is_loose(host, target):
    assert read_egress(MAP).target_for(host) == target


def test_the_first_pattern_that_fits_wins():
    assert read_egress("a.b=http://x:1,*.b=http://x:2").target_for("a.b") == "http://x:1"
    assert read_egress("*.b=http://x:2,a.b=http://x:1").target_for("a.b") == "http://x:2"


@pytest.mark.parametrize("text", ["a.b", "a.b=", "=http://x", "a b=http://x", "a=ftp://x", "a=http://x/path", "a=x:1"])
def test_a_map_that_cannot_be_read_names_the_entry(text):
    with pytest.raises(BadEgress) as caught:
        read_egress(text)
    assert text in str(caught.value)


def test_the_command_line_refuses_such_a_map(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--port", "1", "--egress", "nonsense"])
    assert caught.value.code == 2
    assert "nonsense" in capsys.readouterr().err


def carrier(handler):
    return Carrier(read_egress(MAP), transport_for=lambda _: httpx.MockTransport(handler))


def outgoing(url="https://cc-workflows-eu-c1.cc.sinch.com:8443/p%20q?x=%2F", **rest):
    return Outgoing(method="POST", url=url, headers={"X-A": "é"}, **rest)


def test_host_header_and_path_stay_the_real_ones():
    seen = []

    def handle(request):
        seen.append(request)
        return httpx.Response(204)

    assert carrier(handle).send(outgoing(content=b"x"), allow_real_network=False).status == 204
    (request,) = seen
    assert request.headers["host"] == "cc-workflows-eu-c1.cc.sinch.com:8443"
    assert str(request.url) == "http://127.0.0.1:8104/p%20q?x=%2F"
    assert (b"X-A", "é".encode("latin-1")) in request.headers.raw
    assert request.content == b"x"


def test_a_host_beyond_the_map_is_called_only_with_leave():
    url = "https://example.com/x"
    with pytest.raises(SendFailed, match=r"no egress for host example\.com"):
        carrier(lambda _: httpx.Response(200)).send(outgoing(url), allow_real_network=False)
    assert carrier(lambda _: httpx.Response(200)).send(outgoing(url), allow_real_network=True).status == 200


def test_plain_http_beyond_the_map_is_never_called():
    with pytest.raises(SendFailed):
        carrier(lambda _: httpx.Response(200)).send(outgoing("http://example.com/x"), allow_real_network=True)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadTimeout(""), httpx.RemoteProtocolError("x")]
)
def test_a_lost_reply_is_told_in_words(error):
    def handle(_):
        raise error

    with pytest.raises(SendFailed, match=f"{type(error).__name__} while speaking to cc-workflows-eu-c1"):
        carrier(handle).send(outgoing(), allow_real_network=False)


def test_a_huge_reply_is_cut():
    reply = carrier(lambda _: httpx.Response(200, content=b"x" * (MOST_BODY_BYTES * 3))).send(
        outgoing(), allow_real_network=False
    )
    assert len(reply.body) == MOST_BODY_BYTES


def test_a_redirect_is_reported_and_not_followed():
    seen = []

    def handle(request):
        seen.append(request)
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    assert carrier(handle).send(outgoing(), allow_real_network=False).status == 302
    assert len(seen) == 1


def test_no_secret_is_in_an_outgoing_requests_repr():
    assert "hush" not in repr(Outgoing(method="POST", url="https://x", headers={"a": "hush"}, content=b"hush"))


class _Patient(BaseHTTPRequestHandler):
    """Answers 202 once the sender has said that its request is out, else 500."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202 if self.server.told.wait(30) else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


def test_the_carrier_tells_when_a_request_is_out_before_the_reply_is_there():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Patient)
    server.told = threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        real = Carrier(read_egress(f"slow.example=http://127.0.0.1:{server.server_port}"))
        request = Outgoing(method="POST", url="https://slow.example/x", headers={}, content=b"{}", timeout_s=60)
        assert real.send(request, server.told.set).status == 202
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("leave", [True, False])
@pytest.mark.parametrize("where", ["/_mock/dialect", "/_mock/tenants"])
def test_no_control_call_gives_leave_for_the_real_network(tenant, make, where, leave):
    asked = {"allow_real_network": leave}
    body = asked if where.endswith("dialect") else make.tenant_body("other", "other", dialect=asked)
    reply = tenant.client.post(where, json=body)
    assert (reply.status_code, reply.mimetype) == (403, "application/problem+json")
    (error,) = reply.json["errors"]
    assert (error["field"], error["value"]) == ("dialect.allow_real_network", leave)
    assert "--allow-real-network" in error["remedy"]
    assert "allow_real_network" not in tenant.client.get("/_mock/dialect").json["dialect"]


@pytest.mark.parametrize("leave", [True, False])
def test_the_command_line_gives_leave_for_every_tenant(tmp_path, make, leave):
    asked = []
    transport = httpx.MockTransport(lambda request: asked.append(request) or httpx.Response(204))
    beyond = Carrier(read_egress(""), transport_for=lambda _: transport)
    app = create_app(tmp_path, carrier=beyond, allow_real_network=leave)
    assert app.test_client().post("/_mock/tenants", json=make.tenant_body()).status_code == 201
    found = make.tenant(app)
    found.integrate(endpoint_url="https://example.com/x")
    found.fire()
    assert [str(each.url) for each in asked] == ["https://example.com/x"] * leave
    found.state.engine.close()


def test_the_command_line_says_whether_the_real_network_may_be_used(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "--allow-real-network" in capsys.readouterr().out
