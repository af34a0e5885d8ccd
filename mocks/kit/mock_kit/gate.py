"""stub replaced next"""

from __future__ import annotations

from typing import Any


class Gate:
    def __init__(self, mock: Any, *, host: str, port: int, app_port: int) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
