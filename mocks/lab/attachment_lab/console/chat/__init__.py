"""The chats of a tenant: reading them, acting in them, their view."""
