"""[staff] of the settings: the staff app's listener, and how long somebody stays signed in.

A key's meaning is told in config/proxeny.toml. Never reads a file: a password from elsewhere was put in its place before.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from proxeny.addresses import Endpoint
from proxeny.measures import Range, duration
from proxeny.parts import At  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_central import StaffDirectory, StaffOidc  # noqa: TC001  as above
from proxeny.parts_web import Pages


class Known(Pages):
    """A listener for browsers of people who sign in, with passkeys maybe."""

    @property
    def origin(self) -> str:
        """How their browsers reach the pages; a passkey refuses a bare address, so this machine goes by its name."""
        found = super().origin
        host = urlsplit(found).hostname or ""
        return found.replace(host, "localhost", 1) if self.url is None and host.startswith("127.") else found


class Staff(Known):
    """[staff]: the pages of those who run the network."""

    listen: At = Endpoint("127.0.0.1", 8081)
    threads: Annotated[int, Field(ge=2, le=256)] = 8
    idle: Annotated[int, BeforeValidator(duration(Range(60, 86_400)))] = 1_800
    absolute: Annotated[int, BeforeValidator(duration(Range(300, 7 * 86_400)))] = 43_200
    directory: StaffDirectory | None = None
    oidc: StaffOidc | None = None
