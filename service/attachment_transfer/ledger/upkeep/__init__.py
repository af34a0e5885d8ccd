"""Statements on many transfers at once: purge, move, rotation, redrive, after a restore."""
