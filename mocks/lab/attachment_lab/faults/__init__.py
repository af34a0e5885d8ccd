"""Fault kinds and the locations where they strike, as data for forms and scenarios."""
