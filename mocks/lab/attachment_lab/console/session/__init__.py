"""One tenant of the console: its session, and what runs for it in the background."""
