"""What is shown of the installation itself: alerts, a silence, backups, what the controller says, what check found."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from proxeny.faults import Fault
from proxeny.parts_backup import Backup
from proxeny.staff_house import Certificate, Checked
from store import alerts
from store.alerts import Key
from store.models import Alert, BackupRun, BackupState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

ALERT = "0123456789alert0"


def house(session: Session, room: Room) -> None:
    """Rows."""
    now = room.time
    session.add_all([
        Alert(
            id=ALERT, rule="home-dead", object="home-01", details={"realms": "uni-0001.example, uni-0041.example"},
            opened_at=now - timedelta(minutes=14), seen_at=now,
        ),
        Alert(
            rule="wrong-secret", object="library-wlc", details={"count": 212, "source": "192.0.2.1"}, opened_at=now - timedelta(hours=1),
            seen_at=now, acknowledged_at=now, acknowledged_by="ops@city.example",
        ),
        Alert(
            rule="access-point-silent", object="ap-0007", details={"site": "site-001", "heard": (now - timedelta(hours=3)).isoformat()},
            opened_at=now - timedelta(hours=2), seen_at=now,
        ),
        *(_run(number, room) for number in range(5, 0, -1)),
        BackupRun(
            at=now - timedelta(minutes=2), by="ops@city.example", state=BackupState.FAILED, fault="/srv/backup: No space left on device"
        ),
    ])  # fmt: skip
    alerts.silence(
        session, Key("access-point-silent", "ap-0007"), now + timedelta(hours=8), "ops@city.example", "The branch is being painted"
    )


def told(room: Room) -> None:
    """What is asked of the composition root: the settings, the certificates, check's findings, the controller's words."""
    now = room.time
    settings = room.desk.tools["settings"]().model_copy(update={"backup": Backup(folder=room.folder / "backup")})
    room.tools["settings"] = lambda: settings
    room.tools["certificates"] = lambda at: [Certificate("guest", ("wifi.city.example",), at + timedelta(days=12), 12)]
    warning = Fault("/etc/proxeny/proxeny.toml", "guest.certificate", "ends on 2026-03-21", "Renew it", 41)
    room.tools["survey"] = lambda: Checked(now, (), (warning,), ("The network, version 7: 40 homes, 60 realms",))
    homes = [
        {"home": f"home-{n:02}", "state": "dead" if n == 1 else "alive", "heard": 240.0 if n == 1 else 2.0 + n, "in_flight": n % 3}
        for n in range(40)
    ]
    words = {"jobs": "alive", "guest": "alive", "staff": "alive", "database": "answers", "senders": "answer", "spool": "writes"}
    numbers = {"spool_backlog": 17, "logins_waiting": 0, "logins_lost": 0, "spools_unreadable": 0}
    processes = {"workers": [{"worker": n, "pid": 40 + n, "restarts": n} for n in range(2)], "restarts": {"jobs": 1}}
    counts = {"recorder": {"backlog": 17}, "porter": {"grants": 40}, "homes": [{"worker": 0, "homes": homes}]}
    room.status = {"ready": True, "network": "version 7", **words, **numbers, **processes, **counts}


def _run(days: int, room: Room) -> BackupRun:
    at = room.time - timedelta(days=days)
    file = f"/srv/backup/proxeny/proxeny-{at:%Y%m%dT%H%M%SZ}.db"
    return BackupRun(at=at, state=BackupState.GOOD, file=file, octets=812_000_000, rows=1_240_000, milliseconds=9_400, rehearsed_at=at)
