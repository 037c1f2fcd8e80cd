"""What is said about each login outside the database: a line in the log, and one for the federation's statistics.

Said once, when the login is told, so that both go on while the database is away. Never says a name or a full MAC: the
keyed hash joins a line to the trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from proxeny import translation
from proxeny.ticks import Ticks

if TYPE_CHECKING:
    from proxeny.network import Network
    from proxeny.parts import FTicks
    from proxeny.translation import Calendar
    from radius import records
    from store.privacy import Privacy
    from store.trace import Login


class LoginLog:
    """The log's lines and F-Ticks."""

    def __init__(self) -> None:
        self._ticks: Ticks | None = None
        self._log = structlog.get_logger(part="recorder")

    def adopt(self, part: FTicks | None, network: Network | None) -> None:
        """New settings, or a new network: the operator may have another name."""
        self.close()
        try:
            self._ticks = Ticks(part, network.operator) if part is not None and network is not None else None
        except (OSError, ValueError, IndexError) as fault:
            self._log.error("F-Ticks are not written", fault=str(fault))

    def tell(self, record: records.Login, calendar: Calendar, marks: Privacy | None) -> Login:
        """Say it, and give it back in the store's terms."""
        if self._ticks is not None:
            self._ticks.tell(record)
        login = translation.login(record, calendar)
        station = marks.station(login.station).hex() if marks is not None else ""
        fields: dict[str, Any] = {
            "login": login.id, "verdict": login.verdict, "reason": login.reason, "realm": login.realm, "station": station,
            "client": login.client, "access_point": login.access_point, "ssid": login.ssid, "site": login.site, "home": login.home,
            "attempts": len(login.attempts), "round_trips": login.round_trips, "milliseconds": round(login.milliseconds),
        }  # fmt: skip
        self._log.info("login", **fields)
        return login

    def close(self) -> None:
        """Let go of syslog."""
        if self._ticks is not None:
            self._ticks.close()
            self._ticks = None
