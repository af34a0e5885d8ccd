"""Contract with SAP Cloud SDK for JavaScript, whose generator makes a typed client of the mock's own metadata."""

from __future__ import annotations

from client_suite import ClientSuite


class TestSapCloudSdk(ClientSuite):
    """SAP Cloud SDK with the client that it generated."""

    folder = "sap_cloud_sdk"
