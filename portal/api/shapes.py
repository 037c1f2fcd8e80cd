"""Entries of the network as schemas: the network file's own keys, for the OpenAPI document and against keys of no meaning.

What a key may say is judged by the network file's own reading (`Desk.change`), in one place for file, pages and API; here is
only which keys there are, and of which kind. Secrets are written and never read. Never a key that reads a file of ours.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields


class OneOrMore(fields.Field[Any]):
    """A text, or a list of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002  marshmallow's
        if isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            return value
        raise ValidationError("Must be a text, or a list of texts.")


class Number(fields.Float):
    """A number, and no text that could be one."""

    def _validated(self, value: Any) -> float:
        if isinstance(value, str):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


def says(words: str, **more: Any) -> dict[str, Any]:
    """What the document has of a key."""
    return {"metadata": {"description": words, **more}}


def _text(words: str = "", **more: Any) -> fields.String:
    return fields.String(**(says(words) if words else {}), **more)


def _texts(words: str = "") -> fields.List[str]:
    return fields.List(fields.String(), **(says(words) if words else {}))


def _secret(words: str) -> fields.String:
    return fields.String(load_only=True, **says(f"{words}. Never shown; needs the scope SECRETS"))


def _number(words: str = "") -> fields.Float:
    return Number(**(says(words) if words else {}))


def _whole(words: str = "") -> fields.Integer:
    return fields.Integer(strict=True, **(says(words) if words else {}))


def _flag(words: str = "") -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, **(says(words) if words else {}))


_ONE_OR_MORE: Final = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]


class Kept(Schema):
    """What every entry has."""

    managed_by = fields.String(dump_only=True, **says("`file`: declared in the network file; `app`: kept here", enum=["file", "app"]))


class Operator(Kept):
    """Who runs this controller."""

    name = _text("The visited network in statistics", required=True)
    operator_name = _text("Told to every home: 1 and your domain (RFC 5580)")
    country = _text("Two capital letters")
    timezone = _text("IANA name: at its midnight guests' days turn")


class District(Kept):
    """Sites that belong together."""

    name = _text(required=True)


class Ssid(Kept):
    """A network's name in the air."""

    name = _text(required=True)
    profile = _text("portal, eduroam or openroaming")


class Site(Kept):
    """A place."""

    id = _text("A short name for lists and files; it stays", required=True)
    name = _text(required=True)
    district = _text()
    address = _text()
    latitude = _number("Degrees, WGS 84")
    longitude = _number("Degrees, WGS 84")
    timezone = _text("IANA name")
    portal = _text("Its guests' page; left out: the only one there is")
    opening_hours = _text("When the Wi-Fi can be reached: Mo-Fr 09:00-21:00")
    indoor_outdoor = _text("indoor, outdoor, both")
    accessible_entrance = _text("yes, limited, no")
    activated_on = _text("A day: 2026-05-01")
    published = _flag("Whether open data may name it; left out: true")


class Extend(Schema):
    """How often a guest may stay longer, and by how much."""

    times = _whole()
    by = _text("30m")


class Plan(Kept):
    """What a guest may use; what is left out has no limit."""

    name = _text(required=True)
    session = _text("How long online before signing in again: 2h")
    day_time = _text("3h")
    day_data = _text("1 GB is 10^9 octets")
    month_data = _text("20 GB")
    up = _text("From the guest: 2 Mbit/s")
    down = _text("To the guest: 10 Mbit/s")
    idle = _text("15m")
    devices = _whole("Of one account")
    simultaneous = _whole("Online at once, of one account")
    extend = fields.Nested(Extend)


class Portal(Kept):
    """The page on which guests sign in."""

    name = _text(required=True)
    plan = _text("What guests get", required=True)
    ways = _texts("In the page's order; the first is the big button")
    plans = fields.Dict(keys=fields.String(), values=fields.String(), **says("Way -> another plan than the portal's"))
    languages = _texts()
    logo = fields.String(dump_only=True, **says("Digest of its picture, which is uploaded on the pages"))
    accent = _text("#005ea5")
    welcome = fields.Dict(keys=fields.String(), values=fields.String(), **says("Language -> text"))
    help = fields.Dict(keys=fields.String(), values=fields.String(), **says("Language -> text"))
    terms = fields.Dict(keys=fields.String(), values=fields.String(), **says("Language -> text"))
    privacy = fields.Dict(keys=fields.String(), values=fields.String(), **says("Language -> text: the portal's own words about privacy"))
    provisional = _text("How long somebody is online who still has to confirm: 10m")
    sponsors = _texts("Addresses, and @city.example for everybody of a domain")


class Options(Schema):
    """What a gateway's family needs beyond RADIUS; null takes a key out."""

    login_url = _text("Origin at which guests' browsers reach its login", allow_none=True)
    fas_level = fields.Integer(strict=True, allow_none=True)
    api_url = _text("The controller's own interface; needs the scope SECRETS, for its password goes there", allow_none=True)
    api_user = _text(allow_none=True)
    api_ca = _text("Whole path of the authority that signed the controller's certificate; needs the scope SECRETS", allow_none=True)
    site = _text("The controller's own name of its site", allow_none=True)
    role = _text(allow_none=True)
    portal_acl = _text(allow_none=True)
    swap_octets = fields.Boolean(truthy={True}, falsy={False}, allow_none=True)
    mac_format = _text("By example: aa:bb:cc:dd:ee:ff", allow_none=True)
    time_unit = _text("s, ms or us", allow_none=True)
    bytes_unit = _text("B, kB or MB", allow_none=True)
    guest_networks = fields.List(fields.String(), allow_none=True)
    uam_secret = fields.String(load_only=True, allow_none=True, **says("Needs the scope SECRETS"))
    fas_key = fields.String(load_only=True, allow_none=True, **says("Needs the scope SECRETS"))
    api_secret = fields.String(load_only=True, allow_none=True, **says("Needs the scope SECRETS"))


class Gateway(Kept):
    """Whatever sends us RADIUS, or asks for guests by a controller's own interface."""

    name = _text(required=True)
    address = OneOrMore(**says("An address or prefix, or a list of them", anyOf=_ONE_OR_MORE))
    secret = _secret("At least 16 characters")
    previous_secret = _secret("Taken too, until `previous_until`")
    previous_until = fields.AwareDateTime(format="iso", **says("Needs the scope SECRETS"))
    coa_secret = _secret("Of orders to it, where that is another")
    secret_overlap_until = fields.AwareDateTime(
        format="iso", load_only=True, **says("Beside a new `secret`: until then the one before is good. Needs the scope SECRETS")
    )
    weak_secret = _flag("A secret may be shorter")
    coa_port = _whole()
    nas = _text("Its family")
    site = _text("Where its guests are")
    require_message_authenticator = _flag()
    rate = _number("Packets a second that it may send")
    radius = _flag("false: it sends none")
    key = _text("Its path at the guests' pages")
    options = fields.Nested(Options)


class AccessPoint(Kept):
    """A radio."""

    name = _text(required=True)
    mac = _text("AA-BB-CC-DD-EE-F0, or a block of BSSIDs: AA-BB-CC-DD-EE-F0/44")
    site = _text()
    client = _text("Its gateway")
    latitude = _number("Left out: its site's")
    longitude = _number()


class Home(Kept):
    """A server that answers for realms."""

    name = _text(required=True)
    address = _text("A literal address", required=True)
    port = _whole()
    acct_port = _whole()
    transport = _text()
    secret = _secret("At least 16 characters")
    weak_secret = _flag("A secret may be shorter")
    source = _text("Local address to send from")
    enabled = _flag("false: not used, kept")
    foreign = _flag("Somebody else's: its VLANs and administrative rights are not taken over")
    status_server = _flag("Whether it answers Status-Server (RFC 5997)")
    require_message_authenticator = _flag()
    resend = fields.List(fields.Float(), **says("Seconds after which it is asked again: [1, 3, 7]"))
    request_timeout = _number()
    zombie_probe = _number()
    zombie_misses = _whole()
    dead_probe = _number()
    revive_probe = _number()
    revive_answers = _whole()


class Realm(Kept):
    """Who answers for whom."""

    match = _text('uni.example, *.uni.example, ~expression, *, or "" for accounts without a realm', required=True)
    action = _text("proxy, reject, blackhole or local")
    homes = _texts("In order")
    strategy = _text("failover or balance")
    accounting = _text("local or forward")
    institution = _text()
    country = _text("ISO 3166: CA")
    profile = _text("https address of the institution's own instructions")
    reason = _text("Of a refusal")
    position = fields.Integer(strict=True, load_only=True, **says("Its place among the others, from 0"))


class Policy(Kept):
    """A rule about attributes."""

    name = _text(required=True)
    direction = _text("request or reply", required=True)
    codes = _texts()
    realm = _text()
    site = _text()
    client = _text()
    home = _text()
    foreign = _flag("Only for homes that are not our own")
    refuse = fields.Dict(keys=fields.String(), values=fields.Raw(), **says("Attribute -> values with which an Accept becomes a Reject"))
    remove = _texts("Attributes")
    clamp = fields.Dict(keys=fields.String(), values=fields.Raw(), **says("Attribute -> [least, most]"))
    add = fields.Dict(keys=fields.String(), values=fields.Raw(), **says("Attribute -> value, where absent"))
    set = fields.Dict(keys=fields.String(), values=fields.Raw(), **says("Attribute -> value, in place of whatever is there"))
    position = fields.Integer(strict=True, load_only=True, **says("Its place among the others, from 0"))


SECRETS: Final = frozenset({"secret", "previous_secret", "previous_until", "coa_secret", "secret_overlap_until"})
OPTION_SECRETS: Final = frozenset({"uam_secret", "fas_key", "api_secret", "api_url", "api_ca"})  # the last two: where one is sent


@cache
def changes(of: type[Schema], key: str) -> type[Schema]:
    """The same for a change: no key is needed, null takes one out, and the one that names the entry is not among them."""
    made: dict[str, Any] = {}
    for name, field in of().fields.items():
        if name != key and not field.dump_only:
            field.required, field.allow_none = False, True
            made[name] = field
    return type(f"{of.__name__}Changes", (Schema,), made)
