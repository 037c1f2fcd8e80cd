"""The audit log's words for people: what was done, to what kind of thing, and where that thing's page is.

An action or a kind that has no word here is shown as the log has it. Never more than the log says.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from flask_babel import lazy_gettext as _

from portal.admin.page import when
from portal.permissions import Permission

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
ACTIONS: Final[dict[str, Any]] = {
    "add": _("added"),
    "change": _("changed"),
    "remove": _("removed"),
    "import": _("imported"),
    "disconnect": _("disconnected"),
    "limit": _("given another plan"),
    "extend": _("given more time"),
    "test": _("tested"),
    "forget": _("forgotten"),
    "revoke": _("taken back"),
    "close": _("closed"),
    "cancel": _("cancelled"),
    "print": _("printed"),
    "reveal": _("revealed"),
    "export": _("exported"),
    "acknowledge": _("acknowledged"),
    "silence": _("silenced"),
    "unsilence": _("no longer silenced"),
    "backup": _("backed up"),
    "restore": _("restored"),
    "sign-in": _("signed in"),
    "sign-out": _("signed out"),
    "sign-in refused": _("refused at sign-in"),
    "role": _("given another role"),
    "disable": _("disabled"),
    "enable": _("enabled again"),
    "link": _("given a new link"),
    "receive": _("received"),
    "settle": _("settled"),
    "ask": _("asked for"),
    "allow": _("allowed"),
    "refuse": _("refused"),
    "look": _("looked at"),
    "open alone": _("opened by one person"),
    "proof": _("proven again"),
    "resend": _("sent another code"),
    "unblock": _("unblocked"),
    "erase": _("erased"),
    "rotate": _("given a new secret"),
    "pause": _("paused"),
    "resume": _("resumed"),
    "replay": _("told once more"),
    "again": _("sent again"),
    "invite": _("invited somebody to"),
    "submit": _("handed in"),
    "withdraw": _("withdrawn"),
    "approve": _("approved"),
    "reject": _("rejected"),
    "begin": _("shown from now on"),
    "end": _("ended"),
    "suspend": _("suspended"),
    "publish": _("published"),
    "save": _("saved as a draft"),
    "create": _("begun"),
    "copy": _("copied"),
    "discard": _("thrown away"),
}
_SHOPS: Final[dict[tuple[str, str], Any]] = dict.fromkeys(  # in the words of their buttons
    ((of, "withdraw") for of in ("advert", "shop page")), _("taken back as a draft")
)
KINDS: Final[dict[str, Any]] = {
    "operator": _("Operator"),
    "district": _("District"),
    "plan": _("Plan"),
    "portal": _("Portal"),
    "ssid": _("SSID"),
    "site": _("Site"),
    "client": _("Gateway"),
    "access_point": _("Access point"),
    "home": _("Home"),
    "realm": _("Realm"),
    "policy": _("Policy"),
    "hygiene": _("Hygiene"),
    "network": _("Network"),
    "session": _("Session"),
    "grant": _("Guest’s grant"),
    "login": _("Login"),
    "voucher": _("Voucher"),
    "voucher_batch": _("Batch of vouchers"),
    "alert": _("Alert"),
    "backup": _("Backup"),
    "database": _("Database"),
    "audit": _("Audit log"),
    "staff": _("Staff"),
    "certificate": _("Certificate"),
    "privacy_request": _("Request about data"),
    "incident": _("Incident opening"),
    "account": _("Account"),
    "challenge": _("Code that was sent"),
    "card": _("Library card"),
    "token": _("Token"),
    "webhook": _("Webhook"),
    "message": _("Message"),
    "order": _("Order"),
    "advert": _("Advert"),
    "shop page": _("Public page of a shop"),
    "business": _("Business"),
    "open data": _("Open data"),
    "open data month": _("Month of open data"),
    "analytics": _("Analytics"),
    "unknown_access_point": _("Unknown access point"),
}
_NETWORK: Final = ("operator", "district", "plan", "portal", "ssid", "site", "client", "access_point", "home", "realm", "policy", "hygiene")
# Who may see what was done to things of a kind, without the whole log; any other kind is the log's alone
SEEN_BY: Final[dict[str, Permission]] = dict.fromkeys(_NETWORK, Permission.NETWORK) | {
    "session": Permission.SESSIONS,
    "alert": Permission.ALERTS,
    "backup": Permission.HEALTH,
    "staff": Permission.STAFF,
    "certificate": Permission.NETWORK,
    "privacy_request": Permission.PRIVACY,
    "incident": Permission.INCIDENTS,
    **dict.fromkeys(("account", "grant", "challenge"), Permission.GUESTS),
    **dict.fromkeys(("voucher", "voucher_batch"), Permission.VOUCHERS),
    "token": Permission.TOKENS,
    "webhook": Permission.WEBHOOKS,
    **dict.fromkeys(("message", "order"), Permission.JOBS),
    **dict.fromkeys(("advert", "shop page", "business"), Permission.SPLASH),
    **dict.fromkeys(("open data", "open data month"), Permission.REPORTS),
}
# What is in an object's history for those without the log: what changed it. Who looked at it, and why, is the log's
CHANGES: Final = (
    "add",
    "change",
    "remove",
    "import",
    "disconnect",
    "limit",
    "extend",
    "revoke",
    "test",
    "close",
    "cancel",
    "print",
    "acknowledge",
    "silence",
    "unsilence",
    "role",
    "disable",
    "enable",
    "link",
    "receive",
    "settle",
    "ask",
    "allow",
    "refuse",
    "open alone",
    "resend",
    "unblock",
    "erase",
    "forget",
    "rotate",
    "pause",
    "resume",
    "replay",
    "again",
    "invite",
    "submit",
    "withdraw",
    "approve",
    "reject",
    "begin",
    "end",
    "suspend",
    "restore",
    "publish",
)
_PAGES: Final = {
    "site": "/sites",
    "client": "/gateways",
    "access_point": "/access-points",
    "home": "/homes",
    "session": "/sessions",
    "policy": "/policy",
    "staff": "/staff/of",
    "certificate": "/certificates",
    "plan": "/plans",
    "privacy_request": "/privacy/requests",
    "incident": "/privacy/incidents",
    "account": "/accounts",
    "grant": "/desk",
    "challenge": "/desk",
    "voucher_batch": "/vouchers",
    "token": "/tokens",
    "webhook": "/webhooks",
    "message": "/jobs/messages",
    "order": "/jobs/orders",
    "advert": "/adverts",
    "shop page": "/businesses",
    "business": "/businesses",
    "open data": "/open-data",
    "open data month": "/open-data/usage",
}


def action(said: str, of: str) -> Any:
    """What was done to a thing of this kind, in the reader's language, where there is a word."""
    return _SHOPS.get((of, said)) or ACTIONS.get(said, said)


def kind(said: str) -> Any:
    """The same of a kind of thing."""
    return KINDS.get(said, said)


def where(of: str, name: str) -> str:
    """The page of the thing itself; "" where it has none of its own."""
    return f"{_PAGES[of]}/{quote(name, safe='')}" if of in _PAGES and name else ""


def history(of: str, name: str) -> str:
    """The page with all that was done to it."""
    return f"/audit/of/{quote(of, safe='')}/{quote(name, safe='')}"


def summary(entry: Any) -> str:
    """What changed, in one line for a list or a CSV."""
    return "; ".join(f"{name}: {told(before)} → {told(after)}" for name, before, after in pairs(entry))


def brief(entry: Any) -> str:
    """The same for a page: its times as every page says them."""
    return "; ".join(f"{name}: {_said(before)} → {_said(after)}" for name, before, after in pairs(entry))


def _said(value: Any) -> str:
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        return told(value)
    return when(datetime.fromisoformat(value))


def pairs(entry: Any) -> list[tuple[str, Any, Any]]:
    """(field, before, after) of an entry."""
    return [(name, *(values if isinstance(values, list) and len(values) == 2 else (None, values))) for name, values in entry.fields.items()]


def told(value: Any) -> str:
    """A value as the log has it: text as it is, nothing as a dash, anything else as JSON."""
    if value is None or value == "":
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
