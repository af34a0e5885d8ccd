"""Compatibility of schemas: whether a newer schema still accepts everything that an older one accepted."""

from attachment_contract.compat.narrowing import narrowed

__all__ = ["narrowed"]
