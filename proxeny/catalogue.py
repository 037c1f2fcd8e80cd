"""What a reason means for the person who asks why somebody cannot connect: what it usually is, and what to do.

One entry per Reason (a test demands it); docs/reasons.md is the long form. Never claims to know what only a home
institution can see.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from radius.actions import Reason


class Advice(NamedTuple):
    """For one reason."""

    cause: str  # a sentence; {client} and {realm} may stand in it
    remedy: str  # what to do, and who


_BROKEN: Final = "A scanner, or a device that is not speaking RADIUS to this port; from a known client: update its firmware."
_SECRET: Final = "Set the shared secret anew on both sides."
_DEVICE: Final = "A broken or malicious device: nothing to do here."
_CALL: Final = "See `proxeny homes`, then call the institution."

ADVICE: Final[dict[Reason, Advice]] = {
    Reason.TOO_SHORT: Advice("Packets from {client} are cut short.", _BROKEN),
    Reason.BAD_LENGTH: Advice("Packets from {client} have an impossible length.", _BROKEN),
    Reason.BAD_ATTRIBUTE: Advice("Packets from {client} are built wrongly.", "Update the device's firmware and report it to its vendor."),
    Reason.TOO_MANY_ATTRIBUTES: Advice("Packets from {client} have more attributes than the limit.", "Look at what the device adds."),
    Reason.BAD_CODE: Advice("{client} sends to the wrong port.", "Check the authentication and accounting ports set on the client."),
    Reason.UNKNOWN_CLIENT: Advice("This address belongs to no client of ours.", "Add a [[client]] with it, or correct the prefix."),
    Reason.BAD_AUTHENTICATOR: Advice("Accounting from {client} is signed with a different secret than ours.", _SECRET),
    Reason.NO_MESSAGE_AUTHENTICATOR: Advice(
        "{client} sends no Message-Authenticator.", "Update the client, or switch its Message-Authenticator on."
    ),
    Reason.BAD_MESSAGE_AUTHENTICATOR: Advice("Packets from {client} are signed with a different secret than ours.", _SECRET),
    Reason.PROXY_STATE_UNSIGNED: Advice("{client} passes on requests unsigned.", "Update the proxy behind it: it must sign its requests."),
    Reason.EAP_AND_PASSWORD: Advice("The device mixes two ways to sign in.", _DEVICE),
    Reason.DUPLICATE_IN_FLIGHT: Advice("{client} repeats requests that are being worked on.", "Normal while a home is slow."),
    Reason.DUPLICATE_ANSWERED: Advice("{client} repeats requests that were answered.", "Many of them: packets are lost on the way back."),
    Reason.SUPERSEDED: Advice("{client} gave up sooner than the home answered.", "Raise the RADIUS timeout on the client."),
    Reason.CLIENT_LIMITED: Advice("{client} sends faster than its rate.", "Raise the client's `rate`, or find out why it sends so much."),
    Reason.STATION_LIMITED: Advice("This device signs in again and again.", "Look at the device; `limits.station_rate` is the ceiling."),
    Reason.REJECT_LIMITED: Advice("There are too many refused requests.", "Find the client that floods in the metrics."),
    Reason.TABLE_FULL: Advice("A table of ours is full.", "Find out who fills it, then raise its size in [limits]."),
    Reason.LOOP: Advice("A request of ours came back to us.", "Correct the routing of {realm}, here or at the server above."),
    Reason.NO_USER_NAME: Advice("The device sends no identity.", "Have the profile installed again on the device."),
    Reason.TWO_USER_NAMES: Advice("The device sends two identities.", _DEVICE),
    Reason.BAD_REALM: Advice(
        "The account is mistyped: a space, two @, a dot too many.", "The student corrects it on the device: name@institution."
    ),
    Reason.REFUSED_REALM: Advice("A rule of the network refuses {realm}.", "`proxeny route NAME@{realm}` shows which rule."),
    Reason.JUNK_REALM: Advice(
        "No institution has the realm {realm}: a mail address, or a phone operator's identity.",
        "The student signs in with the institution's account; `[hygiene] allow` lifts a refusal.",
    ),
    Reason.NO_REALM: Advice("The account has no @institution.", "The student adds it on the device: name@institution."),
    Reason.NO_ROUTE: Advice("No rule says where {realm} goes.", "Ask the student for the right account; or add a [[realm]]."),
    Reason.BAD_PASSWORD_ATTRIBUTE: Advice("The device sends a password of an impossible length.", _DEVICE),
    Reason.BAD_EAP: Advice("The device contradicts itself in EAP.", "Have the profile installed again on the device."),
    Reason.LOCAL_UNAVAILABLE: Advice("{realm} is our own, and there is no local sign-in.", "Change the realm's `action`."),
    Reason.HOME_SILENT: Advice("The institution did not answer in time.", _CALL),
    Reason.NO_HOME_ALIVE: Advice("Every server of the institution is down or out of reach.", f"Check the way there. {_CALL}"),
    Reason.HOME_PRIVILEGES: Advice(
        "The institution granted administrative rights, which we never take from others.", "Tell the institution."
    ),
    Reason.REFUSED_BY_POLICY: Advice("A policy rule of the network refused it.", "Look at [[policy]] in the network file."),
    Reason.TOO_LONG: Advice("The packet would pass 4096 octets.", "Ask its sender to leave something out."),
    Reason.NO_GRANT: Advice(
        "The guest has not signed in at the portal, or the device has changed its address since.",
        "Nothing, usually: the portal opens by itself. If it does not, see the guide of {client}'s make.",
    ),
    Reason.GRANT_SPENT_ENDED: Advice("The time of the grant is over.", "The guest signs in again at the portal."),
    Reason.GRANT_SPENT_DAY_TIME: Advice("The day's time is used up.", "It begins anew at midnight; a larger plan allows more."),
    Reason.GRANT_SPENT_DAY_DATA: Advice("The day's data is used up.", "It begins anew at midnight; a larger plan allows more."),
    Reason.GRANT_SPENT_MONTH_DATA: Advice("The month's data is used up.", "It begins anew with the month; a larger plan allows more."),
    Reason.PLAN_GONE: Advice(
        "The plan of this grant is no longer in the network file.", "Declare the [[plan]] again, or have the guest sign in anew."
    ),
    Reason.TOO_MANY_SESSIONS: Advice(
        "The guest is online with as many devices as the plan allows at once.", "The guest signs out another device on the portal's page."
    ),
    Reason.TOO_MANY_DEVICES: Advice("The account has as many devices as its plan allows.", "The guest removes one under My devices."),
    Reason.MAC_MISMATCH: Advice(
        "{client} asks about a device by another address than the device's own.",
        "Have the client send Calling-Station-Id; or somebody typed a hardware address as a user name.",
    ),
    Reason.MAC_BY_EAP: Advice(
        "{client} does its MAC authentication by EAP, in which no grant can be told.",
        "Set it to PAP on {client}: on a Cisco switch `mab` in place of `mab eap`.",
    ),
    Reason.TWO_STATIONS: Advice(
        "{client} names two devices in one question, and nobody can say which of them asks.",
        "Have {client} send Calling-Station-Id once; a proxy below may add its own.",
    ),
    Reason.NO_STATION: Advice("{client} does not say which device signs in.", "Have the client send Calling-Station-Id."),
    Reason.TOKEN_UNKNOWN: Advice(
        "The gateway repeats a sign-in that we do not know: a very old page, or a guess.", "The guest opens the portal again."
    ),
    Reason.TOKEN_WRONG: Advice("The gateway scrambles the sign-in with another secret than ours.", "Set `uam_secret` anew on both sides."),
    Reason.TOKEN_EXPIRED: Advice("Minutes passed between the portal and the gateway.", "The guest opens the portal again."),
    Reason.TOKEN_USED: Advice("The same sign-in was used a second time.", "The guest opens the portal again."),
    Reason.TOKEN_FOREIGN: Advice(
        "The sign-in was made for another gateway or another device.",
        "Make sure that one gateway is one [[client]]; the guest opens the portal again.",
    ),
    Reason.LOCAL_NEEDS_PASSWORD: Advice(
        "The device or {client} uses EAP or CHAP for {realm}, which we can only check by password (PAP).",
        "Set {client} to PAP for this network; for EAP use a home server.",
    ),
    Reason.DIRECTORY_WRONG: Advice(
        "The user name or password is wrong, as the directory says.",
        "The person checks the password; the directory's administrator sees more.",
    ),
    Reason.DIRECTORY_UNAVAILABLE: Advice("The directory did not answer.", "See /readyz and the log; check the way to the directory."),
    Reason.DIRECTORY_BUSY: Advice("Too many sign-ins wait for the directory.", "The directory is slow, or somebody tries many passwords."),
    Reason.PORTER_SILENT: Advice(
        "The controller's own porter did not answer.", "See /readyz and the log: usually the database is down or slow."
    ),
    Reason.PORTER_BUSY: Advice(
        "Too many questions wait for the porter.", "Find the client that floods in the metrics; look at the database."
    ),
    Reason.UNWRITABLE: Advice(
        "An attribute for {client} was too long to be written.", "Shorten the role, the ACL or the portal's address of this client."
    ),
    Reason.NO_SLOT: Advice("Too many requests wait for this home.", "The home is far too slow: see `proxeny homes`."),
    Reason.UNKNOWN_HOME: Advice("Somebody answers what nobody asked.", "A home may answer from another address than it was asked at."),
    Reason.UNMATCHED: Advice("Answers came after everything was over.", "Many of them: the home is slow, or somebody forges answers."),
    Reason.LATE: Advice("The home answered after we had moved on.", "The home is slow: see `proxeny homes`."),
    Reason.BAD_RESPONSE_AUTHENTICATOR: Advice("The home's answers are signed with a different secret than ours.", _SECRET),
    Reason.BAD_RESPONSE_CODE: Advice("The home answers with the wrong kind of packet.", "Something else may listen at its port."),
    Reason.PROTOCOL_ERROR: Advice("The home refuses the packet itself.", "Its log says why: call the institution."),
    Reason.UNREADABLE_KEY: Advice("The home hides a key wrongly.", "The device may fail to connect. Report it to the institution."),
    Reason.NO_ROOM: Advice("The request had no room for an addition of ours.", "Harmless."),
    Reason.UNSIGNED_ACCEPTED: Advice("{client} is excused from Message-Authenticator.", "Require it again once it sends one."),
    Reason.NOT_KEPT: Advice("Accounting could not be written down.", "The disk is full or not writable: see /readyz and the log."),
    Reason.FORWARD_LOST: Advice("No home took the forwarded accounting.", "Our own record is safe. See `proxeny homes`."),
    Reason.FAULT: Advice("A fault of our own.", "Please report it with the trace from the log; SECURITY.md says how."),
}


def advice(reason: str, *, client: str, realm: str) -> tuple[str, str]:
    """(cause, remedy) for a Reason's name; a name nobody knows (of another version) stands for itself."""
    if reason not in Reason.__members__:
        return (f"{reason}." if reason else "", "")
    found = ADVICE[Reason[reason]]
    marks = {"client": client or "this address", "realm": realm or "the realm"}
    return found.cause.format(**marks), found.remedy.format(**marks)
