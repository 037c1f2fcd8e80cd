"""The jobs process, as the supervisor sees it: started when some gateway is reached by HTTP, mail or SMS are
sent, or staff order vouchers by the thousand, then kept.

Never started where nobody needs it, never reads an order or a message, and loads nothing of what that takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxeny.kept import Kept
from radius.nas import FAMILIES

if TYPE_CHECKING:
    from proxeny.network import Network
    from proxeny.settings import Settings

ENDS_WITHIN: Final = 7.0  # seconds for the conversations under way
_COUNTED: Final = (  # 0 where none is needed
    *(f"orders_{word}" for word in ("done", "failed", "put_off", "under_way")),
    *(f"messages_{word}" for word in ("sent", "failed", "put_off", "given_up", "under_way")),
    *(f"batches_{word}" for word in ("made", "under_way")),
    *(f"campaigns_{word}" for word in ("turned", "under_way")),
    *(f"deliveries_{word}" for word in ("delivered", "failed", "put_off", "given_up", "under_way")),
    "receivers_quiet",
    "gateways_quiet",
    "senders_quiet",
)


class Jobbing(Kept):
    """The one jobs process."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("jobs", "proxeny.jobs", settings, ENDS_WITHIN, {}, [])
        self.counts = dict.fromkeys(_COUNTED, 0)

    def serve(self, network: Network) -> None:
        """Begin with the first network or settings that want it; later ones that do not cost an idle process until the restart."""
        if not self.begun and (
            _by_http(network) or self._settings.mail or self._settings.sms or self._settings.staff or self._settings.business
        ):
            self.begin()

    @property
    def state(self) -> str:
        """For /readyz."""
        return "not needed" if not self.begun else "alive" if self.alive else "restarting"

    @property
    def senders(self) -> str:
        """The same: whether the mail server and the SMS gateway answer, or what was heard of who does not."""
        return str(self.counts.get("messages_fault", "")) or "answer"


def _by_http(network: Network) -> bool:
    """Whether some gateway of this network is reached by HTTP."""
    families = (FAMILIES.get(row.nas) for row in network.of("client"))
    return any(family is not None and "http" in {family.grants.value, family.ends.value, family.limits.value} for family in families)
