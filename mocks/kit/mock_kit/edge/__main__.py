"""``python -m mock_kit.edge``: see ``--help``."""

from mock_kit.edge.process import main

if __name__ == "__main__":
    main()
