"""The JSON Schemas (2020-12) of everything that passes between the systems (``*.schema.json``), and their loader."""
