"""Compiles the catalogues of the pages' texts (.po) where the package is built or installed: what gettext reads is .mo.

Also `python hatch_build.py`. Never touches a .po, and never leaves a .mo that is older than its .po.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HOME = Path(__file__).parent


class CatalogueHook(BuildHookInterface[Any]):
    """Hatch calls it before it collects the files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatch's signature
        """Compile what is stale, into the tree."""
        compile_stale(Path(self.root))


def compile_stale(home: Path = HOME) -> list[Path]:
    """Each catalogue that has no .mo, or an older one; those that were compiled. Whole or not at all."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415  only where there is something to do
    from babel.messages.pofile import read_po  # noqa: PLC0415

    done = []
    for source in sorted(home.glob("portal/translations/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_suffix(f".{os.getpid()}.tmp")
        with source.open("rb") as texts, draft.open("wb") as file:
            write_mo(file, read_po(texts))
        draft.replace(target)
        done.append(target)
    return done


if __name__ == "__main__":
    compile_stale()
