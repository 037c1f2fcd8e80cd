"""Access points out of a CSV: uploaded, judged as if, shown line by line, then imported in one transaction or mended.

Nothing is kept here between the dry run and the import: the file itself travels in the page, packed and sealed for this
session, and is read and judged again when it comes back. So nothing that a browser could alter is believed, and what is
written is what was shown: where the network changed meanwhile, the dry run is shown anew.

Never writes some of the good lines: all, or none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from flask import Blueprint, Response, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.admin import undo
from portal.admin.access_points import HERE, SECTION
from portal.admin.access_points_csv import OCTETS, Refused, read
from portal.admin.access_points_dry import Dry, Fate, judge, mended
from portal.admin.desk import Made, desk
from portal.admin.guard import actor, needs
from portal.admin.page import page
from portal.permissions import Permission
from portal.sheets import line
from store import session as databases
from store.faults import StoreError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("access_points_import", __name__, url_prefix=f"{HERE}/import")
SHOWN: Final = 100  # lines of a kind on the page; the mended file has all that are bad
LARGEST: Final = 11 << 18  # octets of a file, packed: in text it is a third more, and has to come back in a form of 4 MB
_PLACE: Final = ("import", "file")  # what the seal is for, with the session's id between


class _Parcel(NamedTuple):
    """What travels in the page: the file, and what its dry run came to."""

    octets: bytes
    plan: str


@blueprint.get("")
@needs(Permission.NETWORK_ACT)
def ask() -> ResponseReturnValue:
    """Which file."""
    return page("access_points_import.html", dry=None, refused=None)


@blueprint.post("")
@needs(Permission.NETWORK_ACT)
def take() -> ResponseReturnValue:
    """A file is judged; or the one that was shown is imported."""
    if request.form.get("do") == "import":
        return _import(_unpacked())
    file = request.files.get("file")
    octets = file.read(OCTETS + 1) if file is not None else b""
    if not octets:
        return page("access_points_import.html", 422, dry=None, refused=Refused(_("No file was chosen, or it is empty"), ""))
    return _shown(octets)


@blueprint.post("/mend")
@needs(Permission.NETWORK_ACT)
def mend() -> ResponseReturnValue:
    """The bad lines of the file that was shown, with a reason each."""
    dry = _judged(_unpacked().octets)
    if isinstance(dry, Refused):
        abort(400)
    answer = Response("\ufeff" + "".join(map(line, mended(dry))), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="access-points-to-mend-{g.now:%Y-%m-%d}.csv"'
    return answer


def _judged(octets: bytes) -> Dry | Refused:
    sheet = read(octets)
    if isinstance(sheet, Refused):
        return sheet
    with databases.reading(desk().database) as session:  # ten thousand rows take longer than a page's two seconds, and hold nobody up
        return judge(session, sheet, actor())


def _shown(octets: bytes, *, moved: bool = False) -> ResponseReturnValue:
    """The page of a dry run, which holds the file for the import to come."""
    dry = _judged(octets)
    if isinstance(dry, Refused):
        return page("access_points_import.html", 422, dry=None, refused=dry)
    useful = bool(dry.edits or dry.bad)
    parcel = _packed(octets, dry) if useful else ""
    shown = {"parcel": parcel, "too_large": useful and not parcel, "moved": moved, "most": SHOWN, "Fate": Fate}
    return page("access_points_import.html", 409 if moved else 200, dry=dry, refused=None, **shown)


def _import(parcel: _Parcel) -> ResponseReturnValue:
    dry = _judged(parcel.octets)
    if isinstance(dry, Refused):
        abort(400)
    if _plan(dry) != parcel.plan or dry.blocked or not dry.edits:
        return _shown(parcel.octets, moved=True)
    with desk().writing() as session:  # as short as can be: whoever else writes to SQLite waits; what moved since is judged again
        before = undo.newest(session)
        outcome = desk().change(session, dry.edits, actor())
        link = undo.span(session, before, SECTION) if isinstance(outcome, Made) else ""
    if not isinstance(outcome, Made):
        return _shown(parcel.octets, moved=True)
    words = ngettext("%(num)s good row was imported:", "%(num)s good rows were imported:", dry.good)
    words += " " + _("%(added)s added, %(changed)s changed, %(same)s the same already.", **_told(dry))
    return redirect(undo.told(HERE, words, link), 303)


def _told(dry: Dry) -> dict[str, int]:
    return {"added": dry.counts[Fate.ADD], "changed": dry.counts[Fate.CHANGE], "same": dry.counts[Fate.SAME]}


def _plan(dry: Dry) -> str:
    """What was shown, in short: if it is another now, somebody changed the network meanwhile."""
    said = [(each.line.number, each.fate, each.differs, each.why) for each in dry.lines]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def _packed(octets: bytes, dry: Dry) -> str:
    """The file for the page: "" where it is too large to come back."""
    packed = zlib.compress(octets, 6)
    if len(packed) > LARGEST:
        return ""
    sealed = desk().privacy.sealed(_plan(dry).encode() + packed, _PLACE[0], g.session.id, _PLACE[1])
    return base64.urlsafe_b64encode(sealed or b"").decode()  # a form writes no sign of it longer


def _unpacked() -> _Parcel:
    """What `_packed` made, for this session; anything else is a bad request."""
    try:
        sealed = base64.b64decode(request.form.get("parcel", ""), altchars=b"-_", validate=True)
        opened = desk().privacy.opened(sealed, _PLACE[0], g.session.id, _PLACE[1])
    except (binascii.Error, InvalidTag, StoreError, ValueError):
        abort(400)
    if len(opened) <= 64:
        abort(400)
    return _Parcel(zlib.decompress(opened[64:]), opened[:64].decode())
