"""A ledger of its own for each test, on real SQLite; a clock that only the test moves; ids that count."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode leaves test folders out; helpers stand beside the tests

settings.register_profile("decided", derandomize=True, database=None, deadline=None, max_examples=300)
settings.load_profile("decided")
