"""The jobs process, as the supervisor sees it: started when some gateway of the network is reached by HTTP, then kept.

Never started for a network that needs none, and never reads an order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxeny.http_orders import wanted
from proxeny.kept import Kept

if TYPE_CHECKING:
    from proxeny.network import Network
    from proxeny.settings import Settings

ENDS_WITHIN: Final = 7.0  # seconds for the conversations under way
_COUNTED: Final = ("orders_done", "orders_failed", "orders_put_off", "orders_under_way", "gateways_quiet")  # 0 where none is needed


class Jobbing(Kept):
    """The one jobs process."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("jobs", "proxeny.jobs", settings, ENDS_WITHIN, {}, [])
        self.counts = dict.fromkeys(_COUNTED, 0)

    def serve(self, network: Network) -> None:
        """Begin with the first network that wants it; a later one that does not costs an idle process until the restart."""
        if not self.begun and wanted(network):
            self.begin()

    @property
    def state(self) -> str:
        """For /readyz."""
        return "not needed" if not self.begun else "alive" if self.alive else "restarting"
