"""Judges any implementation of the endpoint from outside: rows of rules, a runner, a scorecard.

Nothing of the service is read but its answers to Contact Pro: what the customer sent, what CMI served and what C4C
holds decide.

    rows ─► runner (tenants in parallel, process faults one by one) ─► scorecard (text, JSON, JUnit, HTML, badge)
"""
