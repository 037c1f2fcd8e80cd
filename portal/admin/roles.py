"""Roles and permissions in words for people. Never what they allow: that is portal/permissions.py's."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext as _

from portal.permissions import Permission
from store.models import Role

ROLES: Final[dict[Role, Any]] = {
    Role.CITY_ADMIN: _("City admin"),
    Role.NETWORK_OPS: _("Network operations"),
    Role.AUDITOR: _("Auditor"),
    Role.HELP_DESK: _("Help desk"),
    Role.BUSINESS_OWNER: _("Business owner"),
    Role.VENUE_STAFF: _("Venue staff"),
}
PERMISSIONS: Final[dict[Permission, Any]] = {
    Permission.SELF: _("Own sign-in: password, second factor, browsers, saved filters"),
    Permission.OVERVIEW: _("Overview"),
    Permission.TRACE: _("Trace, with stations and people masked"),
    Permission.REVEAL: _("Reveal a station or a person, with a reason"),
    Permission.SESSIONS: _("Sessions"),
    Permission.SESSIONS_ACT: _("End a session or change its plan"),
    Permission.ALERTS: _("Alerts"),
    Permission.ALERTS_ACT: _("Acknowledge and silence alerts"),
    Permission.NETWORK: _("Network: sites, access points, gateways, homes, realms, policy"),
    Permission.NETWORK_ACT: _("Change the network"),
    Permission.SECRETS: _("Set secrets"),
    Permission.GUESTS: _("Guests: the desk and accounts, with stations and addresses masked"),
    Permission.GUESTS_ACT: _("Help guests: resend, extend, sign out, unblock, take a request down"),
    Permission.VOUCHERS: _("Vouchers: batches and what became of them, never a code"),
    Permission.VOUCHERS_ACT: _("Print and take back one voucher"),
    Permission.VOUCHERS_BATCH: _("Make, print, take back and close batches of vouchers"),
    Permission.PRIVACY: _("Privacy requests"),
    Permission.PRIVACY_ACT: _("Export and erase accounts"),
    Permission.INCIDENTS: _("Incident openings"),
    Permission.INCIDENTS_ACT: _("Ask for an incident opening"),
    Permission.INCIDENTS_DECIDE: _("Allow or refuse an incident opening of somebody else’s"),
    Permission.JOBS: _("Jobs and messages"),
    Permission.JOBS_ACT: _("Send or do again"),
    Permission.WEBHOOKS: _("Webhooks"),
    Permission.WEBHOOKS_ACT: _("Change webhooks"),
    Permission.TOKENS: _("Tokens for the API"),
    Permission.TOKENS_ACT: _("Make and take back tokens"),
    Permission.REPORTS: _("Reports"),
    Permission.HEALTH: _("Settings health and backups"),
    Permission.HEALTH_ACT: _("Make a backup"),
    Permission.STAFF: _("Staff and roles"),
    Permission.STAFF_ACT: _("Change staff and roles"),
    Permission.AUDIT: _("Audit log"),
    Permission.EXPORT: _("Export lists"),
    Permission.SPLASH: _("Businesses and adverts: their review, what runs where, the shops’ figures"),
    Permission.SPLASH_ACT: _("Decide on adverts, invite businesses"),
    Permission.OPEN_DATA_ACT: _("Publish open data"),
    Permission.SHOP: _("Own business: its adverts, figures and page"),
    Permission.SHOP_ACT: _("Change own adverts and page"),
    Permission.SHOP_PEOPLE: _("Invite own venue staff"),
}
