"""What the probe sends, system by system, in order."""
