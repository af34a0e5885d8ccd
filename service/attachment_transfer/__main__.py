"""``python -m attachment_transfer``."""

from attachment_transfer.cli import main

if __name__ == "__main__":
    main(prog_name="attachment-transfer")
