"""System Configurator: secrets, event-driven integrations that the gate checks as one types, and the event log."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from attachment_contract.dryrun.request import NothingToSend
from attachment_contract.gate import vocabulary as words
from attachment_lab.console.chat.chat_reader import ChatReader, chat_reader
from attachment_lab.console.chat.chat_routes import act
from attachment_lab.console.chat.chat_view import event_views
from attachment_lab.console.forms.integration_form import (
    TypedIntegration,
    corrected,
    dry_run_of,
    findings_of,
    rule_page,
    users_of,
)
from attachment_lab.console.session.shared_reading import SharedReading
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import ConsolePage, Reply, json_object, problem_response, stream, tenant_session
from attachment_lab.console.web.passing import passed
from attachment_lab.tenant import people

#: Events that the log shows, newest first.
SHOWN_EVENTS = 120
MOST_TEXT = 200_000
QUEUE_CHANNEL = "whatsapp"


def blueprint() -> Blueprint:
    """The page, its stream, and what an administrator does."""
    bp = Blueprint("configurator", __name__)
    _add_reading(bp)
    _add_gate(bp)
    _add_secrets(bp)
    _add_integrations(bp)

    @bp.post("/api/deliveries/<delivery_id>/redeliver")
    def redeliver(delivery_id: str) -> Reply:
        """Send again what the event engine has sent, with today's configuration -> 204."""
        session, to = tenant_session(), configurator_api().to
        path = f"/_mock/deliveries/{delivery_id}/redeliver"
        return act(lambda: to.post(path, {"configuration": "today"}, tenant=session.names.name))

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
        api, chats = configurator_api(), chat_reader()
        return stream(lambda: reading(api, chats), "configurator")

    @bp.get("/api/integrations/<id_>")
    def integration(id_: str) -> Reply:
        """One configuration as it was saved; credential values are never returned."""
        return _passed(lambda: configurator_api().integration(id_))

    @bp.get("/api/example")
    def example() -> Response:
        """The JSON of the public configuration page, with this tenant's addresses in it."""
        return jsonify(json=tenant_session().names.integration_json)


def reading(api: ConfiguratorApi, chats: ChatReader) -> dict[str, Any]:
    """All that the page shows; it holds no secret, because the API returns none."""
    integrations = api.integrations()
    names = (
        "id",
        "name",
        "description",
        "channel_type",
        "direction",
        "ordinal",
        "events",
        "enabled",
        "endpoint_url",
        "warnings",
    )
    events = chats.events()[-SHOWN_EVENTS:][::-1]
    return {
        "secrets": [each | {"used_by": users_of(each["name"], integrations)} for each in api.secrets()],
        "integrations": [{name: each[name] for name in names} for each in integrations],
        "log": event_views(events, chats.deliveries()),
    }


def _add_gate(bp: Blueprint) -> None:
    @bp.post("/api/check")
    def check_typed() -> Reply:
        """``{"form", "json"}`` -> the gate's findings."""
        return jsonify(findings_of(_typed()))

    @bp.post("/api/fix")
    def fix_typed() -> Reply:
        """``{"form", "json"}`` -> the same, corrected where that is mechanical."""
        return jsonify(corrected(_typed()))

    @bp.post("/api/dry-run")
    def try_typed() -> Reply:
        """``{"form", "json", "event"}`` -> the exact request that Contact Pro would send."""
        event = str(json_object().get("event", "Ended"))
        if event not in words.EVENTS:
            return problem_response(HTTPStatus.BAD_REQUEST, f"event: one of {', '.join(words.EVENTS)}")
        try:
            return jsonify(dry_run_of(_typed(), event))
        except NothingToSend as exc:
            return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, f"There is nothing to send: {exc}.")

    @bp.get("/api/rules/<rule_id>")
    def rule(rule_id: str) -> Reply:
        """A rule's page: why it is there, a wrong and a right example, the source."""
        found = rule_page(rule_id)
        return jsonify(found) if found else problem_response(HTTPStatus.NOT_FOUND, f"there is no rule {rule_id[:20]}")


def _typed() -> TypedIntegration:
    body = json_object()
    form = body.get("form")
    names = tuple(str(each["name"]) for each in configurator_api().secrets())
    return TypedIntegration(
        text=str(body.get("json", ""))[:MOST_TEXT], form=form if isinstance(form, dict) else {}, secret_names=names
    )


def _add_secrets(bp: Blueprint) -> None:
    @bp.post("/api/secrets")
    def create_secret() -> Reply:
        """``{"name", "description", "secret"}`` -> 201; the value is never returned."""
        body = json_object()
        return _passed(lambda: configurator_api().to.post(configurator_api().secrets_path, body), HTTPStatus.CREATED)

    @bp.put("/api/secrets/<name>")
    def replace_secret(name: str) -> Reply:
        """``{"description", "secret"}``: a new value under the same name."""
        body = json_object()
        return _passed(lambda: configurator_api().to.put(f"{configurator_api().secrets_path}/{name}", body))

    @bp.delete("/api/secrets/<name>")
    def remove_secret(name: str) -> Reply:
        """204; 409 while integrations use it, unless ``?force=1``."""
        force = "1" if request.args.get("force") == "1" else None
        return _passed(lambda: configurator_api().to.delete(f"{configurator_api().secrets_path}/{name}", force=force))


def _add_integrations(bp: Blueprint) -> None:
    @bp.post("/api/integrations")
    def create() -> Reply:
        """The whole form -> 201; 422 with every error."""
        body = json_object()
        return _passed(
            lambda: configurator_api().to.post(configurator_api().integrations_path, body), HTTPStatus.CREATED
        )

    @bp.put("/api/integrations/<id_>")
    def replace(id_: str) -> Reply:
        """The whole form; the id stays."""
        body = json_object()
        return _passed(lambda: configurator_api().to.put(f"{configurator_api().integrations_path}/{id_}", body))

    @bp.patch("/api/integrations/<id_>")
    def switch(id_: str) -> Reply:
        """``{"enabled"}``."""
        body = json_object()
        return _passed(lambda: configurator_api().to.patch(f"{configurator_api().integrations_path}/{id_}", body))

    @bp.delete("/api/integrations/<id_>")
    def remove(id_: str) -> Reply:
        """204."""
        return _passed(lambda: configurator_api().to.delete(f"{configurator_api().integrations_path}/{id_}"))


def _passed(call: Callable[[], Any], status: HTTPStatus = HTTPStatus.OK) -> Reply:
    return passed(call, then=configurator_api().forget, status=status)


PAGE = ConsolePage(name="configurator", title="System Configurator", icon="gear", order=40, make=blueprint)


FRESH_S = 0.4


class ConfiguratorApi:
    """System Configurator's API of one tenant. What is only read bypasses it and is in no journal."""

    def __init__(self, session: TenantSession) -> None:
        self.to, self._tenant = session.to.orchestration, session.names.name
        self.secrets_path = session.names.secrets_path
        self.integrations_path = session.names.integrations_path
        self.secrets = SharedReading(lambda: self._read("secrets"), for_s=FRESH_S)
        self.integrations = SharedReading(lambda: self._read("event-driven-integrations"), for_s=FRESH_S)

    def integration(self, id_: str) -> Any:
        """One configuration as it was saved."""
        return self._read(f"event-driven-integrations/{id_}")

    def _read(self, what: str) -> Any:
        return self.to.get(f"/_mock/{what}", tenant=self._tenant)

    def forget(self) -> None:
        """Make the next call read again: something was just changed."""
        self.secrets.forget()
        self.integrations.forget()


def configurator_api() -> ConfiguratorApi:
    """The API of the running request's tenant."""
    return tenant_session().of(ConfiguratorApi)
