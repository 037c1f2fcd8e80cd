"""The jobs process, as the supervisor sees it: started when some gateway is reached by HTTP, or mail or SMS are sent, then kept.

Never started where nobody needs it, and never reads an order or a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxeny.http_orders import wanted
from proxeny.kept import Kept

if TYPE_CHECKING:
    from proxeny.network import Network
    from proxeny.settings import Settings

ENDS_WITHIN: Final = 7.0  # seconds for the conversations under way
_COUNTED: Final = (  # 0 where none is needed
    *(f"orders_{word}" for word in ("done", "failed", "put_off", "under_way")),
    *(f"messages_{word}" for word in ("sent", "failed", "put_off", "given_up", "under_way")),
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
        if not self.begun and (wanted(network) or self._settings.mail or self._settings.sms):
            self.begin()

    @property
    def state(self) -> str:
        """For /readyz."""
        return "not needed" if not self.begun else "alive" if self.alive else "restarting"

    @property
    def senders(self) -> str:
        """The same: whether the mail server and the SMS gateway answer, or what was heard of who does not."""
        return str(self.counts.get("messages_fault", "")) or "answer"
