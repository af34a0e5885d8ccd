"""The JSON Schemas (2020-12) of everything that passes between the systems, and the functions that load them."""

from attachment_contract.schemas.store import load_schema, schema_names, urn_of, validator, validator_of

__all__ = ["load_schema", "schema_names", "urn_of", "validator", "validator_of"]
