"""What staff are alerted of: one catalogue of rules, each with how long it must be so, its words, and what to do.

A rule's words are filled with the alert's details, whose names stand in the words. What finds a rule broken is
proxeny/alert_facts.py; where alerts are kept is store/alerts.py. Never a person or a station in an alert.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from portal.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


MOMENTS: Final = frozenset({"heard", "ends", "last", "due"})  # details that are times, in ISO 8601


class Rule(StrEnum):
    """One thing that should not be; its value is what the row has."""

    HOME_DEAD = "home-dead"
    ACCESS_POINT_SILENT = "access-point-silent"
    CERTIFICATE = "certificate"
    SECRET = "wrong-secret"
    SPOOL = "spool-backlog"
    BACKUP_OLD = "backup-old"
    BACKUP_FAILED = "backup-failed"
    RESTARTS = "restarts"
    DATABASE = "database-away"
    DIRECTORY = "directory-away"
    MAIL = "mail-away"
    NETWORK = "network-refused"
    WEBHOOK = "webhook-stopped"
    TOKEN_ENDS = "token-ends"
    REQUEST_DUE = "request-due"
    OPENING_WAITS = "incident-waits"
    OPENED_ALONE = "incident-opened-alone"


class Grade(StrEnum):
    """How much it hurries."""

    NOW = "now"  # people are kept offline by it, or soon will be
    SOON = "soon"  # nobody notices yet


class Said(NamedTuple):
    """An alert in one language."""

    title: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule of the catalogue. `after`: seconds that it must be so before an alert is opened."""

    name: str
    grade: Grade
    title: str  # with %(object)s
    why: str
    remedy: str
    after: float = 0.0
    place: str = ""  # the page of its object, "%s" for the name
    page: Permission = Permission.ALERTS  # what that page needs


def N_(words: str) -> str:  # noqa: N802  the name by which the catalogue's extraction knows it
    """Marks a text that is translated where it is shown."""
    return words


def say(rule: str, on: str, details: Mapping[str, Any], gettext: Callable[[str], str], when: Callable[[datetime], str]) -> Said:
    """The alert's words; `when` writes a moment. A rule of another version, or details that lack a name: as much as can be said."""
    entry = RULES.get(rule)
    if entry is None:
        return Said(f"{rule} {on}".strip(), "", "")
    moments = {each: when(datetime.fromisoformat(details[each])) for each in MOMENTS & details.keys()}
    values = _Values(details, object=on, **moments)
    return Said(*(gettext(words) % values for words in (entry.title, entry.why, entry.remedy)))


def name(rule: str, gettext: Callable[[str], str]) -> str:
    """How lists and filters call it."""
    entry = RULES.get(rule)
    return gettext(entry.name) if entry is not None else rule


def place(rule: str, on: str) -> str:
    """The page of what the alert is about; "" where there is none."""
    entry = RULES.get(rule)
    if entry is None or not entry.place:
        return ""
    return entry.place % quote(on, safe="") if "%s" in entry.place else entry.place


class _Values(dict[str, Any]):
    def __init__(self, details: Mapping[str, Any], **more: Any) -> None:
        super().__init__({**details, **more})

    def __missing__(self, key: str) -> str:
        return "?"


RULES: Final[Mapping[str, Entry]] = {
    Rule.HOME_DEAD: Entry(
        N_("Home server dead"),
        Grade.NOW,
        N_("Home server %(object)s does not answer"),
        N_("No worker has had an answer from it for two minutes. Logins of its realms go to another home, or fail: %(realms)s."),
        N_(
            "If other homes answer, ask the institution: only they can see their server. If none answers, look at our own line to the "
            "internet and its firewall (UDP 1812)."
        ),
        after=120,
        place="/homes/%s",
        page=Permission.NETWORK,
    ),
    Rule.ACCESS_POINT_SILENT: Entry(
        N_("Access point silent"),
        Grade.SOON,
        N_("Access point %(object)s is silent"),
        N_("Nothing was heard of it since %(heard)s, while others at %(site)s speak."),
        N_(
            "It may merely have no visitors. Look at its power, its cable, and whether its controller still reaches it; then stand "
            "below it and connect."
        ),
        place="/access-points/%s",
        page=Permission.NETWORK,
    ),
    Rule.CERTIFICATE: Entry(
        N_("Certificate ends soon"),
        Grade.NOW,
        N_("The certificate of %(object)s ends on %(ends)s"),
        N_("Browsers refuse the page from that moment on: days left, %(days)s."),
        N_("Renew it: upload the new one on its page, or put certificate and key in place of the old ones (%(file)s), without a restart."),
        place="/certificates/%s",
        page=Permission.NETWORK,
    ),
    Rule.SECRET: Entry(
        N_("Wrong shared secret"),
        Grade.NOW,
        N_("Packets of %(object)s are signed with another secret than ours"),
        N_("Dropped within ten minutes: %(count)s, from %(source)s. Nobody gets online through it as long as that is so."),
        N_(
            "Type the shared secret anew at the gateway, for authentication and for accounting. If you changed it here, the old one "
            "may be over too early. If the gateway is right, somebody else sends under its address."
        ),
        place="/gateways/%s",
        page=Permission.NETWORK,
    ),
    Rule.SPOOL: Entry(
        N_("Accounting waits"),
        Grade.SOON,
        N_("%(count)s accounting records wait for the database"),
        N_("They are safe on disk; sessions, quotas and statistics lag behind. It should be a few dozens."),
        N_("See whether the database answers and its disk is slow or full. They are written by themselves once it keeps up."),
        after=60,
        place="/health",
        page=Permission.HEALTH,
    ),
    Rule.BACKUP_OLD: Entry(
        N_("Backup too old"),
        Grade.SOON,
        N_("The last good backup is of %(last)s"),
        N_("One is to be made every %(every)s."),
        N_("Press “Make one now” on the backups' page: if it fails, it says why."),
        place="/backups",
        page=Permission.HEALTH,
    ),
    Rule.BACKUP_FAILED: Entry(
        N_("Backup failed"),
        Grade.SOON,
        N_("The last backup is not good"),
        N_("%(fault)s"),
        N_("Mend what it says, mostly room on the disk or the folder's owner, and make one now."),
        place="/backups",
        page=Permission.HEALTH,
    ),
    Rule.RESTARTS: Entry(
        N_("Process started again"),
        Grade.SOON,
        N_("%(object)s was started again"),
        N_("It ended by itself %(count)s times within ten minutes. What it had at hand is taken up by its successor."),
        N_("Read the log around that time: journalctl -u proxeny. Report it with those lines: a process must never end by itself."),
        place="/health",
        page=Permission.HEALTH,
    ),
    Rule.DATABASE: Entry(
        N_("Database away"),
        Grade.NOW,
        N_("The database did not answer"),
        N_("%(fault)s. Logins by eduroam go on, guests cannot sign in, and accounting waits on disk."),
        N_("Look at the server and its disk: proxeny db check tells more. What waits is written by itself."),
        after=15,
        place="/health",
        page=Permission.HEALTH,
    ),
    Rule.DIRECTORY: Entry(
        N_("Directory away"),
        Grade.NOW,
        N_("The city's directory does not answer"),
        N_("%(fault)s. Library cards and accounts of the city's own are refused meanwhile."),
        N_("Ask whoever runs the directory; the settings have its address in [directory]."),
        after=60,
        place="/health",
        page=Permission.HEALTH,
    ),
    Rule.MAIL: Entry(
        N_("Mail or SMS away"),
        Grade.NOW,
        N_("Mails or SMS do not leave"),
        N_("%(fault)s. Codes and links wait, and so do the mails of these alerts."),
        N_("Look at the mail server or the SMS gateway; the settings have them in [mail] and [sms]."),
        after=60,
        place="/health",
        page=Permission.HEALTH,
    ),
    Rule.NETWORK: Entry(
        N_("Network refused"),
        Grade.NOW,
        N_("The newest version of the network is not in force"),
        N_("%(fault)s. The version before goes on."),
        N_("Correct the entry that it names; it is taken up within a second."),
        after=5,
        place="/health",
        page=Permission.HEALTH,
    ),
    Rule.TOKEN_ENDS: Entry(
        N_("Token ends soon"),
        Grade.SOON,
        N_("The API token “%(object)s” ends on %(ends)s"),
        N_("The program that uses it is refused from that moment on: days left, %(days)s."),
        N_("Make a new one that may do the same, give it to the program, and take this one back once it is used no more."),
        place="/tokens",
        page=Permission.TOKENS,
    ),
    Rule.REQUEST_DUE: Entry(
        N_("Request about data waits"),
        Grade.SOON,
        N_("A request about somebody’s data is to be answered by %(due)s"),
        N_("The law gives a time for it, and little of it is left, or nothing."),
        N_("Open the request: it says what to do. Answer, and settle it with what was done."),
        place="/privacy/requests/%s",
        page=Permission.PRIVACY,
    ),
    Rule.OPENING_WAITS: Entry(
        N_("Incident opening waits"),
        Grade.SOON,
        N_("Somebody asks to see sealed records"),
        N_("A city admin asks for an incident opening; another city admin or an auditor decides, by %(due)s."),
        N_("Read the reason and the authority’s file number, and allow or refuse it."),
        place="/privacy/incidents/%s",
        page=Permission.INCIDENTS,
    ),
    Rule.OPENED_ALONE: Entry(
        N_("Incident opened by one person"),
        Grade.NOW,
        N_("Sealed records were opened by one person alone"),
        N_("The settings allow it (break_glass), and somebody made use of it. They can be looked at until %(ends)s."),
        N_("Read who it was and why. If it was not right, close the opening, and disable their account; the audit log has each look."),
        place="/privacy/incidents/%s",
        page=Permission.INCIDENTS,
    ),
    Rule.WEBHOOK: Entry(
        N_("Webhook stopped"),
        Grade.SOON,
        N_("Webhook %(name)s was stopped"),
        N_("Its receiver is gone, failed for a day, or was too slow. Whoever relies on it is told of nothing more."),
        N_("Its page shows what the receiver answers. Mend the receiver, or its address, and press “Resume”; then replay what failed."),
        place="/webhooks/%s",
        page=Permission.WEBHOOKS,
    ),
}
