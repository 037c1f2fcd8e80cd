"""[business] of the settings: the pages of the shops, how long somebody stays signed in there, and when the city answers.

A key's meaning is told in config/proxeny.toml. Never reads a file.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from proxeny.addresses import Endpoint
from proxeny.measures import Range, duration
from proxeny.parts import At  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_open_data import Line, Mailbox  # noqa: TC001  the same
from proxeny.parts_staff import Known

DAY: Final = 86_400
REVIEW: Final = 2 * DAY  # where nothing else is promised


class Business(Known):
    """[business]: the pages of the shops that advertise."""

    listen: At = Endpoint("127.0.0.1", 8082)
    threads: Annotated[int, Field(ge=2, le=256)] = 8
    idle: Annotated[int, BeforeValidator(duration(Range(60, 14 * DAY)))] = DAY
    absolute: Annotated[int, BeforeValidator(duration(Range(300, 90 * DAY)))] = 14 * DAY
    review: Annotated[int, BeforeValidator(duration(Range(3_600, 30 * DAY)))] = REVIEW
    help_name: Line | None = None
    help_mail: Mailbox | None = None
    help_phone: Line | None = None
