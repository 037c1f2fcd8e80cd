"""The network's resources: every section of the network file, with the list of its page.

One declaration makes list, entry, addition, change and removal of each. Never a list of its own where a page has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields
from sqlalchemy import select

from portal.admin import access_points, gateways, homes, policy, realms, sites
from portal.admin.lists import Column, Filter, List
from portal.api import entries, listing, shapes
from portal.api.entries import CHANGES, Changes, Section
from portal.api.resource import Resource
from portal.permissions import Permission
from store.models import AccessPoint, Client, District, Home, Plan, Policy, Portal, Realm, Site, Ssid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

Query = dict[str, fields.Field[Any]]
_NAMED: Final = 'The name, where the path has "-": for names that no path can hold ("", "a/b")'
NAME: Final[Query] = {"name": fields.String(metadata={"description": _NAMED})}
DRY: Final[Query] = {"dry_run": fields.Boolean(load_default=False, metadata={"description": "Only say what would change"})}
_TAKEN: Final = "An entry that the network file declares is kept here from now on"
TAKE: Final[Query] = {"take_over": fields.Boolean(load_default=False, metadata={"description": _TAKEN})}


def _plainly(model: Any) -> List:
    """A list of names."""
    named = Filter("q", "Begins with", lambda text: model.name.startswith(text, autoescape=True), hint="name")
    return List(select(model), (model.name.expression,), (Column("name", "Name", lambda row: row.name),), (named,))


def _counts(*names: str) -> dict[str, fields.Field[Any]]:
    return {name: fields.Integer() for name in names}


_MOMENT: Final[Mapping[str, Any]] = {"allow_none": True}
SECTIONS: Final = (
    Section(
        "site",
        "sites",
        "Sites",
        "Buildings and squares: what access points and gateways are placed at.",
        shapes.Site,
        Site,
        sites.listed(()),
        "id",
        _counts("access_points", "gateways", "online"),
        {"id": "central-library", "name": "Central Library", "latitude": 43.5885, "longitude": -79.6441},
    ),
    Section(
        "access_point",
        "access-points",
        "Access points",
        "Radios, and when each was heard last.",
        shapes.AccessPoint,
        AccessPoint,
        access_points.listed(access_points.Around({}, {}, [])),
        state={"state": fields.String(), "last_heard": fields.DateTime(**_MOMENT), "sessions": fields.Integer()},
        example={"name": "library-2", "mac": "AA-BB-CC-DD-EE-F0/44", "site": "central-library"},
    ),
    Section(
        "client",
        "gateways",
        "Gateways",
        "Whatever sends RADIUS, or asks for guests by a controller's own interface.",
        shapes.Gateway,
        Client,
        gateways.listed({}),
        state={"last_heard": fields.DateTime(**_MOMENT)} | _counts("logins_1h", "dropped_1h", "wrong_secret_1h", "previous_secret_1h"),
        example={"name": "library-wlc", "address": "192.0.2.10", "nas": "cisco-cwa", "site": "central-library", "secret": "…"},
    ),
    Section(
        "home",
        "homes",
        "Homes",
        "Servers that answer for realms, and how each is.",
        shapes.Home,
        Home,
        homes.LIST,
        state={
            "state": fields.String(),
            "changed_at": fields.DateTime(**_MOMENT),
            **_counts("accepted_last_hour", "rejected_last_hour", "unanswered_last_hour"),
            "milliseconds": fields.Float(**_MOMENT),
        },
        example={"name": "uni-a-1", "address": "192.0.2.21", "secret": "…"},
    ),
    Section(
        "realm",
        "realms",
        "Realms",
        "Who answers for whom, in order.",
        shapes.Realm,
        Realm,
        realms.LIST,
        "match",
        _counts("logins_last_day", "accepted_last_day"),
        {"match": "uni-a.example", "homes": ["uni-a-1", "uni-a-2"], "institution": "University A"},
    ),
    Section(
        "policy",
        "policies",
        "Policy",
        "What happens to attributes, in order.",
        shapes.Policy,
        Policy,
        policy.LIST,
        example={"name": "short", "direction": "reply", "clamp": {"Session-Timeout": [60, 28_800]}},
    ),
    Section(
        "district",
        "districts",
        "Districts",
        "Sites that belong together.",
        shapes.District,
        District,
        _plainly(District),
        example={"name": "downtown"},
    ),
    Section(
        "ssid",
        "ssids",
        "SSIDs",
        "Names in the air.",
        shapes.Ssid,
        Ssid,
        _plainly(Ssid),
        example={"name": "City Wi-Fi", "profile": "portal"},
    ),
    Section(
        "plan",
        "plans",
        "Plans",
        "What a guest may use.",
        shapes.Plan,
        Plan,
        _plainly(Plan),
        example={"name": "visitor", "session": "2h", "day_data": "1 GB", "down": "5 Mbit/s"},
    ),
    Section(
        "portal",
        "portals",
        "Portal pages",
        "On which guests sign in.",
        shapes.Portal,
        Portal,
        _plainly(Portal),
        example={"name": "library", "plan": "visitor", "ways": ["terms", "voucher"]},
    ),
)


def _item(of: Section, state: type[Schema]) -> type[Schema]:
    """A row of the list: the entry, and how it is."""
    if not of.state:
        return of.schema
    return type(f"{of.schema.__name__}Row", (of.schema,), {"state": fields.Nested(state, metadata={"description": "How it is just now"})})


def resource(of: Section) -> Resource:
    """Its views."""
    made = Resource(of.path, of.title, of.about)
    state = type(f"{of.schema.__name__}State", (Schema,), dict(of.state))

    @made.on("GET", f"/{of.path}", Permission.NETWORK, query=listing.query(of.list), answer=listing.page_of(_item(of, state)))
    def every(asked: Mapping[str, Any]) -> Response:
        """All of them, page by page."""
        return listing.listed(of.list, asked, entries.items(of))

    @made.on("GET", f"/{of.path}/<name>", Permission.NETWORK, query=NAME, answer=of.schema)
    def show(asked: Mapping[str, Any], name: str) -> Response:
        """One of them, as the network file writes it."""
        return entries.get(of, entries.named(name, asked))

    if of.state:

        @made.on("GET", f"/{of.path}/<name>/state", Permission.NETWORK, query=NAME, answer=state)
        def how(asked: Mapping[str, Any], name: str) -> Response:
            """How it is just now."""
            return entries.state(of, entries.named(name, asked))

    _writes(made, of)
    return made


def _writes(made: Resource, of: Section) -> None:
    """The views that change it."""
    writes, one = Permission.NETWORK_ACT, f"/{of.path}/<name>"
    secret = {"a secret": Permission.SECRETS} if of.name in ("client", "home") else None
    dry: dict[str, Any] = {"dry": (CHANGES, Changes)}

    @made.on("POST", f"/{of.path}", writes, query=DRY, body=of.schema, answer=of.schema, also=secret, example=of.example, **dry)
    def add(asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
        """One more."""
        return entries.add(of, said, asked)

    changed = shapes.changes(of.schema, of.key)

    @made.on("PATCH", one, writes, query={**NAME, **DRY, **TAKE}, body=changed, answer=of.schema, match=True, also=secret, **dry)
    def change(asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
        """Other keys over what is there; null takes one out."""
        return entries.change(of, entries.named(name, asked), said, asked)

    @made.on("DELETE", one, writes, query={**NAME, **DRY, **TAKE}, match=True, **dry)
    def remove(asked: Mapping[str, Any], name: str) -> Response:
        """It goes, unless something needs it."""
        return entries.remove(of, entries.named(name, asked), asked)


RESOURCES: Final = tuple(resource(each) for each in SECTIONS)
