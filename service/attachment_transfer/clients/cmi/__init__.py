"""CMI: a chat's documents and the download of its files."""
