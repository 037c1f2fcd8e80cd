"""One target under libFuzzer (atheris): `python -m tests.fuzz.driver TARGET FOUND_FOLDER [libFuzzer options]`.

Instruments `radius` and `federation` alone. libFuzzer ends the process itself; never imported by anything else.
"""

from __future__ import annotations

import importlib
import sys

import atheris


def main() -> None:
    """Run until libFuzzer's limit; a crash leaves its input beside FOUND_FOLDER and exits unequal 0."""
    target, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["radius", "federation"], enable_loader_override=False):
        module = importlib.import_module(f"tests.fuzz.{target}")
    atheris.Setup([sys.argv[0], *options], module.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
