"""System Configurator's lists below ``/_mock``: reading them here leaves no entry in the journal."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from mock_kit.mock import Mock
from orchestration_mock.routes.configurator import integration_document, integration_documents, secret_documents
from orchestration_mock.tenant import OrchestrationTenant


def add_configurator_views(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    """``GET /_mock/secrets`` and ``GET /_mock/event-driven-integrations[/{id}]``."""

    @bp.get("/secrets")
    def secrets() -> Response:
        """All secrets without their values."""
        return jsonify(secret_documents(mock.current_tenant()))

    @bp.get("/event-driven-integrations")
    def integrations() -> Response:
        """All configurations, oldest first."""
        return jsonify(integration_documents(mock.current_tenant()))

    @bp.get("/event-driven-integrations/<id_>")
    def integration(id_: str) -> Response:
        """One configuration; 404 when there is none."""
        tenant = mock.current_tenant()
        return jsonify(integration_document(tenant, tenant.integrations.get(id_)))
