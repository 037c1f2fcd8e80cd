"""Who may do what: permissions, each named on every view, and the one table of roles (docs/roles.md shows it).

Deny by default: what a role is not given here it may not do. Never asks who somebody is; that is the guard's part.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from store.models import Role

if TYPE_CHECKING:
    from collections.abc import Iterable


class Permission(StrEnum):
    """One kind of thing that somebody may do; its value is how docs and the audit log call it."""

    SELF = "own sign-in"  # one's own password, second factor, browsers, saved filters
    OVERVIEW = "overview"
    TRACE = "trace"  # stations and people masked
    REVEAL = "reveal a station or a person"  # with a reason, for a quarter of an hour, in the audit log
    SESSIONS = "sessions"
    SESSIONS_ACT = "end a session or change its plan"
    ALERTS = "alerts"
    ALERTS_ACT = "acknowledge and silence alerts"
    NETWORK = "network"  # sites, access points, gateways, homes, realms, policy; never a secret
    NETWORK_ACT = "change the network"
    SECRETS = "set secrets"
    GUESTS = "guests"  # the desk and accounts; stations, and addresses in part, masked
    GUESTS_ACT = "help guests"  # resend, extend, sign out, unblock, take a request down
    VOUCHERS = "vouchers"  # batches and what became of them; never a code
    VOUCHERS_ACT = "print and take back one voucher"
    VOUCHERS_BATCH = "make, print, take back and close batches"
    PRIVACY = "privacy requests"
    PRIVACY_ACT = "export and erase accounts"
    INCIDENTS = "incident openings"
    INCIDENTS_ACT = "ask for an incident opening"
    INCIDENTS_DECIDE = "allow or refuse an incident opening"  # somebody else's
    JOBS = "jobs and messages"
    JOBS_ACT = "send or do again"
    WEBHOOKS = "webhooks"
    WEBHOOKS_ACT = "change webhooks"
    TOKENS = "tokens for the API"
    TOKENS_ACT = "make and revoke tokens"
    REPORTS = "reports"
    HEALTH = "settings health and backups"
    HEALTH_ACT = "make a backup"
    STAFF = "staff"
    STAFF_ACT = "change staff and roles"
    AUDIT = "audit log"
    EXPORT = "export lists"
    SPLASH = "businesses and adverts"  # their review, what runs where, the shops' figures
    SPLASH_ACT = "decide on adverts, invite businesses"
    OPEN_DATA_ACT = "publish open data"  # REPORTS sees what it would be
    SHOP = "own business"  # on the business pages: its adverts, figures and page
    SHOP_ACT = "change own adverts and page"
    SHOP_PEOPLE = "invite own venue staff"


_SEES: Final = frozenset(
    {
        Permission.SELF,
        Permission.OVERVIEW,
        Permission.TRACE,
        Permission.SESSIONS,
        Permission.ALERTS,
        Permission.NETWORK,
        Permission.GUESTS,
        Permission.VOUCHERS,
        Permission.JOBS,
        Permission.REPORTS,
    }
)
_SHOPS: Final = frozenset(
    {Permission.SHOP, Permission.SHOP_ACT, Permission.SHOP_PEOPLE}
)  # nobody's of the staff app: no page of it has them
_WORKS: Final = frozenset(
    {
        Permission.SESSIONS_ACT,
        Permission.ALERTS_ACT,
        Permission.NETWORK_ACT,
        Permission.SECRETS,
        Permission.HEALTH_ACT,
        Permission.REVEAL,
        Permission.GUESTS_ACT,
        Permission.JOBS_ACT,
    }
)
_AUDITS: Final = frozenset(
    {
        Permission.REVEAL,
        Permission.AUDIT,
        Permission.PRIVACY,
        Permission.INCIDENTS,
        Permission.INCIDENTS_DECIDE,
        Permission.WEBHOOKS,
        Permission.TOKENS,
        Permission.SPLASH,
    }
)
ALLOWED: Final[dict[Role, frozenset[Permission]]] = {
    Role.CITY_ADMIN: frozenset(Permission) - _SHOPS,
    Role.NETWORK_OPS: _SEES | _WORKS | {Permission.HEALTH, Permission.EXPORT, Permission.STAFF},
    Role.AUDITOR: _SEES | _AUDITS | {Permission.HEALTH, Permission.EXPORT, Permission.STAFF},
    Role.HELP_DESK: frozenset(
        {
            Permission.SELF,
            Permission.OVERVIEW,
            Permission.TRACE,
            Permission.REVEAL,
            Permission.SESSIONS,
            Permission.SESSIONS_ACT,
            Permission.ALERTS,
            Permission.GUESTS,
            Permission.GUESTS_ACT,
            Permission.VOUCHERS,
            Permission.VOUCHERS_ACT,
            Permission.PRIVACY,
            Permission.SPLASH,
        }
    ),
    Role.BUSINESS_OWNER: frozenset({Permission.SELF}) | _SHOPS,
    Role.VENUE_STAFF: frozenset({Permission.SELF, Permission.SHOP}),
}
OF_STAFF: Final = frozenset({Role.CITY_ADMIN, Role.NETWORK_OPS, Role.AUDITOR, Role.HELP_DESK})
OF_SHOPS: Final = frozenset({Role.BUSINESS_OWNER, Role.VENUE_STAFF})  # who signs in to the business pages, and to no others


def may(role: Role, permission: Permission) -> bool:
    """Whether the table says so."""
    return permission in ALLOWED[role]


# What no program may do, whatever its token says. It is nobody who signs in; what needs a second person, or a reason that a person
# gives for one look, needs persons; who makes tokens or staff outlives being revoked; and it reads lists page by page, not as files.
# What is shown to everybody (adverts, open data) somebody has looked at.
PERSONS_ALONE: Final = frozenset(
    {
        Permission.SELF,
        Permission.REVEAL,
        Permission.INCIDENTS,
        Permission.INCIDENTS_ACT,
        Permission.INCIDENTS_DECIDE,
        Permission.TOKENS_ACT,
        Permission.STAFF_ACT,
        Permission.EXPORT,
        Permission.SPLASH,
        Permission.SPLASH_ACT,
        Permission.OPEN_DATA_ACT,
        *_SHOPS,
    }
)


def grantable(role: Role) -> frozenset[Permission]:
    """What a token of this role can be given."""
    return ALLOWED[role] - PERSONS_ALONE


def granted(scopes: Iterable[str], role: Role, maker: Role) -> frozenset[Permission]:
    """What a token may do: its scopes (names of permissions), as far as its role and its maker's allow them today."""
    said = frozenset(Permission[each] for each in scopes if each in Permission.__members__)
    return said & grantable(role) & grantable(maker)
