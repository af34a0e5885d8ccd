"""Contract with odata2ts, whose generator makes typed services of the mock's own metadata."""

from __future__ import annotations

from typing import ClassVar

from client_suite import ClientSuite


class TestOData2Ts(ClientSuite):
    """odata2ts with the services that it generated."""

    folder = "odata2ts"
    lacks: ClassVar = {
        "batch": "odata2ts sends no $batch",
        "change sets": "odata2ts sends no $batch",
    }
