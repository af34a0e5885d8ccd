"""The HTTP API: the endpoint (token, schema, policy, accept), status, administration, the operator's page."""
