"""The command ``attachment-transfer``."""
