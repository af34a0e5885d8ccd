"""``python -m attachment_contract``: the same as the command ``attachment-contract``."""

from attachment_contract.cli.main import main

if __name__ == "__main__":
    main()
