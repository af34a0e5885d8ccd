"""Fault kinds and the locations where they take effect, as data for forms and scenarios."""
