"""HTTP as the kit needs it, without tenants: bytes on a socket, codings, TLS, refusals, the guard, the bulkhead."""
