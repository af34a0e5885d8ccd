"""What passes between the systems, as JSON Schema (2020-12) in ``schemas/``, and the means to check it."""

from attachment_contract.schemas_store import load_schema, schema_names, validator

__all__ = ["load_schema", "schema_names", "validator"]
