"""[open_data] of the settings: under which licence the city publishes, and who answers for it.

A key's meaning is told in config/proxeny.toml. Never a licence of our own choosing: what is not said is not published.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from portal.cases.addresses import email
from proxeny.addresses import secure_page
from proxeny.faults import WrongError
from proxeny.parts import Part

_LICENCE: Final = re.compile(r"[-a-zA-Z0-9._]{1,64}")  # what a data package takes for a licence's name


def _licence(value: object) -> str:
    if not _LICENCE.fullmatch(str(value)):
        raise WrongError(f'"{value}" is no licence’s identifier', 'Write it as the lists have it: "CC-BY-4.0"; its name is licence_title')
    return str(value)


def _line(value: object) -> Any:
    if isinstance(value, str) and not (value.strip() and value.isprintable()):
        raise WrongError("must be one line of printable text")
    return value


def _mailbox(value: object) -> str:
    found = email(str(value))
    if not found:
        raise WrongError(f'"{value}" is no e-mail address', 'Write "help@city.example"; leave it out for none')
    return found


Line = Annotated[str, BeforeValidator(_line), Field(max_length=200)]
Mailbox = Annotated[str, BeforeValidator(_mailbox)]


class OpenData(Part):
    """[open_data]"""

    licence: Annotated[str, BeforeValidator(_licence)]
    licence_title: Line | None = None  # None: its identifier
    licence_url: Annotated[str, BeforeValidator(secure_page)]
    publisher: Line
    contact: Mailbox | None = None
