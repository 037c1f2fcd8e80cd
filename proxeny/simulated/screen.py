"""What the demo prints: what runs where, what to try, and a line for each login. Never a password beyond the sample's own."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from proxeny.simulated.access_point_process import STATIONS
from proxeny.simulated.sample import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from proxeny.simulated.sample import Sample
    from store.models.trace import AuthEvent


class Links(NamedTuple):
    """What the addresses end with that let somebody in, once; "" for none."""

    staff: str = ""
    shop: str = ""


_COLOURS: Final = {"accept": "green", "reject": "red", "refused": "yellow", "no_answer": "magenta", "abandoned": "cyan"}


def greeting(sample: Sample, codes: Sequence[str] = (), links: Links | None = None) -> Iterator[str]:
    """What is running, the addresses, a guest's page and codes, and three things to try."""
    yield ""
    yield click.style("The sample city is ready.", bold=True)
    yield ""
    label = ""
    for name, line in _running(sample, codes, links or Links()):
        yield f"  {name if name != label else '':<18} {line}"
        label = name
    yield ""
    yield "Try, in a second terminal:"
    yield ""
    yield from (f"  {line}" for line in things_to_try(sample))
    yield ""
    yield "Logins as they come; Ctrl-C ends everything:"
    yield ""


def _running(sample: Sample, codes: Sequence[str], links: Links) -> Iterator[tuple[str, str]]:
    settings, tables = sample.settings, sample.tables
    if settings.radius:
        yield "controller", f"authentication {', '.join(map(str, settings.radius.auth))}"
        yield "controller", f"accounting     {', '.join(map(str, settings.radius.acct))}"
    if settings.metrics:
        yield "controller", f"metrics        http://{settings.metrics.listen}/metrics"
    for realm in (row for row in tables["realm"] if "homes" in row):
        home = next(row for row in tables["home"] if row["name"] == realm["homes"][0])
        yield "home institutions", f"{home['address']}:{home['port']}  {realm['match']:<21} {realm['institution']}, {realm['country']}"
    for client in tables["client"]:
        radios = ", ".join(row["name"] for row in tables["access_point"] if row["client"] == client["name"])
        yield "access points", f"{client['address'].partition('/')[0]:<16} {radios}"
    yield from _guests(sample)
    if settings.staff and links.staff:
        yield "staff", f"{settings.staff.origin}/setup/{links.staff}  once: choose a password, then run the network"
    if settings.business and links.shop:
        yield "shop", f"{settings.business.origin}/setup/{links.shop}  once: choose a password, then change the bakery's advert"
    if sample.outbox is not None:
        yield "outbox", f"http://{sample.outbox}/  mails and SMS land here: codes, links"
    if codes:
        yield "voucher codes", f"{', '.join(codes)}  for the way “I have a code”"
    yield "data and log", f"{short(settings.data_dir)}, {short(settings.data_dir / 'proxeny.log')}"
    yield from (("note", line) for line in sample.moved)


def _guests(sample: Sample) -> Iterator[tuple[str, str]]:
    for client in sample.tables["client"]:
        if page := client.get("options", {}).get("login_url"):
            yield "guest", f"{page}/  a phone that just joined, offline: open it in a browser"


def things_to_try(sample: Sample) -> Iterator[str]:
    """Three commands to paste: each works from the folder that the demo was started in."""
    accounts = list(sample.accounts.items())
    (identity, password), (other, _) = accounts[0], accounts[-1]
    rest = f"--config {shlex.quote(str(sample.config))}"
    yield f"{command()} ask {identity} --password {shlex.quote(password)} {rest}"
    yield f"{command()} route {other} {rest}"
    yield f"{command()} trace {STATIONS[0]} {rest}"


def command() -> str:
    """Our own command as one would type it here."""
    called = Path(sys.argv[0])
    if called.name != "proxeny":
        return f"{shlex.quote(sys.executable)} -m proxeny"
    found = shutil.which("proxeny")
    return "proxeny" if found and Path(found).absolute() == called.absolute() else shlex.quote(str(short(called)))


def login(event: AuthEvent, sites: Mapping[str, str]) -> str:
    """One login in one line."""
    when = event.at.astimezone().strftime("%H:%M:%S")
    where = " · ".join(filter(None, (sites.get(event.site, event.site), event.access_point or event.client)))
    rounds = f"{event.round_trips} round{'s' if event.round_trips != 1 else ''}"
    who = "@" + event.realm if event.realm else "a guest"
    what = event.reason or f"{event.home or 'the portal'}, {rounds}, {event.milliseconds:.0f} ms"
    verdict = click.style(f"{event.verdict.value:<9}", fg=_COLOURS.get(event.verdict.value))
    return f"{when}  {verdict}  {who:<25} {where:<38} {what}"
