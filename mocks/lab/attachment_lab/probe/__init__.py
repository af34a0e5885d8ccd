"""Ask a real tenant a short list of questions, and compare its answers with what the mocks assume.

target, permits → wire (the one way out: read-only, stops at 401) → capture_* (what is sent, in order)
→ read_* (pure: from exchanges to sightings) → verdicts → report, dialect file. Evidence goes through
``redaction`` before it touches the disk. docs/probe.md tells the owner of a tenant what happens.
"""
