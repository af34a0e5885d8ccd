"""Every exchange on every hop as one journal: gathered, related to its chat, explained, exported."""
