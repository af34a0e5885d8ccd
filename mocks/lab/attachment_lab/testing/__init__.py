"""What tests use: ``Lab`` and ``Tenant`` behind the pytest plugin's fixtures, and a PostgreSQL server."""
