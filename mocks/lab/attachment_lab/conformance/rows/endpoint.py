"""Rows about the endpoint: who may call it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable

from attachment_lab.conformance import checks as see
from attachment_lab.conformance.model import Row
from attachment_lab.conformance.row_run import RowRun

GROUP = "endpoint"
_CALLERS = "Chat attachment upload, Configuration: authentication type oauth; RFC 6750, 3.1; RFC 8725, 3"
_PAYLOAD = "Chat attachment upload, Configuration, JSON for Configuration; chat_attachments_request.v1.schema.json"
#: A token that is refused leads to one more with a fresh one (assumed), so each delivery ends in a refusal.
_REFUSED = (401, 403)
_TOKEN_LIFE_S = 4


def _no_token(run: RowRun) -> None:
    run.post(body=_body(run), token=False)
    run.settle()


def _bad_token(kind: str) -> Callable[[RowRun], None]:
    def play(run: RowRun) -> None:
        run.bad_tokens(kind)
        run.ended()
        run.settle()

    return play


def _token_row(id_: str, kind: str, what: str, why: str) -> Row:
    return Row(
        id=id_,
        group=GROUP,
        title=f"A token {what} starts nothing",
        rule=f"An event with a token {what} is answered 401 or 403, and no request goes to CMI or C4C.",
        source=_CALLERS,
        why=why,
        rests_on=("orchestration:oauth.failures", "orchestration:oauth.keys", "orchestration:token_format"),
        play=_bad_token(kind),
        checks=(see.refused(*_REFUSED), see.nothing_started),
        refuses=True,
    )


def _short_tokens(run: RowRun) -> None:
    run.tokens_live(_TOKEN_LIFE_S)
    run.ended()
    run.wait_delivered()
    run.pause(_TOKEN_LIFE_S + 1)
    run.ended([("second.txt", b"of the second chat\n" * 20)])
    run.settle()


def _body(run: RowRun) -> dict[str, object]:
    return {
        "cmi_url": run.names.cmi_url,
        "cmi_user": run.names.cmi_user,
        "sap_v1": {"url": run.names.c4c_url, "user": run.names.c4c_user},
        "contact_id": "0" * 32,
    }


def _incomplete(run: RowRun) -> None:
    body = _body(run)
    del body["contact_id"]
    run.post(body=body)
    run.settle()


def _foreign_host(run: RowRun) -> None:
    run.post(body=_body(run) | {"cmi_url": "https://169.254.169.254/acme/cmi"})
    run.post(body=_body(run) | {"sap_v1": {"url": "http://127.0.0.1:1", "user": "v1user"}})
    run.settle()


ROWS: tuple[Row, ...] = (
    Row(
        id="no-token",
        group=GROUP,
        title="A request without a token starts nothing",
        rule="A request without a bearer token is answered 401, and no request goes to CMI or C4C.",
        source=_CALLERS,
        why="The endpoint is public: anyone who finds it could start transfers.",
        play=_no_token,
        checks=(see.answered(401), see.nothing_started),
    ),
    _token_row(
        "token-expired",
        "token_expired",
        "that has expired",
        "A token that was recorded once would open the endpoint for ever.",
    ),
    _token_row(
        "token-forged",
        "token_signed_by_other_key",
        "that another key has signed",
        "Without a check of the signature anyone writes a token that names the right issuer.",
    ),
    _token_row(
        "token-unsigned",
        "token_unsigned",
        "without a signature (alg: none)",
        "A library that lets the token choose its algorithm accepts a token that anyone can write.",
    ),
    _token_row(
        "token-audience",
        "token_for_other_audience",
        "for another audience",
        "A token that the same issuer gave for another service would open this one.",
    ),
    _token_row(
        "token-issuer",
        "token_of_other_issuer",
        "of another issuer",
        "Another customer of the same vendor could send events into this one's CRM.",
    ),
    Row(
        id="token-renewed",
        group=GROUP,
        title="A token that is renewed between two chats is accepted",
        rule="Each event is judged by its own token: one that lives for seconds is good while it lives.",
        source="RFC 6749, 4.4: Contact Pro renews its token by itself",
        why="A service that keeps the first token's verdict, or wants an hour of life, refuses good events.",
        rests_on=("orchestration:edi.token", "orchestration:token_leeway_s"),
        play=_short_tokens,
        checks=(see.deliveries(2), see.accepted, see.stored(4)),
    ),
    Row(
        id="body-incomplete",
        group=GROUP,
        title="A request without its contact id is refused",
        rule="A body that lacks a documented member is answered 400 or 422, and nothing starts.",
        source=_PAYLOAD,
        why="A configuration with a typing error would look successful in Contact Pro's log, and no file would arrive.",
        play=_incomplete,
        checks=(see.answered(400, 422), see.nothing_started),
    ),
    Row(
        id="foreign-host",
        group=GROUP,
        title="A request that names a host of another kind is refused",
        rule="Addresses in the body are https, of CMI and C4C; a private address or plain http is answered 4xx.",
        source="CWE-918 (server-side request forgery); OWASP API7:2023",
        why="The body's addresses get the customer's passwords: a forged one steals them, or reaches internal hosts.",
        play=_foreign_host,
        checks=(see.answered(400, 401, 403, 422), see.nothing_started),
    ),
)
