"""State and rules of a C4C tenant. Nothing in here has ever heard of HTTP or Flask."""
