"""How the service speaks to its neighbours. Each client is handed its transport and raises only our own errors."""
