"""Live traffic against the contract: what every other test exchanges is captured, judged, and fails it at its end."""
