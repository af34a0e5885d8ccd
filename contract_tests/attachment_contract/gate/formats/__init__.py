"""How reports are written: ``text`` for people (text.py), the others for machines (machine.py)."""

FORMATS = ("text", "json", "junit", "github", "sarif")
