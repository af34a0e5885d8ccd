"""``python -m attachment_transfer`` and the command ``attachment-transfer``."""

from attachment_transfer.runtime.hardening import harden

harden()  # before anything else is imported, so that no secret is read in a process that could leave a core file

from attachment_transfer.cli.main import main  # noqa: E402

__all__ = ["main"]

if __name__ == "__main__":
    main(prog_name="attachment-transfer")
