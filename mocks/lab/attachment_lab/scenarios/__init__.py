"""Scenarios: what can go wrong on the stack, what should come of it, and what did. No Flask in here."""
