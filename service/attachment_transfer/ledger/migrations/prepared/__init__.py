"""Contracting steps that a later release moves to ``versions``. ``migrate`` does not see them; tests do."""
