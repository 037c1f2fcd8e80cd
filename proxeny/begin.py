"""How a process of the supervisor's begins: `python -m proxeny.begin MODULE SPEC` loads the module and runs its `main`.

What is loaded lives as long as the process: to look through it for garbage is a sixth of every start, and of every later
look a waste. Never does anything else before `main` is called.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def main() -> None:
    """Begin the module that the first argument names; its own arguments are the rest."""
    gc.disable()
    module = loaded(sys.argv.pop(1))
    gc.freeze()
    gc.enable()
    module.main()


def loaded(name: str) -> ModuleType:
    """A module whose structlog has no console, as no process of ours has one: a tenth of a start."""
    if "rich" in sys.modules:
        return import_module(name)
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        return import_module(name)
    finally:
        del sys.modules["rich"]


if __name__ == "__main__":
    main()
