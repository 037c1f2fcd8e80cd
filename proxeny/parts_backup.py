"""[backup] of the settings: where copies of the database go, how often, and how many are kept.

A key's meaning is told in config/proxeny.toml. Never makes a folder: whether it can be written to is `check`'s to say.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  pydantic reads the annotations when the module runs
from typing import Annotated

from pydantic import BeforeValidator, Field

from proxeny.measures import Range, duration
from proxeny.parts import Part


class Backup(Part):
    """[backup]"""

    folder: Path
    every: Annotated[int, BeforeValidator(duration(Range(3_600, 7 * 86_400)))] = 86_400
    keep: Annotated[int, Field(ge=2, le=1_000)] = 14
