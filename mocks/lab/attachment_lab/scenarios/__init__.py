"""Scenarios: a fault on the stack, the expected result and the actual one. Without Flask."""
