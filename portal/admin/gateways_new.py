"""A new gateway, step by step: which family, its addresses and secret, and then its controller's configuration, filled in.

What is typed becomes one entry of the network. The last page says the secrets, once; the guide without them stays. Never
adds anything before all of it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, request
from flask_babel import gettext as _

from portal.admin import ap_places, entries, forms, gateways, gateways_edit, gateways_fields, gateways_secrets
from portal.admin.desk import Wrong, desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue

    from portal.admin.forms import Field

blueprint = Blueprint("gateways_new", __name__, url_prefix=gateways.WHERE)
_TAKEN: Final = ("new",)  # a name that would hide this page


@blueprint.get("/new")
@needs(Permission.NETWORK_ACT)
def choose() -> ResponseReturnValue:
    """The first step: which family."""
    found = [(name, about, gateways_fields.radius(name)) for name, about in gateways_fields.ABOUT.items()]
    address = request.args.get("address", "")[:64]
    return page("gateway_choose.html", families=found, address=address)


@blueprint.get("/new/<nas>")
@needs(Permission.SECRETS, fresh=True)
def form(nas: str) -> ResponseReturnValue:
    """The second: what is known of it."""
    address = request.args.get("address", "")[:64]
    return _form(nas, {"address": [address]} if address else {}, new=True)


@blueprint.post("/new/<nas>")
@needs(Permission.SECRETS, fresh=True)
def add(nas: str) -> ResponseReturnValue:
    """It is there; and the third page, with its secrets, once."""
    typed = gateways_edit.said(_fields(nas), request.form)
    name = str(typed.get("name") or "")
    if name in _TAKEN:
        return _form(nas, typed, [Wrong(0, "name", _("That name is a page of its own"), _("Choose another one"))])
    shown = _secrets(nas, request.form)
    wrongs = [wrong for each in shown if (wrong := gateways_secrets.untypable(each.name, each.text)) is not None]
    if wrongs:
        return _form(nas, typed, wrongs)
    whole = _with(typed, shown) | {"nas": nas}
    outcome = entries.write("client", "", whole)
    if isinstance(outcome, list):
        return _form(nas, typed, outcome)
    with desk().reading() as session:
        told = desk().tools["guide"](session, name, {each.name: each.text for each in shown})
    return page(
        "gateway_made.html",
        name=name,
        about=gateways_fields.about(nas),
        shown=[each for each in shown if each.name in gateways_fields.MADE_HERE],
        told=told,
        where=entries.at(gateways.WHERE, name),
    )


def _fields(nas: str) -> list[Field]:
    if nas not in gateways_fields.ABOUT:
        abort(404)
    with desk().reading() as session:
        sites = gateways.names_of_sites(session)
    return list(gateways_fields.fields(nas, sites, new=True))


def _secrets(nas: str, typed: Mapping[str, str]) -> list[gateways_secrets.Shown]:
    """Each secret of the family: as typed, else made here."""
    found = []
    for name in gateways_fields.secrets(nas):
        of = gateways_fields.SECRETS[name]
        text = typed.get(of.key, "") or (gateways_secrets.make(desk().entropy) if name in gateways_fields.MADE_HERE else "")
        place = ap_places.of(nas).secret if name == "secret" else ""
        if text:
            found.append(gateways_secrets.Shown(name, of.title, text, place))
    return found


def _with(typed: Mapping[str, Any], shown: Sequence[gateways_secrets.Shown]) -> dict[str, Any]:
    """The entry with its secrets."""
    whole = {key: dict(value) if isinstance(value, dict) else value for key, value in typed.items()}
    for each in shown:
        table, dot, key = gateways_fields.SECRETS[each.name].key.partition(".")
        if dot:
            whole.setdefault(table, {})[key] = each.text
        else:
            whole[table] = each.text
    return whole


def _form(nas: str, values: Mapping[str, Any], wrongs: Sequence[Wrong] = (), *, new: bool = False) -> ResponseReturnValue:
    shown = forms.shown(_fields(nas), values, wrongs, new=new)
    return page("gateway_new.html", 422 if wrongs else 200, nas=nas, about=gateways_fields.about(nas), shown=shown)
