"""Event-driven integrations: one configuration, its JSON text, and which configurations an event triggers."""
