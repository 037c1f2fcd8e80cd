"""A gateway's secrets: set, never shown again; and changed with an overlap, in which the one before is accepted beside the new.

A secret that is made here stands in the answer to the form that made it, and nowhere else: it is sealed in the store, told
to the audit log as "set", and no page, list or export has it. Never kept in a session, a cookie or an address.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, request
from flask_babel import gettext as _

from portal.admin import ap_places, entries, forms, gateways, gateways_fields
from portal.admin.desk import Wrong, desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.permissions import Permission
from store import clients_heard
from store.models import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("gateways_secrets", __name__, url_prefix=gateways.WHERE)
LENGTH: Final = gateways_fields.LENGTH  # characters of 55: 161 bits, and short enough for controllers that take 31
LONGEST: Final = 253  # characters of one that is typed
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
_OVERLAP: Final = "secret_overlap_until"
_OVERLAPS: Final[Mapping[str, timedelta | None]] = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "none": None,
}


class Shown(NamedTuple):
    """A secret that is shown this once."""

    name: str
    title: Any
    text: str
    place: Any = ""  # where the controller has it


def make(entropy: Callable[[int], bytes]) -> str:
    """A new secret; each character as likely as every other."""
    kept = ""
    while len(kept) < LENGTH:
        kept += "".join(_ALPHABET[each % 55] for each in entropy(LENGTH) if each < 220)
    return kept[:LENGTH]


def untypable(which: str, text: str) -> Wrong | None:
    """What somebody hardly means: a space that was pasted along, a line's end, a whole file."""
    if text == text.strip() and text.isprintable() and len(text) <= LONGEST:
        return None
    remedy = _("Copy it again, without what stands beside it")
    return Wrong(0, gateways_fields.SECRETS[which].key, _("has a space at its end, or more than one line"), remedy)


def overlaps() -> dict[str, str]:
    """How long the secret of before may be accepted."""
    return {"24h": _("24 hours"), "1h": _("1 hour"), "7d": _("7 days"), "none": _("Not at all: from now on the new one alone")}


@blueprint.get("/<path:name>/secrets")
@needs(Permission.SECRETS, fresh=True)
def index(name: str) -> ResponseReturnValue:
    """Which are set, which one the gateway uses, and new ones."""
    return _page(name)


@blueprint.post("/<path:name>/secrets")
@needs(Permission.SECRETS, fresh=True)
def new(name: str) -> ResponseReturnValue:
    """Another one: typed, or made and shown in this answer."""
    with desk().reading() as session:
        found = entries.find(session, "client", Client, name)
        heard, rotation = _signed(session, name)
    unsure = gateways.overlaps(found.row) and rotation.uses(heard.signed) != "new"
    which = request.form.get("which", "")
    if which not in _of(found.row):
        abort(400)
    typed = request.form.get(gateways_fields.SECRETS[which].key, "")
    if not typed and which not in gateways_fields.MADE_HERE:
        key = gateways_fields.SECRETS[which].key
        return _page(name, which, [Wrong(0, key, _("is missing"), _("Type it as the controller has it"))])
    if typed and (wrong := untypable(which, typed)) is not None:
        return _page(name, which, [wrong])
    text = typed or make(desk().entropy)
    outcome = entries.write("client", name, _fields(which, text, found.row, request.form.get("overlap", "24h"), unsure=unsure))
    if isinstance(outcome, list):
        return _page(name, which, outcome)
    places = ap_places.of(found.row.nas)
    shown = Shown(which, gateways_fields.SECRETS[which].title, text if not typed else "", places.secret if which == "secret" else "")
    where = entries.at(gateways.WHERE, name)
    return page("gateway_secret.html", gateway=found.row, shown=shown, where=where, overlap=request.form.get("overlap", "24h") != "none")


@blueprint.post("/<path:name>/secrets/end")
@needs(Permission.SECRETS, fresh=True)
def end(name: str) -> ResponseReturnValue:
    """The previous secret is accepted no longer."""
    outcome = entries.write("client", name, {"previous_until": None})
    where = f"{entries.at(gateways.WHERE, name)}/secrets"
    if isinstance(outcome, list):
        return entries.refused(where, outcome)
    return entries.done(where, _("The previous secret is not accepted any more."))


def _of(row: Client) -> tuple[str, ...]:
    names = gateways_fields.secrets(row.nas)
    return (*names, "coa_secret") if "secret" in names else names


def _fields(which: str, text: str, row: Client, overlap: str, *, unsure: bool) -> dict[str, Any]:
    """The edit that sets it. `unsure`: an overlap runs and the gateway was not seen to use the newer one, so the older one stays beside."""
    table, dot, key = gateways_fields.SECRETS[which].key.partition(".")
    if dot:
        return {table: {key: text}}
    fields: dict[str, Any] = {which: text}
    if which == "secret" and row.secret is not None:
        by = _OVERLAPS.get(overlap, _OVERLAPS["24h"])
        fields |= {"previous_until" if unsure else _OVERLAP: g.now + by} if by is not None else {"previous_until": None}
    return fields


def _page(name: str, which: str = "", wrongs: Sequence[Wrong] = ()) -> ResponseReturnValue:
    with desk().reading() as session:
        found = entries.find(session, "client", Client, name)
        heard, rotation = _signed(session, name)
    row = found.row
    cards = [_card(each, row, wrongs if each == which else ()) for each in _of(row)]
    return page(
        "gateway_secrets.html",
        422 if wrongs else 200,
        gateway=row,
        ours=found.ours,
        where=entries.at(gateways.WHERE, name),
        cards=cards,
        overlap=gateways.overlaps(row),
        overlaps=overlaps(),
        uses=rotation.uses(heard.signed),
        rotation=rotation,
        heard=heard,
    )


def _card(name: str, row: Client, wrongs: Sequence[Wrong]) -> tuple[str, Any, bool, forms.Shown]:
    """One secret: its name, its title, whether it is set, and the field for another one."""
    of = gateways_fields.SECRETS[name]
    hint = gateways_fields.made_if_empty() if name in gateways_fields.MADE_HERE else of.hint
    field = forms.Field(of.key, _("New one"), of.kind, hint)
    return name, of.title, getattr(row, name) is not None, forms.shown([field], {}, wrongs)


def _signed(session: Session, name: str) -> tuple[clients_heard.Heard, clients_heard.Rotation]:
    """What its packets were signed with since its last new secret."""
    return clients_heard.heard(session, [name], g.now)[name], clients_heard.rotation(session, name, g.now)
