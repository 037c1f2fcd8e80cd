"""[webhooks] of the settings: what a webhook may reach beside the internet.

A key's meaning is told in config/proxeny.toml. Never reads a file: whether the authority can be read is said when it is used.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path  # noqa: TC003  pydantic reads the annotations when the module runs
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from portal.outward import Network, Rules
from proxeny.faults import WrongError
from proxeny.parts import Part, listed


def _network(value: object) -> Network:
    try:
        return ipaddress.ip_network(str(value).strip())
    except ValueError as fault:
        raise WrongError(f'"{value}" is no prefix: {fault}', 'Write "10.20.0.0/16", or one address') from None


class Webhooks(Part):
    """[webhooks]"""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    allow: Annotated[tuple[Annotated[Network, BeforeValidator(_network)], ...], BeforeValidator(listed)] = ()
    ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65_535)], ...], BeforeValidator(listed)] = ()
    ca: Path | None = None

    @property
    def rules(self) -> Rules:
        """For whoever judges an address."""
        return Rules(self.allow, self.ports)
