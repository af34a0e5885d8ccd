"""A tenant's chat activities in C4C: reading them, their view."""
