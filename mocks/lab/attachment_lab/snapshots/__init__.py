"""A tenant's state in a file: ``archive`` (the format) ← ``ledger_rows``, ``saving``, ``restoring``; ``continued``."""
