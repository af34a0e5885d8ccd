"""C4C over OData V2: activities, attachments, uploads."""
