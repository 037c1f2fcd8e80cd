"""What a realm's forms ask, and the words for what a realm is: exact, below a name, an expression, the rest, none at all.

Never judges: `Desk.change` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin.forms import Field, Kind
from store.models import Home

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NONE: Final = "no_realm"  # a box of the form for a new one: its name is ""
ACTIONS: Final = {
    "proxy": later("sent to its homes"),
    "reject": later("refused"),
    "local": later("answered here"),
    "blackhole": later("not answered"),
}
STRATEGIES: Final = {"failover": later("the first that lives"), "balance": later("spread by device")}
ACCOUNTING: Final = {"local": later("kept here"), "forward": later("kept here, and sent to the homes")}
KINDS: Final = {
    "exact": later("exactly"),
    "suffix": later("everything below"),
    "expression": later("expression"),
    "rest": later("whatever is left"),
    "none": later("no realm"),
}
UNSAID: Final = {"action": "proxy", "strategy": "failover", "accounting": "local"}  # what an entry means that leaves them out
_NAMED: Final = 12  # homes that a hint names
_MATCH: Final = Field(
    "match",
    later("Realm"),
    hint=later("uni.example, *.uni.example for everything below it, ~expression (RE2), or * for whatever is left"),
)
_NONE: Final = Field(NONE, later("For identities without a realm"), Kind.FLAG, hint=later("Then the field above stays empty"))


def kind(match: str) -> str:
    """What this entry matches, as a key of KINDS."""
    if match in ("", "*"):
        return "rest" if match else "none"
    return "expression" if match.startswith("~") else "suffix" if match.startswith("*.") else "exact"


def stored(match: Any) -> str:
    """As the network keeps what was typed."""
    said = str(match or "")
    return said if said.startswith("~") else said.lower()


def new(session: Session) -> list[Field]:
    """A new one's form."""
    return [_MATCH, _NONE, *kept(session)]


def kept(session: Session) -> list[Field]:
    """The form of one that is there: all but its name."""
    homes = list(session.scalars(select(Home.name).order_by(Home.name).limit(_NAMED + 1)))
    known = ", ".join(homes[:_NAMED]) + (" …" if len(homes) > _NAMED else "")
    hint = _("Names, one a line, the first choice first. There are: %(names)s", names=known or _("none yet"))
    return [
        Field("institution", later("Institution"), hint=later("Whose people they are: for reports, and for guests who look for theirs")),
        Field("country", later("Country"), hint=later("Two capital letters of ISO 3166, like CA")),
        Field("action", later("What happens"), Kind.CHOICE, choices=ACTIONS, default="proxy", needed=True),
        Field("homes", later("Homes"), Kind.LIST, hint=hint),
        Field("strategy", later("Among several homes"), Kind.CHOICE, choices=STRATEGIES, default="failover", needed=True),
        Field("accounting", later("Accounting"), Kind.CHOICE, choices=ACCOUNTING, default="local", needed=True),
        Field("profile", later("Instructions of the institution"), hint=later("An https address, for guests who look for theirs")),
        Field("reason", later("Reason"), hint=later("What is told with a refusal")),
    ]
