"""A gateway's settings: the form that its family has, saved as `apply` would save it.

Never a secret: those have a page of their own, with a permission of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, g, redirect, request
from flask_babel import gettext as _

from portal.admin import entries, forms, gateways, gateways_fields
from portal.admin.desk import desk
from portal.admin.forms import Kind
from portal.admin.guard import FRESH, needs
from portal.admin.page import page
from portal.permissions import Permission
from store.models import Client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue

    from portal.admin.forms import Field

blueprint = Blueprint("gateways_edit", __name__, url_prefix=gateways.WHERE)


@blueprint.get("/<path:name>/edit")
@needs(Permission.NETWORK)
def form(name: str) -> ResponseReturnValue:
    """What it says now; of an entry that the network file keeps, to be read alone."""
    return _shown(name)


@blueprint.post("/<path:name>/edit")
@needs(Permission.NETWORK_ACT)
def save(name: str) -> ResponseReturnValue:
    """Saved whole, or what is wrong with it."""
    with desk().reading() as session:
        found = entries.find(session, "client", Client, name)
        fields = gateways_fields.fields(found.row.nas, gateways.names_of_sites(session), new=False)
    typed = said(fields, request.form)
    if _sends_elsewhere(found.row, typed) and g.now - g.session.proven_at > FRESH:
        return redirect(f"/prove?next={quote(f'{entries.at(gateways.WHERE, name)}/edit', safe='')}", 303)
    outcome = entries.write("client", name, typed)
    if isinstance(outcome, list):
        return _shown(name, typed, outcome)
    return entries.done(entries.at(gateways.WHERE, name), _("Saved."))


def _sends_elsewhere(row: Client, typed: Mapping[str, Any]) -> bool:
    """Whether a secret that is kept would be sent to another place, or be shown to whoever another authority vouches for."""
    kept, wanted = row.options or {}, typed.get("options", {})
    return row.api_secret is not None and any(wanted.get(key) != kept.get(key) for key in ("api_url", "api_ca"))


def _shown(name: str, typed: Mapping[str, Any] | None = None, wrongs: Sequence[Any] = ()) -> ResponseReturnValue:
    with desk().reading() as session:
        found = entries.find(session, "client", Client, name)
        fields = gateways_fields.fields(found.row.nas, gateways.names_of_sites(session), new=False)
    values = dict(found.values) | dict(typed or {})
    return page(
        "gateway_edit.html",
        422 if wrongs else 200,
        gateway=found.row,
        ours=found.ours,
        about=gateways_fields.about(found.row.nas),
        shown=forms.shown(fields, values, wrongs),
        where=entries.at(gateways.WHERE, name),
    )


def said(fields: Sequence[Field], form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed. An option that is off is left out, as the network file leaves it out."""
    typed = forms.read(fields, form)
    off = [each.key.partition(".")[2] for each in fields if each.key.startswith("options.") and each.kind is Kind.FLAG]
    options = {each.key.partition(".")[2]: None for each in fields if each.key.startswith("options.") and each.kind is not Kind.SECRET}
    if options:
        kept = typed.get("options", {})
        typed["options"] = options | {name: value for name, value in kept.items() if value is not False or name not in off}
    return typed
