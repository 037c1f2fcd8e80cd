"""What the core may ask of its shell. Values only: the engine returns them, the runner performs them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

    from radius.questions import Question
    from radius.records import Record as Kept


class Origin(NamedTuple):
    """Where a request came from, and so where its answer goes. Hashable: it is half of the duplicate key."""

    listener: int  # index of the listener that received it
    peer: Hashable  # the sender's address as the listener knows it: a socket address, a TLS connection's number
    local: Hashable = None  # the local address it was sent to, where the listener is bound to a wildcard


class Link(NamedTuple):
    """A way to a home: its address and port, and which of the shared upstream sockets carries it."""

    address: tuple[str, int]
    source: str | None  # the local address to send from; None: the kernel's choice
    socket: int  # index among the upstream sockets of that source and family


class Send(NamedTuple):
    """Octets for a home."""

    link: Link
    octets: bytes


class Reply(NamedTuple):
    """Octets for a client."""

    origin: Origin
    octets: bytes


class Ask(NamedTuple):
    """Work that may block; its outcome comes back by `engine.settled(ticket, outcome, now)`."""

    ticket: int
    question: Kept | Question


class Record(NamedTuple):
    """Something to remember, written behind a bounded queue that the road never waits for."""

    record: Kept


class Drop(NamedTuple):
    """Nothing is answered, and this is why. `source` is what the shell knows of the sender."""

    reason: Reason
    origin: Origin | None = None
    client: str = ""


Action = Send | Reply | Ask | Record | Drop
Actions = tuple[Action, ...]


class Reason(Enum):
    """Why something was dropped, refused or marked: one counter each. The value is its line of documentation."""

    # Octets
    TOO_SHORT = "Fewer than 20 octets, or fewer than the Length field says (RFC 2865, 3)."
    BAD_LENGTH = "The Length field is below 20 or above 4096 (RFC 2865, 3)."
    BAD_ATTRIBUTE = "An attribute's length is below 2 or overruns the packet, its type is 0, or octets are left over (RFC 2865, 5)."
    TOO_MANY_ATTRIBUTES = "More attributes than `limits.attributes` allows, 200 by default."
    BAD_CODE = "A code that this port does not take."
    # Who and whether
    UNKNOWN_CLIENT = "The sender's address belongs to no client."
    BAD_AUTHENTICATOR = "The Request Authenticator does not fit the client's secret (RFC 2866, 3)."
    NO_MESSAGE_AUTHENTICATOR = "Message-Authenticator is required here and absent (CVE-2024-3596; RFC 3579, 3.2)."
    BAD_MESSAGE_AUTHENTICATOR = "Message-Authenticator is wrong, of a wrong length, or there twice (RFC 3579, 3.2)."
    PROXY_STATE_UNSIGNED = "Proxy-State without Message-Authenticator: the shape of BlastRADIUS (CVE-2024-3596)."
    EAP_AND_PASSWORD = "EAP-Message together with User-Password or CHAP-Password (RFC 3579, 3.3)."
    # Dialogue with clients
    DUPLICATE_IN_FLIGHT = "The same request again while it is being worked on: nothing is sent (RFC 5080, 2.2.2)."
    DUPLICATE_ANSWERED = "The same request again: answered with the same octets (RFC 5080, 2.2.2)."
    SUPERSEDED = "The client reused the identifier for a new request while the old one was in flight (RFC 5080, 2.2.2)."
    CLIENT_LIMITED = "The client sends faster than its `rate`."
    STATION_LIMITED = "The station begins conversations faster than the limit."
    REJECT_LIMITED = "Too many Access-Rejects wait to be sent."
    TABLE_FULL = "A bounded table is full and the newest gives way."
    LOOP = "A Proxy-State of our own came back: a proxy loop."
    # Refusals: an Access-Reject with this reason
    NO_USER_NAME = "The request has no User-Name."
    TWO_USER_NAMES = "The request has two User-Names (CVE-2012-4741)."
    BAD_REALM = "The identity is not a network access identifier (RFC 7542, 2.2)."
    REFUSED_REALM = "The realm is refused by a rule of the network."
    JUNK_REALM = "The realm is on the list of realms that no home institution has."
    NO_REALM = "The identity has no realm."
    NO_ROUTE = "No rule says where this realm goes."
    BAD_PASSWORD_ATTRIBUTE = "User-Password or CHAP-Password has a length it cannot have (RFC 2865, 5.2 and 5.3)."
    BAD_EAP = "The EAP packet contradicts its own length or code (RFC 3748, 4)."
    LOCAL_UNAVAILABLE = "The realm is local and no local sign-in is configured."
    HOME_SILENT = "No home of the realm answered in time."
    NO_HOME_ALIVE = "Every home of the realm is dead."
    HOME_PRIVILEGES = "A foreign home granted administrative rights; the Accept became a Reject."
    REFUSED_BY_POLICY = "A policy rule refused it."
    TOO_LONG = "The packet would pass 4096 octets once re-secured; nothing is ever cut."
    # The guests' half: an Access-Reject, or the way to the portal
    NO_GRANT = "The station has no grant: its guest has yet to sign in at the portal."
    GRANT_SPENT_ENDED = "The station's grant has ended."
    GRANT_SPENT_DAY_TIME = "The day's time of the plan is used up."
    GRANT_SPENT_DAY_DATA = "The day's data of the plan is used up."
    GRANT_SPENT_MONTH_DATA = "The month's data of the plan is used up."
    PLAN_GONE = "The grant's plan is no longer declared, and so allows nothing."
    TOO_MANY_SESSIONS = "The account has as many sessions at once as its plan allows."
    TOO_MANY_DEVICES = "The account has as many devices as its plan allows."
    MAC_MISMATCH = "The User-Name is a hardware address, but not that of the Calling-Station-Id."
    MAC_BY_EAP = "MAC authentication comes as EAP (EAP-MD5), where only PAP, CHAP or no password is taken."
    TWO_STATIONS = "The request has two Calling-Station-Ids (RFC 2865, 5.44), and a grant is for one."
    NO_STATION = "The request names no station (Calling-Station-Id), and a grant is for one."
    TOKEN_UNKNOWN = "The one-time token of a portal sign-in is not one of ours."
    TOKEN_WRONG = "The password does not fit the one-time token."
    TOKEN_EXPIRED = "The one-time token of a portal sign-in came too late."
    TOKEN_USED = "The one-time token of a portal sign-in was used already."
    TOKEN_FOREIGN = "The one-time token was made for another client or another station."
    LOCAL_NEEDS_PASSWORD = "Local sign-in takes a password (for a token also CHAP), and the request has none that we can use."
    DIRECTORY_WRONG = "The directory does not know this user with this password."
    DIRECTORY_UNAVAILABLE = "The directory could not be asked."
    DIRECTORY_BUSY = "Too many sign-ins wait for the directory."
    PORTER_SILENT = "What only the porter knows could not be learned in time."
    PORTER_BUSY = "More questions wait for the porter than `limits.asked` allows."
    UNWRITABLE = "An attribute of the plan or of the family could not be written and was left out."
    # Upstream
    NO_SLOT = "Every identifier towards this home is in use."
    UNKNOWN_HOME = "An answer from an address that is no home."
    UNMATCHED = "An answer whose identifier has no request in flight."
    LATE = "An answer to an attempt that was given up or moved."
    BAD_RESPONSE_AUTHENTICATOR = "The Response Authenticator does not fit the request (RFC 2865, 3)."
    BAD_RESPONSE_CODE = "An answer of a code that does not fit the request."
    PROTOCOL_ERROR = "The home answered Protocol-Error: a failed attempt, never forwarded."
    # Things that go on, but are counted
    UNREADABLE_KEY = "A salted attribute that cannot be re-hidden was left out."
    NO_ROOM = "An addition of ours was left out: 4096 octets would not hold it."
    CERTIFICATE_DISTRUSTED = "The device ended the handshake by a TLS alert: it does not trust the home's certificate."
    PREVIOUS_SECRET = "A packet signed with the client's previous secret, taken while the two overlap."
    UNSIGNED_ACCEPTED = "A packet without Message-Authenticator, taken because this peer is declared so."
    # Accounting
    NOT_KEPT = "The accounting record could not be made durable; it stays unanswered and the NAS repeats it."
    FORWARD_LOST = "No home took a forwarded accounting record; ours is stored."
    # Ours
    FAULT = "A fault of our own; the packet was dropped and the trace logged."
