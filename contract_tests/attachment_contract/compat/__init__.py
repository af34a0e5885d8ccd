"""Compatibility of schemas: whether a newer schema still accepts everything that an older one accepted."""
