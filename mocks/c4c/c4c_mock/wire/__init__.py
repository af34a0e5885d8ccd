"""OData V2 on the wire: reading URIs, options and bodies; writing JSON, Atom and metadata."""
