"""One guest of the city that is shown to staff: from the portal to an order that the gateway refused; and packets that were dropped."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from store.models import (
    AuthEvent,
    Device,
    DropMinute,
    Grant,
    LoginVerdict,
    Order,
    OrderKind,
    OrderState,
    SessionHop,
    Way,
)
from store.models import Session as Accounting

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

LOGIN, SESSION, GRANT = "0123456789login0", "0123456789sessn0", "0123456789grant0"


def guest(session: Session, room: Room) -> None:
    """One guest from the portal to an order that the gateway refused; and packets that no login came of."""
    station, began = "02-00-5E-00-00-07", room.time - timedelta(minutes=40)
    device = Device(hash=room.privacy.device(station), first_seen=began, last_seen=began)
    place = {"client": "library-wlc", "access_point": "ap-0001", "ssid": "City Wi-Fi", "site": "site-001"}
    known = {"station_hash": room.privacy.station(station), **place}
    grant = Grant(
        id=GRANT, device_hash=device.hash, plan="visitor", portal="library", way=Way.EMAIL, starts_at=began,
        ends_at=began + timedelta(hours=2), support="K7Q-42M", **place,
    )  # fmt: skip
    login = AuthEvent(
        id=LOGIN, began_at=began, at=began + timedelta(seconds=1), source="192.0.2.1", rule="(mac)", verdict=LoginVerdict.ACCEPT,
        round_trips=1, milliseconds=4.0, session_id=SESSION, grant_id=GRANT, **known,
    )  # fmt: skip
    running = Accounting(
        id=SESSION, source="192.0.2.1", acct_session_id="5F-0001", started_at=began + timedelta(seconds=2), updated_at=room.time,
        login=LOGIN, grant_id=GRANT, framed_ip="10.20.0.7", seconds=2400, input_octets=31_000_000, output_octets=412_000_000,
        station_sealed=room.privacy.sealed(station.encode(), "session", SESSION, "station_sealed"), **known,
    )  # fmt: skip
    refused = Order(
        kind=OrderKind.DISCONNECT, state=OrderState.FAILED, session_id=SESSION, client="library-wlc", queued_at=room.time,
        settled_at=room.time, outcome="NAK 503 Session-Context-Not-Found", error_cause=503,
    )  # fmt: skip
    waits = Order(kind=OrderKind.LIMIT, session_id=SESSION, client="library-wlc", queued_at=room.time)
    minute = (room.time - timedelta(minutes=3)).replace(second=0, microsecond=0)
    drops = DropMinute(minute=minute, source="192.0.2.1", client="library-wlc", reason="BAD_MESSAGE_AUTHENTICATOR", count=212)
    for row in (
        device,
        grant,
        login,
        running,
        SessionHop(session_id=SESSION, at=running.started_at, access_point="ap-0001"),
        refused,
        waits,
        drops,
    ):
        session.add(row)
        session.flush()
