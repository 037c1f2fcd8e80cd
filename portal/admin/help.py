"""Whom a shop asks at the city: how they are reached, and the words that lead there. Never anybody whom the settings do not name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from markupsafe import Markup, escape

_NUMBER: Final = re.compile(r"\+?(?:(?! /)[\d ()./-])*", re.ASCII)  # " /" begins another
_LINK: Final = Markup('<a href="#help">{}</a>')


@dataclass(frozen=True, slots=True)
class Help:
    """All of it may be empty: then nothing is shown."""

    name: str = ""
    mail: str = ""
    phone: str = ""

    def __bool__(self) -> bool:
        return bool(self.mail or self.phone)

    @property
    def dial(self) -> str:
        """The number as phones take it; what stands behind it, such as an extension, is for the reader."""
        found = _NUMBER.match(self.phone)
        return "".join(each for each in found[0] if each in "+0123456789") if found is not None else ""

    def linked(self, said: Any) -> Markup:
        """The words; where they say to ask the city, that leads to where it is said how."""
        whole = escape(said)
        for ask in (_("Ask the city"), _("ask the city")) if self else ():
            whole = whole.replace(escape(ask), _LINK.format(ask))
        return whole


NOBODY: Final = Help()
