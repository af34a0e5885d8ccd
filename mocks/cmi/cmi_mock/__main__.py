"""``python -m cmi_mock --host 127.0.0.1 --port 8102 --fault-proxy-port 9102 --data DIR``."""

from __future__ import annotations

from mock_kit.server import main

if __name__ == "__main__":
    main("cmi_mock.app:create_app", prog="cmi_mock")
