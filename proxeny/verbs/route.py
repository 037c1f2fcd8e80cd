"""`proxeny route USER@REALM`: where a request would go, asked of the very tables of the road. Never sends anything."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any

import click

from proxeny import opening, snapshot
from proxeny.faults import Fault, FaultyError, did_you_mean
from proxeny.verbs import options
from radius import nai
from radius.actions import Reason
from store.session import reading

if TYPE_CHECKING:
    from proxeny.network import Network

SYNTAX = "(syntax)"


@click.command()
@click.argument("identity", metavar="USER@REALM")
@click.option("--client", metavar="NAME", help="As if this client asked.")
@options.as_json
@options.config
def command(identity: str, client: str | None, config: Path | None, *, as_json: bool) -> None:
    """Where a request would go, and by which rule."""
    database, seal = opening.store(options.load(config))
    with reading(database) as session:
        network = snapshot.read(session, seal)
    if client is not None and client not in network.rows["client"]:
        raise FaultyError([Fault("--client", "", f'there is no client "{client}"', did_you_mean(client, network.rows["client"]))])
    found = answer(network, identity.encode("utf-8", "surrogateescape"))
    if as_json:
        options.show(found)
    else:
        click.echo(told(network, found))


def answer(network: Network, identity: bytes) -> dict[str, Any]:
    """`realm rule action homes reason` of an identity."""
    parsed = nai.parse(identity)
    if isinstance(parsed, Reason):
        realm = identity.rpartition(b"@")[2].decode("utf-8", "replace") if b"@" in identity else ""
        return {"realm": realm, "rule": SYNTAX, "action": "reject", "homes": [], "reason": parsed.value}
    route = snapshot.realms(network).route(parsed)
    return {
        "realm": route.realm,
        "rule": route.rule,
        "action": route.action.value,
        "homes": list(route.homes),
        "reason": route.reason,
    }


def told(network: Network, found: dict[str, Any]) -> str:
    """The same in words."""
    realm = found["realm"] or "(no realm)"
    if found["action"] != "proxy":
        return f"{realm}: {found['action']} by {found['rule']}" + (f": {found['reason']}" if found["reason"] else "")
    row = network.rows["realm"].get(found["rule"])
    how = getattr(row, "strategy", "failover") if len(found["homes"]) > 1 else ""
    institution = getattr(row, "institution", "")
    words = f"{realm}: to {', '.join(found['homes'])}" + (f" ({how})" if how else "") + f" by {found['rule']}"
    return words + (f", {institution}" if institution else "")
