"""`make compiled`: the road's files as extension modules beside their sources, by mypyc, which comes with mypy.

Built in a temporary folder, put in place when whole, the stamp last: a build cut short is refused, never used.
Never part of a running controller: it needs the development environment, a C compiler and Python's headers.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from sysconfig import get_config_var, get_path
from typing import Final

from proxeny import compiled

# Those who are not compiled are read for their types; pyproject.toml is for other purposes than this.
_MYPY: Final = ("--config-file=", "--ignore-missing-imports", "--follow-imports=silent", "--strict")


def lacking() -> str:
    """What keeps this machine from compiling, in words; "" where nothing does."""
    compiler = (get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"no C compiler ({compiler}; Debian: apt-get install gcc libc6-dev)"
    if not Path(get_path("include"), "Python.h").exists():
        return "no Python headers (Debian: apt-get install python3-dev)"
    if find_spec("mypyc") is None or find_spec("setuptools") is None:
        return "no mypyc (make .venv/dev)"
    return ""


def build(home: Path = compiled.HOME) -> None:
    """Compile the road of this house; raises SystemExit where the compiler refuses."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(home / "radius", "radius", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        made = compiled.digest(Path())
        _extensions([f"radius/{name}.py" for name in compiled.FILES])
        for old in (compiled.STAMP, *compiled.there(home)):
            (home / old).unlink(missing_ok=True)
        for name in sorted(compiled.wanted()):
            shutil.copy(Path("out", name), home / name)
        (home / compiled.STAMP).write_text(made + "\n")


def _extensions(paths: list[str]) -> None:
    """One C module for all of them, and a door for each, below out/."""
    from mypyc.build import mypycify  # noqa: PLC0415  of the development environment only
    from setuptools import setup  # noqa: PLC0415  the same

    modules = mypycify([*_MYPY, *paths], opt_level="3", debug_level="0", group_name=compiled.GROUP)
    words = ["--quiet", "build_ext", "--build-lib", "out", "--build-temp", "objects"]
    setup(name="road", packages=[], ext_modules=modules, script_args=words)


def main() -> None:
    """Build, or say what is missing."""
    if why := lacking():
        raise SystemExit(f"The road cannot be compiled here: {why}. It runs as it is; compiling only makes it faster.")
    build()
    sys.stdout.write(f"{len(compiled.FILES)} files of radius/ are compiled; make pure undoes it.\n")


if __name__ == "__main__":
    main()
