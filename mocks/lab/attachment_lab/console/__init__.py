"""The console: pages that show a chat's attachments travel from Contact Pro to C4C, one set of them per tenant."""
