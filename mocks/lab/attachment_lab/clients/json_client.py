"""HTTP calls from the lab to one process of the stack; their errors say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx

from attachment_lab.errors import RequestRefused, Unreachable


class JsonClient:
    """One process of the stack, addressed by its loopback base URL; environment proxies are ignored."""

    def __init__(
        self, name: str, base_url: str, *, timeout_s: float = 30.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.name = name
        self.base_url = base_url
        self._http = httpx.Client(base_url=base_url, timeout=timeout_s, trust_env=False, transport=transport)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **params: Any) -> Any:
        """GET; returns the JSON answer. Raises RequestRefused, Unreachable."""
        return self.send("GET", path, params=params, headers=headers)

    def post(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, **params: Any) -> Any:
        """POST a JSON body; returns the JSON answer, None when there is none."""
        return self.send("POST", path, json=body, params=params, headers=headers)

    def delete(self, path: str, **params: Any) -> Any:
        """DELETE; returns the JSON answer, None when there is none."""
        return self.send("DELETE", path, params=params)

    def upload(self, path: str, pieces: Iterable[bytes] | bytes, **params: Any) -> Any:
        """POST a raw body, streamed when it is an iterable; returns the JSON answer."""
        kind = {"Content-Type": "application/octet-stream"}
        return self.send("POST", path, content=pieces, params=params, headers=kind)

    def put_file(self, path: str, pieces: Iterable[bytes] | bytes, **params: Any) -> Any:
        """PUT a raw body, streamed when it is an iterable; returns the JSON answer."""
        kind = {"Content-Type": "application/octet-stream"}
        return self.send("PUT", path, content=pieces, params=params, headers=kind)

    def put(self, path: str, body: Any, **params: Any) -> Any:
        """PUT a JSON body; returns the JSON answer."""
        return self.send("PUT", path, json=body, params=params)

    def patch(self, path: str, body: Any, **params: Any) -> Any:
        """PATCH with a JSON body; returns the JSON answer."""
        return self.send("PATCH", path, json=body, params=params)

    def open(self, path: str, *, headers: Mapping[str, str] | None = None, **params: Any) -> httpx.Response:
        """GET whose body is not read yet; the caller reads and closes it. Raises RequestRefused, Unreachable."""
        call = self._http.build_request("GET", path, params=params, headers=headers)
        try:
            answer = _retried("GET", lambda: self._http.send(call, stream=True))
            if not answer.is_success:
                answer.read()
        except httpx.TransportError as exc:
            raise self._unreachable("GET", path, exc) from exc
        if not answer.is_success:
            answer.close()
            raise RequestRefused(
                refusal(self.name, "GET", path, answer), status=answer.status_code, problem=problem(answer)
            )
        return answer

    def send(self, method: str, path: str, *, params: Mapping[str, Any], **rest: Any) -> Any:
        """One call; absent (None) parameters are left out."""
        given = {name: value for name, value in params.items() if value is not None}
        if rest.get("json", ...) is None:
            rest.pop("json")
        try:
            answer = _retried(method, lambda: self._http.request(method, path, params=given, **rest))
        except httpx.TransportError as exc:
            raise self._unreachable(method, path, exc) from exc
        if not answer.is_success:
            text = refusal(self.name, method, path, answer)
            raise RequestRefused(text, status=answer.status_code, problem=problem(answer))
        return answer.json() if answer.content else None

    def _unreachable(self, method: str, path: str, exc: httpx.TransportError) -> Unreachable:
        text = f"does not answer {method} {path} ({type(exc).__name__})"
        return Unreachable(f"{self.name} at {self.base_url} {text}; is the stack up?")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _retried(method: str, send: Callable[[], httpx.Response]) -> httpx.Response:
    """The other side may close or reset a pooled connection just as it is used: a GET is then sent once more."""
    try:
        return send()
    except (httpx.RemoteProtocolError, httpx.ReadError):
        if method != "GET":
            raise
        return send()


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The error answer's JSON object; empty when it is none."""
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def refusal(name: str, method: str, path: str, answer: httpx.Response) -> str:
    """One sentence from an error answer; understands ``application/problem+json``."""
    lead = f"{name} answered {answer.status_code} to {method} {path}"
    try:
        problem = answer.json()
    except ValueError:
        return f"{lead}: {answer.text[:300]}" if answer.text else lead
    if not isinstance(problem, dict):
        return f"{lead}: {str(problem)[:300]}"
    parts = [str(problem[key]) for key in ("title", "detail") if problem.get(key)]
    parts += [_field(error) for error in problem.get("errors") or [] if isinstance(error, dict)]
    return f"{lead}: {'; '.join(parts)}" if parts else f"{lead}: {str(problem)[:300]}"


def _field(error: Mapping[str, Any]) -> str:
    parts = [f"{error.get('field', '?')}: expected {error.get('expected', '?')}"]
    if error.get("remedy"):
        parts.append(str(error["remedy"]))
    return ", ".join(parts)
