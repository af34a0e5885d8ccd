"""The token issuer: client login, keys, tokens, planned failures, and the check of a bearer token."""
