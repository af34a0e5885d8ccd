"""Contact Pro's configurator, event engine and token issuer, and the orchestration layer's stand-in."""
