"""The catalogue of causes: for each Reason, by its name, what it usually is, who can mend it and what to do.

docs/reasons.md is the long form. Never claims to know what only a home institution can see.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fixer(Enum):
    """Who can mend it."""

    PERSON = "person"
    HOME = "home"
    STAFF = "staff"
    GATEWAY = "gateway"  # whoever keeps the controller or access point
    NOBODY = "nobody"  # it is as it should be, or mends itself


class Cause(NamedTuple):
    """In English, to be translated; %(client)s, %(realm)s and %(house)s may stand in it."""

    what: str
    who: tuple[Fixer, ...]
    todo: str


def N_(words: str) -> str:  # noqa: N802  gettext's own name for "to be translated later"
    """Marks words for the catalogues."""
    return words


_PERSON, _HOME, _STAFF, _GATEWAY, _NOBODY = ((each,) for each in Fixer)
CAUSES: Final[Mapping[str, Cause]] = {
    "TOO_SHORT": Cause(
        N_("Packets from %(client)s are cut short."),
        _GATEWAY,
        N_("A scanner, or a device that is not speaking RADIUS to this port; from a known client: update its firmware."),
    ),
    "BAD_LENGTH": Cause(
        N_("Packets from %(client)s have an impossible length."),
        _GATEWAY,
        N_("A scanner, or a device that is not speaking RADIUS to this port; from a known client: update its firmware."),
    ),
    "BAD_ATTRIBUTE": Cause(
        N_("Packets from %(client)s are built wrongly."), _GATEWAY, N_("Update the device's firmware and report it to its vendor.")
    ),
    "TOO_MANY_ATTRIBUTES": Cause(
        N_("Packets from %(client)s have more attributes than the limit."), _GATEWAY, N_("Look at what the device adds.")
    ),
    "BAD_CODE": Cause(
        N_("%(client)s sends to the wrong port."), _GATEWAY, N_("Check the authentication and accounting ports set on the client.")
    ),
    "UNKNOWN_CLIENT": Cause(
        N_("This address belongs to no client of ours."),
        _STAFF,
        N_("Add a gateway with this address ([[client]] in the network file), or correct a prefix."),
    ),
    "BAD_AUTHENTICATOR": Cause(
        N_("Accounting from %(client)s is signed with a different secret than ours."),
        (Fixer.STAFF, Fixer.GATEWAY),
        N_("Set the shared secret anew on both sides."),
    ),
    "NO_MESSAGE_AUTHENTICATOR": Cause(
        N_("%(client)s sends no Message-Authenticator."), _GATEWAY, N_("Update the client, or switch its Message-Authenticator on.")
    ),
    "BAD_MESSAGE_AUTHENTICATOR": Cause(
        N_("Packets from %(client)s are signed with a different secret than ours."),
        (Fixer.STAFF, Fixer.GATEWAY),
        N_("Set the shared secret anew on both sides."),
    ),
    "PROXY_STATE_UNSIGNED": Cause(
        N_("%(client)s passes on requests unsigned."), _GATEWAY, N_("Update the proxy behind it: it must sign its requests.")
    ),
    "EAP_AND_PASSWORD": Cause(
        N_("The device mixes two ways to sign in."), _PERSON, N_("A broken or malicious device: nothing to do here.")
    ),
    "DUPLICATE_IN_FLIGHT": Cause(N_("%(client)s repeats requests that are being worked on."), _NOBODY, N_("Normal while a home is slow.")),
    "DUPLICATE_ANSWERED": Cause(
        N_("%(client)s repeats requests that were answered."), _GATEWAY, N_("Many of them: packets are lost on the way back.")
    ),
    "SUPERSEDED": Cause(N_("%(client)s gave up sooner than the home answered."), _GATEWAY, N_("Raise the RADIUS timeout on the client.")),
    "CLIENT_LIMITED": Cause(
        N_("%(client)s sends faster than its rate."), _STAFF, N_("Raise the client's `rate`, or find out why it sends so much.")
    ),
    "STATION_LIMITED": Cause(
        N_("This device signs in again and again."), _PERSON, N_("Look at the device; `limits.station_rate` is the ceiling.")
    ),
    "REJECT_LIMITED": Cause(N_("There are too many refused requests."), _STAFF, N_("Find the client that floods in the metrics.")),
    "TABLE_FULL": Cause(N_("A table of ours is full."), _STAFF, N_("Find out who fills it, then raise its size in [limits].")),
    "LOOP": Cause(N_("A request of ours came back to us."), _STAFF, N_("Correct the routing of %(realm)s, here or at the server above.")),
    "NO_USER_NAME": Cause(N_("The device sends no identity."), _PERSON, N_("Have the profile installed again on the device.")),
    "TWO_USER_NAMES": Cause(N_("The device sends two identities."), _PERSON, N_("A broken or malicious device: nothing to do here.")),
    "BAD_REALM": Cause(
        N_("The account is mistyped: a space, two @, a dot too many."),
        _PERSON,
        N_("The person corrects it on the device: name@institution."),
    ),
    "REFUSED_REALM": Cause(
        N_("A rule of the network refuses %(realm)s."),
        _STAFF,
        N_("Try the route under Homes and realms (`proxeny route NAME@%(realm)s`): it shows which rule."),
    ),
    "JUNK_REALM": Cause(
        N_("No institution has the realm %(realm)s: a mail address, or a phone operator's identity."),
        _PERSON,
        N_("The person signs in with the institution's account; `[hygiene] allow` lifts a refusal."),
    ),
    "NO_REALM": Cause(N_("The account has no @institution."), _PERSON, N_("The person adds it on the device: name@institution.")),
    "NO_ROUTE": Cause(
        N_("No rule says where %(realm)s goes."),
        (Fixer.PERSON, Fixer.STAFF),
        N_("Ask for the right account; or add a [[realm]]."),
    ),
    "BAD_PASSWORD_ATTRIBUTE": Cause(
        N_("The device sends a password of an impossible length."), _PERSON, N_("A broken or malicious device: nothing to do here.")
    ),
    "BAD_EAP": Cause(N_("The device contradicts itself in EAP."), _PERSON, N_("Have the profile installed again on the device.")),
    "LOCAL_UNAVAILABLE": Cause(N_("%(realm)s is our own, and there is no local sign-in."), _STAFF, N_("Change the realm's `action`.")),
    "HOME_SILENT": Cause(
        N_("%(house)s did not answer in time."), _HOME, N_("See Homes and realms (`proxeny homes`), then call the institution.")
    ),
    "NO_HOME_ALIVE": Cause(
        N_("Every server of %(house)s is down or out of reach."),
        (Fixer.STAFF, Fixer.HOME),
        N_("Check the way there. See Homes and realms (`proxeny homes`), then call the institution."),
    ),
    "HOME_PRIVILEGES": Cause(
        N_("The institution granted administrative rights, which we never take from others."), _HOME, N_("Tell the institution.")
    ),
    "REFUSED_BY_POLICY": Cause(
        N_("A policy rule of the network refused it."), _STAFF, N_("Look at the rules under Policy ([[policy]] in the network file).")
    ),
    "TOO_LONG": Cause(N_("The packet would pass 4096 octets."), _HOME, N_("Ask its sender to leave something out.")),
    "NO_GRANT": Cause(
        N_("The guest has not signed in at the portal, or the device has changed its address since."),
        _PERSON,
        N_("Nothing, usually: the portal opens by itself. If it does not, see the guide of %(client)s's make."),
    ),
    "GRANT_SPENT_ENDED": Cause(N_("The time of the grant is over."), _PERSON, N_("The guest signs in again at the portal.")),
    "GRANT_SPENT_DAY_TIME": Cause(N_("The day's time is used up."), _NOBODY, N_("It begins anew at midnight; a larger plan allows more.")),
    "GRANT_SPENT_DAY_DATA": Cause(N_("The day's data is used up."), _NOBODY, N_("It begins anew at midnight; a larger plan allows more.")),
    "GRANT_SPENT_MONTH_DATA": Cause(
        N_("The month's data is used up."), _NOBODY, N_("It begins anew with the month; a larger plan allows more.")
    ),
    "PLAN_GONE": Cause(
        N_("The plan of this grant is no longer in the network file."),
        _STAFF,
        N_("Declare the [[plan]] again, or have the guest sign in anew."),
    ),
    "TOO_MANY_SESSIONS": Cause(
        N_("The guest is online with as many devices as the plan allows at once."),
        _PERSON,
        N_("The guest signs out another device on the portal's page."),
    ),
    "TOO_MANY_DEVICES": Cause(
        N_("The account has as many devices as its plan allows."), _PERSON, N_("The guest removes one under My devices.")
    ),
    "MAC_MISMATCH": Cause(
        N_("%(client)s asks about a device by another address than the device's own."),
        _GATEWAY,
        N_("Have the client send Calling-Station-Id; or somebody typed a hardware address as a user name."),
    ),
    "MAC_BY_EAP": Cause(
        N_("%(client)s does its MAC authentication by EAP, in which no grant can be told."),
        _GATEWAY,
        N_("Set it to PAP on %(client)s: on a Cisco switch `mab` in place of `mab eap`."),
    ),
    "TWO_STATIONS": Cause(
        N_("%(client)s names two devices in one question, and nobody can say which of them asks."),
        _GATEWAY,
        N_("Have %(client)s send Calling-Station-Id once; a proxy below may add its own."),
    ),
    "NO_STATION": Cause(N_("%(client)s does not say which device signs in."), _GATEWAY, N_("Have the client send Calling-Station-Id.")),
    "TOKEN_UNKNOWN": Cause(
        N_("The gateway repeats a sign-in that we do not know: a very old page, or a guess."),
        _PERSON,
        N_("The guest opens the portal again."),
    ),
    "TOKEN_WRONG": Cause(
        N_("The gateway scrambles the sign-in with another secret than ours."),
        (Fixer.STAFF, Fixer.GATEWAY),
        N_("Set `uam_secret` anew on both sides."),
    ),
    "TOKEN_EXPIRED": Cause(N_("Minutes passed between the portal and the gateway."), _PERSON, N_("The guest opens the portal again.")),
    "TOKEN_USED": Cause(N_("The same sign-in was used a second time."), _PERSON, N_("The guest opens the portal again.")),
    "TOKEN_FOREIGN": Cause(
        N_("The sign-in was made for another gateway or another device."),
        _GATEWAY,
        N_("Make sure that one gateway is one [[client]]; the guest opens the portal again."),
    ),
    "LOCAL_NEEDS_PASSWORD": Cause(
        N_("The device or %(client)s uses EAP or CHAP for %(realm)s, which we can only check by password (PAP)."),
        _GATEWAY,
        N_("Set %(client)s to PAP for this network; for EAP use a home server."),
    ),
    "DIRECTORY_WRONG": Cause(
        N_("The user name or password is wrong, as the directory says."),
        _PERSON,
        N_("The person checks the password; the directory's administrator sees more."),
    ),
    "DIRECTORY_UNAVAILABLE": Cause(
        N_("The directory did not answer."), _STAFF, N_("See /readyz and the log; check the way to the directory.")
    ),
    "DIRECTORY_BUSY": Cause(
        N_("Too many sign-ins wait for the directory."), _STAFF, N_("The directory is slow, or somebody tries many passwords.")
    ),
    "PORTER_SILENT": Cause(
        N_("The controller's own porter did not answer."), _STAFF, N_("See /readyz and the log: usually the database is down or slow.")
    ),
    "PORTER_BUSY": Cause(
        N_("Too many questions wait for the porter."), _STAFF, N_("Find the client that floods in the metrics; look at the database.")
    ),
    "UNWRITABLE": Cause(
        N_("An attribute for %(client)s was too long to be written."),
        _STAFF,
        N_("Shorten the role, the ACL or the portal's address of this client."),
    ),
    "NO_SLOT": Cause(
        N_("Too many requests wait for this home."), _HOME, N_("The home is far too slow: see Homes and realms (`proxeny homes`).")
    ),
    "UNKNOWN_HOME": Cause(
        N_("Somebody answers what nobody asked."), _STAFF, N_("A home may answer from another address than it was asked at.")
    ),
    "UNMATCHED": Cause(
        N_("Answers came after everything was over."), _HOME, N_("Many of them: the home is slow, or somebody forges answers.")
    ),
    "LATE": Cause(N_("The home answered after we had moved on."), _HOME, N_("The home is slow: see Homes and realms (`proxeny homes`).")),
    "BAD_RESPONSE_AUTHENTICATOR": Cause(
        N_("The home's answers are signed with a different secret than ours."),
        (Fixer.STAFF, Fixer.HOME),
        N_("Set the shared secret anew on both sides."),
    ),
    "BAD_RESPONSE_CODE": Cause(N_("The home answers with the wrong kind of packet."), _HOME, N_("Something else may listen at its port.")),
    "PROTOCOL_ERROR": Cause(N_("The home refuses the packet itself."), _HOME, N_("Its log says why: call the institution.")),
    "UNREADABLE_KEY": Cause(
        N_("The home hides a key wrongly."), _HOME, N_("The device may fail to connect. Report it to the institution.")
    ),
    "NO_ROOM": Cause(N_("The request had no room for an addition of ours."), _NOBODY, N_("Harmless.")),
    "CERTIFICATE_DISTRUSTED": Cause(
        N_("The device stopped after seeing %(house)s's certificate: its profile does not trust it."),
        _PERSON,
        N_("Install the profile again."),
    ),
    "PREVIOUS_SECRET": Cause(
        N_("%(client)s still signs with its previous secret."), _GATEWAY, N_("Write the new secret into it before the overlap ends.")
    ),
    "UNSIGNED_ACCEPTED": Cause(N_("%(client)s is excused from Message-Authenticator."), _STAFF, N_("Require it again once it sends one.")),
    "NOT_KEPT": Cause(
        N_("Accounting could not be written down."), _STAFF, N_("The disk is full or not writable: see /readyz and the log.")
    ),
    "FORWARD_LOST": Cause(
        N_("No home took the forwarded accounting."), _HOME, N_("Our own record is safe. See Homes and realms (`proxeny homes`).")
    ),
    "FAULT": Cause(N_("A fault of our own."), _STAFF, N_("Please report it with the trace from the log; SECURITY.md says how.")),
}
