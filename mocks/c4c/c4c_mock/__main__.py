"""``python -m c4c_mock --host 127.0.0.1 --port 8103 --fault-proxy-port 9103 --data DIR``."""

from __future__ import annotations

from mock_kit.server import main

if __name__ == "__main__":
    main("c4c_mock.app:create_app", prog="c4c_mock")
