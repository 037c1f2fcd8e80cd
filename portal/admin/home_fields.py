"""What a home's forms ask: its settings, the timing that differs from [radius], and, apart from those, its secret.

The network file writes `resend` as a list of numbers; here it is typed on one line. Never holds what a secret is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext as later

from portal.admin import forms
from portal.admin.forms import Field, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.admin.desk import Wrong
    from portal.admin.forms import Shown

_NAME: Final = Field("name", later("Name"), hint=later("How lists and the trace call it, such as uni-a-1; it stays"), needed=True)
_WEAK: Final = Field(
    "weak_secret",
    later("Fewer than 16 characters"),
    Kind.FLAG,
    hint=later("Only where the other side cannot do better: a short secret is guessed offline from one packet"),
)
SECRET: Final = (
    Field("secret", later("Shared secret"), Kind.SECRET, hint=later("At least 16 random characters, the same on both sides")),
    _WEAK,
)
_PLACE: Final = (
    Field("address", later("Address"), hint=later("An IPv4 or IPv6 address: names are never looked up"), needed=True),
    Field("port", later("Port for logins"), Kind.NUMBER, default=1812),
    Field("acct_port", later("Port for accounting"), Kind.NUMBER, hint=later("Empty: the one after the port for logins")),
    Field("source", later("Our address to send from"), hint=later("Empty: as the system chooses")),
)
_TRUST: Final = (
    Field("enabled", later("In use"), Kind.FLAG, default=True),
    Field(
        "foreign",
        later("Somebody else’s"),
        Kind.FLAG,
        default=True,
        hint=later("VLANs and administrative rights of its answers are not taken over"),
    ),
    Field(
        "status_server",
        later("Answers Status-Server"),
        Kind.FLAG,
        default=True,
        hint=later("Where not, a silent home is tried with live logins until it answers"),
    ),
    Field(
        "require_message_authenticator",
        later("Its answers must be signed (Message-Authenticator)"),
        Kind.FLAG,
        default=True,
        hint=later("Off: whoever is between us can forge an Accept (CVE-2024-3596)"),
    ),
)
TIMES: Final = (
    Field("resend", later("Asked again after"), hint=later("Seconds, such as 1, 3, 7. Empty, here and below: as [radius] says")),
    Field("request_timeout", later("Given up after"), Kind.NUMBER, hint=later("seconds")),
    Field("zombie_probe", later("Seconds between questions to a silent one"), Kind.NUMBER),
    Field("zombie_misses", later("Missed questions until it counts as dead"), Kind.NUMBER),
    Field("dead_probe", later("Seconds between questions to a dead one"), Kind.NUMBER),
    Field("revive_probe", later("Seconds between questions to one that comes back"), Kind.NUMBER),
    Field("revive_answers", later("Answers in a row until it is alive"), Kind.NUMBER),
)
PLAIN: Final = (*_PLACE, *_TRUST)
KEPT: Final = (*PLAIN, *TIMES)
NEW: Final = (_NAME, *_PLACE[:2], *SECRET, *_PLACE[2:], *_TRUST)


def read(fields: Sequence[Field], form: Mapping[str, str]) -> dict[str, Any]:
    """As `forms.read`, and `resend` as numbers; what is none stays text, and is refused by name."""
    said = forms.read(fields, form)
    if isinstance(said.get("resend"), str):
        parts = [each for each in said["resend"].replace(";", ",").replace(" ", ",").split(",") if each]
        said["resend"] = [_number(each) for each in parts]
    return said


def shown(
    fields: Sequence[Field], values: Mapping[str, Any], wrongs: Sequence[Wrong] = (), *, new: bool = False, also: Sequence[Field] = ()
) -> Shown:
    """As `forms.shown`, and `resend` on one line. `also`: fields that are shown elsewhere, with what is wrong there."""
    wrongs = [each for each in wrongs if not any(each.key == other.key for other in also)]
    resend = values.get("resend")
    flat = {**values, "resend": ", ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in resend)} if resend else values
    return forms.shown(fields, flat, wrongs, new=new)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
