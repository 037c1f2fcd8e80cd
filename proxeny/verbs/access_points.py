"""`proxeny access-points`: the declared ones, or with --unknown those that spoke without being declared.

What is unknown is listed for adoption, with the lines to put into the network file; it was never refused. Never
changes anything.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from proxeny import opening
from proxeny.moments import iso
from proxeny.verbs import options
from store import network
from store.models import AccessPoint
from store.session import reading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Database


@click.command()
@click.option("--unknown", is_flag=True, help="Those that spoke without being declared.")
@options.as_json
@options.config
def command(config: Path | None, *, unknown: bool, as_json: bool) -> None:
    """The access points, and those to adopt."""
    database, _ = opening.store(options.load(config))
    with reading(database) as work:
        rows = _unknown(work) if unknown else _declared(work)
    if as_json:
        options.show(rows)
    elif unknown:
        _adopt(rows)
    else:
        for row in rows:
            click.echo(
                f"{row['name']:<24} {row['mac'] or '(no MAC)':<20} {row['site'] or '(no site)':<20} {row['client'] or '(any client)'}"
            )
        click.echo(f"{len(rows)} access point{'' if len(rows) == 1 else 's'}")


def _declared(work: Database) -> list[dict[str, Any]]:
    found = work.scalars(select(AccessPoint).order_by(AccessPoint.name))
    return [{"name": row.name, "mac": row.mac, "site": row.site, "client": row.client} for row in found]


def _unknown(work: Database) -> list[dict[str, Any]]:
    return [
        {
            "client": row.client,
            "bssid": row.bssid,
            "nas_identifier": row.nas_identifier,
            "ssid": row.ssid,
            "first_seen": iso(row.first_seen),
            "last_seen": iso(row.last_seen),
            "sightings": row.sightings,
        }
        for row in network.unknown(work)
    ]


def _adopt(rows: list[dict[str, Any]]) -> None:
    for number, row in enumerate(rows, 1):
        marks = f"SSID {row['ssid'] or '(none)'}, NAS {row['nas_identifier'] or '(none)'}"
        click.echo(f"# seen {row['sightings']} times, last {row['last_seen']}, {marks}")
        click.echo(f'[[access_point]]\nname = "new-{number}"\nmac = "{row["bssid"]}"\nclient = "{row["client"]}"\n')
    hint = ": put them into the network file with a name and a site" if rows else ""
    click.echo(f"# {len(rows)} unknown access point{'' if len(rows) == 1 else 's'}{hint}")
