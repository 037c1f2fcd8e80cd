"""`proxeny voucher …`: codes that let guests in: made in batches, listed, taken back, forgotten by us once they are printed.

What is printed for a machine or a spreadsheet is CSV in which no cell is a formula. Never prints the codes of a batch that
was closed, and never takes back a voucher that was not named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable  # noqa: TC003  as below
from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.table import Table

from proxeny import deeds, measures, opening, snapshot
from proxeny.faults import Fault, FaultyError, WrongError, did_you_mean
from proxeny.moments import iso
from proxeny.verbs import options
from store import batches, crockford, minting
from store.privacy import privacy
from store.session import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from proxeny.network import Network, Plan
    from store.batches import Usage
    from store.models import Voucher, VoucherBatch

LASTS, VALID = (measures.Range(*(int(each.total_seconds()) for each in within)) for within in (minting.LASTS, minting.VALID))
DEVICES, LONGEST = minting.DEVICES, minting.NAME
BATCH: Final = "voucher_batch"  # as the audit log calls it
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection: cells that spreadsheets take for more than text
_COLUMNS: Final = ("code", "batch", "plan", "devices", "lasts", "begin_by")


class Time(click.ParamType[timedelta]):
    """ "2h", "7d"."""

    name = "TIME"

    def __init__(self, within: measures.Range) -> None:
        self._read: Callable[[object], int] = measures.duration(within)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return timedelta(seconds=self._read(value))
        except WrongError as fault:
            self.fail(f"{fault.what}. {fault.remedy}", param, ctx)


@click.group(name="voucher", no_args_is_help=True)
def command() -> None:
    """Vouchers: codes that let guests in."""


@command.command()
@click.option("--plan", required=True, help="The plan that they are for.")
@click.option("--count", required=True, type=click.IntRange(1, minting.MOST), help="How many.")
@click.option("--name", default="", help="What you call the batch; default: the plan and today's date.")
@click.option("--devices", default=1, show_default=True, type=click.IntRange(1, DEVICES), help="How many devices one voucher lets in.")
@click.option("--lasts", type=Time(LASTS), help="How long one is good from its first use on; default: as long as one grant of the plan.")
@click.option("--valid", default="30d", show_default=True, type=Time(VALID), help="How long from now on somebody may begin with one.")
@options.as_json
@options.config
def make(
    plan: str, count: int, name: str, devices: int, lasts: timedelta | None, valid: timedelta, config: Path | None, *, as_json: bool
) -> None:
    """Make vouchers and print their codes, as CSV."""
    database, seal = opening.store(options.load(config))
    now = datetime.now(UTC)
    with reading(database) as session:
        network = snapshot.read(session, seal)
    offered, name = _plan(network, plan), name.strip() or f"{plan} {now:%Y-%m-%d}"
    if len(name) > LONGEST or not name.isprintable():
        raise FaultyError([Fault("voucher", "--name", "is too long, or holds what cannot be printed", f"Write at most {LONGEST} letters")])
    with transaction(database) as session:
        wanted = minting.Wanted(name, plan, count, now + valid, devices, lasts, deeds.ACTOR)
        batch, codes = minting.make(session, privacy(session, seal, now), wanted, now)
        said = {"name": name, "plan": plan, "count": count, "devices": devices, "begin_by": iso(batch.expires_at)}
        deeds.told(session, seal, "add", BATCH, batch.id, fields={key: (None, value) for key, value in said.items()})
    printed = [crockford.readable(code) for code in codes]
    if as_json:
        options.show(_row(batch) | {"codes": printed})
    else:
        own = _row(batch)
        _csv(_COLUMNS, ((code, *(own[name] for name in ("name", "plan", "devices", "lasts", "begin_by"))) for code in printed))
    for note in _notes(network, offered, devices):
        click.echo(note, err=True)
    click.echo(f"Batch {batch.id}. Once they are printed: proxeny voucher close {batch.id}", err=True)


@command.command("list")
@click.argument("batch", required=False)
@options.as_json
@options.config
def listed(batch: str | None, config: Path | None, *, as_json: bool) -> None:
    """The batches and what became of them; of one BATCH (its id or name) each voucher, as CSV."""
    database, seal = opening.store(options.load(config))
    now = datetime.now(UTC)
    with reading(database) as session:
        if batch is None:
            _show(batches.usage(session, now), as_json=as_json)
            return
        own, keys = _batch(session, batch), privacy(session, seal, now)
        rows = [_voucher(each, own, batches.code(keys, each), now) for each in batches.vouchers(session, own)]
    if as_json:
        options.show(rows)
    else:
        _csv(tuple(rows[0]), (row.values() for row in rows))


@command.command()
@click.argument("name", metavar="CODE|BATCH")
@options.as_json
@options.config
def revoke(name: str, config: Path | None, *, as_json: bool) -> None:
    """Take back one voucher, or all of a batch (its id or name): who is online by it is put out."""
    database, seal = opening.store(options.load(config))
    now = datetime.now(UTC)
    with reading(database) as session:
        one = None if batches.named(session, name) else batches.of_code(session, privacy(session, seal, now), name)
        if one is not None:
            chosen, kind, object_name = [one], "voucher", one.id
        else:
            whole = _batch(session, name, "code or batch")
            chosen, kind, object_name = list(batches.vouchers(session, whole)), BATCH, whole.id
    with transaction(database) as session:  # before: what takes several transactions is told of even where it is cut short
        deeds.told(session, seal, "revoke", kind, object_name)
    taken, out = batches.revoke(database, [each.id for each in chosen], now, batch=object_name if kind == BATCH else "")
    if as_json:
        options.show({"vouchers": len(chosen), "taken_back": taken, "put_out": out})
        return
    click.echo(f"Took back {taken} of {len(chosen)} voucher{'s' if len(chosen) > 1 else ''}; the others were over, or taken back before.")
    if out:
        click.echo(f"Put out {out} device{'s' if out > 1 else ''}: their gateways are told while the controller runs.")


@command.command()
@click.argument("batch")
@options.config
def close(batch: str, config: Path | None) -> None:
    """Forget the codes of a BATCH (its id or name) that was printed: they are good as before, and nobody can list them again."""
    database, seal = opening.store(options.load(config))
    with transaction(database) as session:
        own = _batch(session, batch)
        closed = batches.close(session, own, datetime.now(UTC))
        if closed:
            deeds.told(session, seal, "close", BATCH, own.id)
    click.echo(f"Closed batch {own.id}." if closed else f"Batch {own.id} was closed before.")


def _plan(network: Network, name: str) -> Plan:
    plans = network.rows["plan"]
    if name not in plans:
        remedy = did_you_mean(name, list(plans)[:20]) or "Declare a [[plan]] in the network file, and apply it"
        raise FaultyError([Fault("voucher", "--plan", f'there is no plan "{name}"', remedy)])
    found: Plan = plans[name]  # type: ignore[assignment]  # rows of one section are of one kind
    return found


def _notes(network: Network, plan: Plan, devices: int) -> Iterable[str]:
    """What may be meant so, and surprises guests."""
    if not any("voucher" in portal.ways for portal in network.of("portal")):
        yield 'Note: no [[portal]] has "voucher" among its ways: no guest is asked for a code yet.'
    if plan.devices is not None and devices > plan.devices:
        yield f'Note: the plan "{plan.name}" lets {plan.devices} of a guest\'s devices be online at a time: {devices} take turns.'


def _batch(session: Session, name: str, kind: str = "batch") -> VoucherBatch:
    """The one that is meant."""
    found = batches.named(session, name)
    if not found:
        raise FaultyError([Fault("voucher", name, f"there is no such {kind}", "proxeny voucher list shows the batches")])
    if len(found) > 1:
        ids = ", ".join(each.id for each in found[:10])
        raise FaultyError([Fault("voucher", name, f"{len(found)} batches have this name", f"Name one by its id: {ids}")])
    if found[0].whole_at is None:
        remedy = "The staff's page of it shows how far it is, and can cancel it"
        raise FaultyError([Fault("voucher", name, "this batch is still in the making", remedy)])
    return found[0]


def _row(batch: VoucherBatch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "name": batch.name,
        "plan": batch.plan,
        "devices": batch.devices,
        "lasts": measures.told(batch.lasts, measures.TIMES, "") if batch.lasts is not None else "",
        "created_at": iso(batch.created_at),
        "begin_by": iso(batch.expires_at),
        "closed_at": iso(batch.closed_at),
    }


def _voucher(row: Voucher, batch: VoucherBatch, code: str, now: datetime) -> dict[str, Any]:
    return {
        "voucher": row.id,
        "code": code,
        "state": batches.standing(row, batch, now).value,
        "used_at": iso(row.used_at),
        "ends_at": iso(row.ends_at),
    }


def _show(found: list[Usage], *, as_json: bool) -> None:
    rows = [_row(each.batch) | {name: getattr(each, name) for name in ("made", "used", "revoked", "online")} for each in found]
    if as_json:
        options.show(rows)
        return
    table = Table("id", "name", "plan", "lasts", "begin by (UTC)", "made", "used", "taken back", "online", "", box=None, pad_edge=False)
    for each, row in zip(found, rows, strict=True):
        told = (str(row[name]) for name in ("made", "used", "revoked", "online"))
        closed = "closed" if row["closed_at"] else "" if each.batch.whole_at else "in the making"
        table.add_row(*(row[name] for name in ("id", "name", "plan", "lasts")), row["begin_by"][:16], *told, closed)
    Console(width=150, markup=False, highlight=False).print(table)
    click.echo(f"{len(rows)} batch{'' if len(rows) == 1 else 'es'}")


def _csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """RFC 4180, but for the line ends; a cell that a spreadsheet might work out is text there."""
    written = io.StringIO()
    sheet = csv.writer(written, lineterminator="\n")
    sheet.writerow(columns)
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        sheet.writerow("'" + cell if cell.startswith(_FORMULA) else cell for cell in cells)
    click.echo(written.getvalue(), nl=False)
