"""Python imports this at the start of a process whose PYTHONPATH has this folder: it notes which modules run.

Every function of ``$TRACED_PACKAGE`` is compiled with a call at its start. A process writes one line per module to
``$TRACED_MODULES_DIR/<pid>``, when a function of it is first called while ``$TRACED_MODULES_DIR/go`` exists. What runs
at import does not count.
"""

import ast
import builtins
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

_PACKAGE = os.environ.get("TRACED_PACKAGE", "attachment_transfer")


class _Noting(SourceFileLoader):
    """Compiles from source, never from the cache, with a note at the start of each function."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:
        tree = ast.parse(data, str(path))
        name = str(path).rpartition(f"{os.sep}{_PACKAGE}{os.sep}")[2]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
                call = ast.parse(f"__note_module__({name!r})").body[0]
                node.body.insert(1 if documented else 0, ast.copy_location(call, node.body[0]))
        ast.fix_missing_locations(tree)
        return compile(tree, str(path), "exec", dont_inherit=True, optimize=_optimize)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] != _PACKAGE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Noting(spec.loader.name, spec.loader.path)
        return spec


def _install(folder: Path) -> None:
    go, seen = str(folder / "go"), set[str]()

    def note(module: str) -> None:
        if module not in seen and os.path.exists(go):  # noqa: PTH110 - a Path costs more, and this is called everywhere
            seen.add(module)
            with (folder / str(os.getpid())).open("a", encoding="utf-8") as lines:
                lines.write(module + "\n")

    builtins.__note_module__ = note  # type: ignore[attr-defined]
    sys.meta_path.insert(0, _Finder())


if os.environ.get("TRACED_MODULES_DIR"):
    _install(Path(os.environ["TRACED_MODULES_DIR"]))
