"""The forms that the server checks: a fault, an integration."""
