"""How a process of the supervisor's begins: `python -m proxeny.begin MODULE SPEC` loads the module and runs its `main`.

What is loaded lives as long as the process: to look through it for garbage is a sixth of every start, and of every later
look a waste. Never does anything else before `main` is called.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module


def main() -> None:
    """Begin the module that the first argument names; its own arguments are the rest."""
    gc.disable()
    sys.modules["rich"] = None  # type: ignore[assignment]  # structlog's console, which no process of ours has: a tenth of a start
    module = import_module(sys.argv.pop(1))
    del sys.modules["rich"]
    gc.freeze()
    gc.enable()
    module.main()


if __name__ == "__main__":
    main()
