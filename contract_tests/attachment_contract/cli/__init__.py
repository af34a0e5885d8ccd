"""The command line of the package: one module per command."""
