"""Logos of portals: pictures beside the network file, made small by `apply` and kept as the pages serve them.

A row names its logo by the digest of what is served, and so does an exported file. Never reads a file that no portal names.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from proxeny.network_checks import Finding
from store.pictures import keep
from store.stills import PictureError, logo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from proxeny.network_file import Declaration
    from store.stills import Prepared

_KEPT: Final = re.compile(r"[0-9a-f]{64}")


def named(declaration: Declaration, folder: Path) -> list[Prepared]:
    """The declaration's logos, each row now naming its own by digest; what is no picture is noted."""
    portals: Any = declaration.network.rows["portal"]
    found = []
    for name, row in portals.items():
        if not row.logo or _KEPT.fullmatch(row.logo):
            continue
        try:
            picture = logo((folder / row.logo).read_bytes())
        except (OSError, ValueError) as fault:
            what = getattr(fault, "strerror", None) or "no such name"
            declaration.note(Finding("portal", name, "logo", f'"{row.logo}" cannot be read: {what}', "A path beside the network file"))
        except PictureError as fault:
            declaration.note(Finding("portal", name, "logo", f'"{row.logo}" is not taken: {fault}', "JPEG, PNG or WebP"))
        else:
            portals[name] = replace(row, logo=picture.sha)
            found.append(picture)
    return found


def store(session: Session, pictures: Sequence[Prepared], now: datetime) -> None:
    """Keep them."""
    for picture in pictures:
        keep(session, picture, now)
