"""What the service remembers: its own tables, in the same database as the durable engine's."""
