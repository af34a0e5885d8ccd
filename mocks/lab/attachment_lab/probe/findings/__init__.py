"""What a run leaves: assumptions and their verdicts, redacted evidence files, the dialect file."""
