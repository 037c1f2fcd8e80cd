"""[api] of the settings: whether programs are served, and how often one may ask.

A key's meaning is told in config/proxeny.toml. Never a listener of its own: the API is on the staff's.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from proxeny.parts import Part


class Api(Part):
    """[api]"""

    enabled: bool = True
    rate: Annotated[int, Field(ge=1, le=100_000)] = 600  # requests a minute of one token
