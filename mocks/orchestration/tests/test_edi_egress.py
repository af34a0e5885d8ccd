"""The egress map, and the errors of sending."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from orchestration_caller import TenantCaller, a_tenant_body, caller_of, errors_of

from orchestration_mock.__main__ import main
from orchestration_mock.app import create_app
from orchestration_mock.model.events.outgoing import HttpReply, OutgoingRequest, SendFailed
from orchestration_mock.wire.egress import BadEgress, read_egress
from orchestration_mock.wire.outbound import MOST_BODY_BYTES, HttpSender

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
def test_a_star_stands_for_one_or_more_characters_and_nothing_else_is_loose(host: str, target: str | None) -> None:
    assert read_egress(MAP).target_for(host) == target


def test_the_first_pattern_that_fits_wins() -> None:
    assert read_egress("a.b=http://x:1,*.b=http://x:2").target_for("a.b") == "http://x:1"
    assert read_egress("*.b=http://x:2,a.b=http://x:1").target_for("a.b") == "http://x:2"


@pytest.mark.parametrize("text", ["a.b", "a.b=", "=http://x", "a b=http://x", "a=ftp://x", "a=http://x/path", "a=x:1"])
def test_a_map_that_cannot_be_read_names_the_entry(text: str) -> None:
    with pytest.raises(BadEgress) as caught:
        read_egress(text)
    assert text in str(caught.value)


def test_the_command_line_refuses_such_a_map(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--port", "1", "--egress", "nonsense"])
    assert caught.value.code == 2
    assert "nonsense" in capsys.readouterr().err


Handler = Callable[[httpx.Request], httpx.Response]
URL = "https://cc-workflows-eu-c1.cc.sinch.com:8443/p%20q?x=%2F"


def send(handler: Handler, url: str = URL, *, content: bytes | None = None, real_network: bool = False) -> HttpReply:
    sender = HttpSender(
        read_egress(MAP), transport_for=lambda _: httpx.MockTransport(handler), allow_real_network=real_network
    )
    return sender.send(OutgoingRequest(method="POST", url=url, headers={"X-A": "é"}, content=content))


def ok(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200)


def test_host_header_and_path_stay_the_real_ones() -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    assert send(handle, content=b"x").status == 204
    (request,) = seen
    assert request.headers["host"] == "cc-workflows-eu-c1.cc.sinch.com:8443"
    assert str(request.url) == "http://127.0.0.1:8104/p%20q?x=%2F"
    assert (b"X-A", "é".encode("latin-1")) in request.headers.raw
    assert request.content == b"x"


def test_a_host_beyond_the_map_is_called_only_with_leave() -> None:
    url = "https://example.com/x"
    with pytest.raises(SendFailed, match=r"no egress for host example\.com"):
        send(ok, url)
    assert send(ok, url, real_network=True).status == 200


def test_plain_http_beyond_the_map_is_never_called() -> None:
    with pytest.raises(SendFailed):
        send(ok, "http://example.com/x", real_network=True)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadTimeout(""), httpx.RemoteProtocolError("x")]
)
def test_a_lost_reply_names_the_error_and_the_host(error: httpx.HTTPError) -> None:
    def handle(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(SendFailed, match=f"{type(error).__name__} while speaking to cc-workflows-eu-c1"):
        send(handle)


def test_a_huge_reply_is_cut() -> None:
    reply = send(lambda _: httpx.Response(200, content=b"x" * (MOST_BODY_BYTES * 3)))
    assert len(reply.body) == MOST_BODY_BYTES


def test_a_redirect_is_reported_and_not_followed() -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    assert send(handle).status == 302
    assert len(seen) == 1


def test_no_secret_is_in_an_outgoing_requests_repr() -> None:
    request = OutgoingRequest(method="POST", url="https://x", headers={"a": "secret"}, content=b"secret")
    assert "secret" not in repr(request)


class _PatientServer(ThreadingHTTPServer):
    """A server that waits until ``sent`` is set, and then answers 202; after 30 s it answers 500."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _PatientHandler)
        self.sent = threading.Event()


class _PatientHandler(BaseHTTPRequestHandler):
    server: _PatientServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202 if self.server.sent.wait(30) else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_the_sender_reports_that_a_request_is_sent_before_the_reply_is_there() -> None:
    server = _PatientServer()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        real = HttpSender(read_egress(f"slow.example=http://127.0.0.1:{server.server_port}"))
        request = OutgoingRequest(method="POST", url="https://slow.example/x", headers={}, content=b"{}", timeout_s=60)
        assert real.send(request, server.sent.set).status == 202
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("where", ["dialect", "tenants"])
def test_no_control_call_gives_leave_for_the_real_network(tenant: TenantCaller, where: str, value: bool) -> None:
    dialect = {"allow_real_network": value}
    body = dialect if where == "dialect" else a_tenant_body("other", "other", dialect=dialect)
    reply = tenant.client.post(f"/_mock/{where}", json=body)
    assert (reply.status_code, reply.mimetype) == (403, "application/problem+json")
    ((field, error),) = errors_of(reply).items()
    assert (field, error["value"]) == ("dialect.allow_real_network", value)
    assert "--allow-real-network" in error["remedy"]
    assert "allow_real_network" not in tenant.read("dialect")["dialect"]


@pytest.mark.parametrize("allowed", [True, False])
def test_the_command_line_gives_leave_for_every_tenant(tmp_path: Path, allowed: bool) -> None:
    called: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        return httpx.Response(204)

    transport = httpx.MockTransport(handle)
    sender = HttpSender(read_egress(""), transport_for=lambda _: transport, allow_real_network=allowed)
    app = create_app(tmp_path, requests=sender)
    assert app.test_client().post("/_mock/tenants", json=a_tenant_body()).status_code == 201
    found = caller_of(app)
    found.integrate(endpoint_url="https://example.com/x")
    found.fire()
    assert called == ["https://example.com/x"] * allowed
    found.state.engine.close()


def test_the_command_line_says_whether_the_real_network_may_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "--allow-real-network" in capsys.readouterr().out
