"""One tenant: its names and secrets, how the mocks are configured for it, its conversations and its transfers."""
