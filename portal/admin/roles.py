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
    Permission.REPORTS: _("Reports"),
    Permission.HEALTH: _("Settings health and backups"),
    Permission.HEALTH_ACT: _("Make a backup"),
    Permission.STAFF: _("Staff and roles"),
    Permission.STAFF_ACT: _("Change staff and roles"),
    Permission.AUDIT: _("Audit log"),
    Permission.EXPORT: _("Export lists"),
}
