"""`proxeny sessions`: who is online, by accounting. Stations are masked except for a machine, and of the past for it, too (decision 27).

Octets as the guest sees them: input is the upload, output the download. Never changes anything.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any, Final

import click

from proxeny import opening
from proxeny.amounts import duration, size
from proxeny.moments import iso
from proxeny.verbs import options
from store import sessions
from store.sealed import Where
from store.session import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.models import Session
    from store.sealed import Seal

WIDE: Final = 160  # columns where nobody looks at a terminal


@click.command()
@click.option("--all", "ended", is_flag=True, help="Ended and stale ones too.")
@options.as_json
@options.config
def command(config: Path | None, *, ended: bool, as_json: bool) -> None:
    """Who is online: the open sessions, oldest first."""
    database, seal = opening.store(options.load(config))
    with reading(database) as transaction:
        now = datetime.now(UTC)
        rows = (row(session, seal, now) for session in sessions.listed(transaction, ended=ended))
        if as_json:
            options.show(list(rows))
        else:
            table(rows, ended=ended)


def row(session: Session, seal: Seal, now: datetime) -> dict[str, Any]:
    """The fields of design and decision 27, exactly. From a day after its last word on a seal takes two people (docs/privacy.md)."""
    where = Where("session", session.id, "station_sealed")
    station = seal.open(session.station_sealed, where).decode() if session.station_sealed else ""
    return {
        "id": session.id,
        "acct_session_id": session.acct_session_id,
        "client": session.client,
        "source": session.source,
        "access_point": session.access_point or session.bssid or session.nas_identifier,
        "ssid": session.ssid,
        "realm": session.realm,
        "station": station if sessions.recent(session, now) else masked(station),
        "framed_ip": session.framed_ip,
        "started_at": iso(session.started_at),
        "updated_at": iso(session.updated_at),
        "ended_at": iso(session.ended_at),
        "status": session.status.value,
        "seconds": session.seconds,
        "input_octets": session.input_octets,
        "output_octets": session.output_octets,
    }


def masked(station: str) -> str:
    """The maker stays, the device does not."""
    return f"{station[:8]}-xx-xx-xx" if len(station) == 17 else station and "xx"


def table(rows: Iterator[dict[str, Any]], *, ended: bool) -> None:
    """For people."""
    from rich.console import Console  # noqa: PLC0415  only where somebody looks
    from rich.table import Table  # noqa: PLC0415  as above

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for head in (
        "id",
        "since (UTC)",
        "station",
        "realm",
        "access point",
        "SSID",
        "address",
        "time",
        "up",
        "down",
        *(("status",) if ended else ()),
    ):
        shown.add_column(head, no_wrap=head in {"id", "since (UTC)", "station", "address", "time", "up", "down"}, overflow="fold")
    count = 0
    for count, each in enumerate(rows, 1):  # noqa: B007  told below
        shown.add_row(
            each["id"], each["started_at"][:16].replace("T", " "), masked(each["station"]), each["realm"], each["access_point"],
            each["ssid"], each["framed_ip"], duration(each["seconds"]), size(each["input_octets"]), size(each["output_octets"]),
            *((each["status"],) if ended else ()),
        )  # fmt: skip
    if count:
        Console(width=None if sys.stdout.isatty() else WIDE).print(shown)
    click.echo(f"{count} session{'' if count == 1 else 's'}{'' if ended else ' open'}")
