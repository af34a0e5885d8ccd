"""Sends a short list of requests to a real tenant, and compares its answers with what the mocks assume.

target, permits → client (the only way out: read-only, stops at 401) → requests (what is sent, in order) → readings
(pure: from exchanges to observations) → findings (verdicts, report, dialect file). Evidence is redacted before it is
written to disk. docs/probe.md explains a run to the owner of a tenant.
"""
