"""Scripted conversations: a readable YAML or JSON document that visitor and agents then play."""
