"""What is shown of portals: one with a past, a draft that is in the midst of a change, one that the file keeps, a logo."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

from PIL import Image

from store import portal_versions as rows
from store.models import ManagedBy, Portal, Site
from store.pictures import keep
from store.stills import logo

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

TERMS = "Be kind to others.\n\nTime and data are shared fairly.\n\nWhoever breaks these rules may be disconnected."
FIELDS = {
    "ways": ["terms", "voucher", "email"],
    "plan": "visitor",
    "accent": "#005ea5",
    "welcome": {"en": "Welcome to the library\nRead, listen, look around.", "fr": "Bienvenue à la bibliothèque\nLisez, écoutez, regardez."},
    "terms": {"en": TERMS},
    "privacy": {"en": "The library never looks at what you borrow.", "fr": "La bibliothèque ne regarde jamais ce que vous empruntez."},
    "provisional": "15m",
    "sponsors": ["@city.example"],
}
DIGEST = rows.consents.words(TERMS)


def portals(session: Session, room: Room) -> None:
    """Rows."""
    now = room.time
    drawn = io.BytesIO()
    Image.new("RGB", (240, 120), "#005ea5").save(drawn, "PNG")
    kept = keep(session, logo(drawn.getvalue()), now)
    first = {"plan": "visitor", "languages": ["en", "fr"], "welcome": {"en": "Welcome", "fr": "Bienvenue"}}
    rows.record(session, "library", None, first, "command line (root)", now - timedelta(days=40))
    rows.record(session, "library", first, FIELDS, "ops@city.example", now - timedelta(days=9))
    row = session.get_one(Portal, "library")
    for key in ("ways", "accent", "welcome", "terms", "privacy", "sponsors"):
        setattr(row, key, FIELDS[key])
    words = {**FIELDS["welcome"], "en": "Welcome to the city’s library\nRead, listen and look around."}  # type: ignore[dict-item]
    draft = {**FIELDS, "logo": kept, "welcome": words, "terms": {"en": TERMS.replace("fairly", "fairly among everybody")}}
    rows.keep(session, "library", draft, "Summer", "desk@city.example", now - timedelta(hours=3))
    session.add(
        Portal(
            name="harbour",
            plan="visitor",
            managed_by=ManagedBy.FILE,
            ways=["terms"],
            languages=["en", "fr"],
            help={"en": "Ask at the boathouse."},
        )
    )
    session.flush()
    for number in range(8):
        session.add(Site(id=f"pier-{number}", name=f"Pier {number + 1}", portal="harbour", managed_by=ManagedBy.APP))
