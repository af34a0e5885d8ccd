"""The command ``attachment-contract``: one module per subcommand, imported when it is called."""
