"""System Configurator: secrets, event-driven integrations with the gate looking on as one types, and the event log."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from flask import Blueprint, Response, jsonify, render_template, request

from attachment_contract.dryrun.request import NothingToSend
from attachment_contract.gate import vocabulary as words
from attachment_lab.console.configuring import Typed, corrected, explained, judged, tried, users_of
from attachment_lab.console.counter import Counter, counter
from attachment_lab.console.desk import Desk
from attachment_lab.console.frame import Page, desk, json_object, stream, told
from attachment_lab.console.fresh import Fresh, of_this_tenant
from attachment_lab.console.talk import happening
from attachment_lab.console.talk_routes import act, refused
from attachment_lab.errors import RequestRefused
from attachment_lab.tenant import people

Reply = Response | tuple[Response, int]
#: Events that the log shows, newest first.
SHOWN_EVENTS = 120
FRESH_S = 0.4
MOST_TEXT = 200_000
QUEUE_CHANNEL = "whatsapp"


class Office:
    """System Configurator's API of one tenant. What only looks goes past it and stands in no journal."""

    def __init__(self, mine: Desk) -> None:
        base = f"/{mine.names.tenant_path}/system-configurator/api"
        self.to, self._tenant = mine.to.orchestration, mine.names.name
        self.secrets_path = f"{base}/secrets"
        self.integrations_path = f"{base}/event-driven-integrations"
        self.secrets = Fresh(lambda: self._seen("secrets"), for_s=FRESH_S)
        self.integrations = Fresh(lambda: self._seen("event-driven-integrations"), for_s=FRESH_S)

    def integration(self, id_: str) -> Any:
        """One configuration as it was saved."""
        return self._seen(f"event-driven-integrations/{id_}")

    def _seen(self, what: str) -> Any:
        return self.to.get(f"/_mock/{what}", tenant=self._tenant)

    def forget(self) -> None:
        """Something was changed."""
        self.secrets.forget()
        self.integrations.forget()


_OFFICES: WeakKeyDictionary[Desk, Office] = WeakKeyDictionary()


def office() -> Office:
    """The office of the running request's tenant."""
    return of_this_tenant(_OFFICES, Office)


def blueprint() -> Blueprint:
    """The page, its stream, and what an administrator does."""
    bp = Blueprint("configurator", __name__)
    _add_reading(bp)
    _add_fault_proxies(bp)
    _add_secrets(bp)
    _add_integrations(bp)

    @bp.post("/api/deliveries/<delivery_id>/redeliver")
    def redeliver(delivery_id: str) -> Reply:
        """Send again what the event engine has sent, with today's configuration -> 204."""
        here, to = desk(), office().to
        path = f"/_mock/deliveries/{delivery_id}/redeliver"
        return act(lambda: to.post(path, {"configuration": "today"}, tenant=here.names.name))

    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        queues = [each.to_json(QUEUE_CHANNEL) for each in people.QUEUES]
        return render_template("configurator.html", words=words, queues=queues)

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: ``{"secrets", "integrations", "log"}`` whenever something differs."""
        here, log = office(), counter()
        return stream(lambda: reading(here, log), "office")

    @bp.get("/api/integrations/<id_>")
    def integration(id_: str) -> Reply:
        """One configuration as it was saved; credential values never come out."""
        return _passed(lambda: office().integration(id_))

    @bp.get("/api/example")
    def example() -> Response:
        """The JSON of the public configuration page, with this tenant's addresses in it."""
        return jsonify(json=desk().names.integration_json)


def reading(here: Office, log: Counter) -> dict[str, Any]:
    """All that the page shows; no secret is in it, for the API gives none."""
    integrations = here.integrations()
    names = ("id", "name", "channel_type", "direction", "ordinal", "events", "enabled", "endpoint_url", "warnings")
    rows: dict[str, list[Any]] = {}
    for each in log.deliveries():
        rows.setdefault(str(each["event_id"]), []).append(each)
    events = log.events()[-SHOWN_EVENTS:][::-1]
    return {
        "secrets": [each | {"used_by": users_of(each["name"], integrations)} for each in here.secrets()],
        "integrations": [{name: each[name] for name in names} for each in integrations],
        "log": [happening(each, rows.get(str(each["event_id"]), ())) for each in events],
    }


def _add_fault_proxies(bp: Blueprint) -> None:
    @bp.post("/api/check")
    def check_typed() -> Reply:
        """``{"form", "json"}`` -> the gate's findings."""
        return jsonify(judged(_typed()))

    @bp.post("/api/fix")
    def fix_typed() -> Reply:
        """``{"form", "json"}`` -> the same, corrected where that is mechanical."""
        return jsonify(corrected(_typed()))

    @bp.post("/api/dry-run")
    def try_typed() -> Reply:
        """``{"form", "json", "event"}`` -> the exact request that Contact Pro would send."""
        event = str(json_object().get("event", "Ended"))
        if event not in words.EVENTS:
            return told(HTTPStatus.BAD_REQUEST, f"event: one of {', '.join(words.EVENTS)}")
        try:
            return jsonify(tried(_typed(), event))
        except NothingToSend as exc:
            return told(HTTPStatus.UNPROCESSABLE_ENTITY, f"There is nothing to send: {exc}.")

    @bp.get("/api/rules/<rule_id>")
    def rule(rule_id: str) -> Reply:
        """What a rule is about, why, with a wrong and a right example and the source."""
        found = explained(rule_id)
        return jsonify(found) if found else told(HTTPStatus.NOT_FOUND, f"there is no rule {rule_id[:20]}")


def _typed() -> Typed:
    body = json_object()
    form = body.get("form")
    names = tuple(str(each["name"]) for each in office().secrets())
    return Typed(
        text=str(body.get("json", ""))[:MOST_TEXT], form=form if isinstance(form, dict) else {}, secret_names=names
    )


def _add_secrets(bp: Blueprint) -> None:
    @bp.post("/api/secrets")
    def create_secret() -> Reply:
        """``{"name", "description", "secret"}`` -> 201; the value never comes out again."""
        body = json_object()
        return _passed(lambda: office().to.post(office().secrets_path, body), HTTPStatus.CREATED)

    @bp.put("/api/secrets/<name>")
    def replace_secret(name: str) -> Reply:
        """``{"description", "secret"}``: a new value under the same name."""
        body = json_object()
        return _passed(lambda: office().to.put(f"{office().secrets_path}/{name}", body))

    @bp.delete("/api/secrets/<name>")
    def remove_secret(name: str) -> Reply:
        """204; 409 while integrations use it, unless ``?force=1``."""
        force = "1" if request.args.get("force") == "1" else None
        return _passed(lambda: office().to.delete(f"{office().secrets_path}/{name}", force=force))


def _add_integrations(bp: Blueprint) -> None:
    @bp.post("/api/integrations")
    def create() -> Reply:
        """The whole form -> 201; 422 with every error."""
        body = json_object()
        return _passed(lambda: office().to.post(office().integrations_path, body), HTTPStatus.CREATED)

    @bp.put("/api/integrations/<id_>")
    def replace(id_: str) -> Reply:
        """The whole form; the id stays."""
        body = json_object()
        return _passed(lambda: office().to.put(f"{office().integrations_path}/{id_}", body))

    @bp.patch("/api/integrations/<id_>")
    def switch(id_: str) -> Reply:
        """``{"enabled"}``."""
        body = json_object()
        return _passed(lambda: office().to.patch(f"{office().integrations_path}/{id_}", body))

    @bp.delete("/api/integrations/<id_>")
    def remove(id_: str) -> Reply:
        """204."""
        return _passed(lambda: office().to.delete(f"{office().integrations_path}/{id_}"))


def _passed(call: Callable[[], Any], status: HTTPStatus = HTTPStatus.OK) -> Reply:
    """The API's answer; its refusal with every field that is wrong."""
    try:
        found = call()
    except RequestRefused as exc:
        answer, code = refused(exc)
        return jsonify({**answer.get_json(), "errors": exc.problem.get("errors") or []}), code
    finally:
        office().forget()
    return (jsonify(found), status) if found is not None else (Response(), HTTPStatus.NO_CONTENT)


PAGE = Page(name="configurator", title="System Configurator", icon="gear", order=40, make=blueprint)
