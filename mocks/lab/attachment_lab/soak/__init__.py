"""The soak: chats flow through one stack for minutes, and what its processes use must not grow."""
