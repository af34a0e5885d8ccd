"""What the kit itself does, as evidence entries (label ``own``): no neighbour behaves like this."""

from __future__ import annotations

from mock_kit.evidence import Evidence

UNKNOWN_TENANT = "kit.unknown-tenant"
BULKHEAD = "kit.bulkhead"
GUARD = "kit.guard"

KIT_EVIDENCE = (
    Evidence(
        UNKNOWN_TENANT,
        "A request whose host or tenant no tenant was made for is answered 421 and a list of the tenants.",
        "own",
        "A mock never guesses which tenant is meant.",
        test="mocks/kit/tests/test_app.py::test_a_request_to_no_tenant_is_told_which_tenants_exist",
    ),
    Evidence(
        BULKHEAD,
        "More than 112 requests at once are answered 503, so that /_mock always has threads of its own.",
        "own",
        "A mock whose requests hang must still take orders.",
        test="mocks/kit/tests/test_app.py::test_control_answers_while_every_data_slot_is_taken",
    ),
    Evidence(
        GUARD,
        "/_mock and the configurators refuse unknown Hosts, foreign Origins, cross-site pages, bodies without JSON.",
        "own",
        "No web page may steer a mock; the vendors' faces answer as the vendors do.",
        test="mocks/lab/tests/test_guarded_addresses.py::test_a_foreign_page_reaches_no_guarded_address",
    ),
)
