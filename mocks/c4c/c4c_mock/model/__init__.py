"""State and rules of a C4C tenant, without HTTP or Flask."""
