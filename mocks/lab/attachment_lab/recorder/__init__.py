"""Live traffic against the contract: what other tests exchange is captured and checked, and fails them at their end."""
