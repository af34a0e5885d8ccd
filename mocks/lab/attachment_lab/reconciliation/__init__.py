"""Compares what the customer sent with what each hop holds: records, invariants, verdict."""
