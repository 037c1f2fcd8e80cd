"""The pages' texts, compiled as `make .venv` does it. Never writes a .po."""

from __future__ import annotations

import importlib.util
from pathlib import Path

HOME = Path(__file__).parent.parent.parent


def compile_stale() -> None:
    """As hatch_build.py does it; it is no module of the package."""
    spec = importlib.util.spec_from_file_location("hatch_build", HOME / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.compile_stale()
