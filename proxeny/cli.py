"""The command `proxeny`: its verbs by name, each imported only when it is used.

An operator's mistake is told in lines that name the file, the key and the remedy, with exit status 1; usage errors
exit with 2. Never shows a traceback for either.
"""

from __future__ import annotations

import errno
import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import click

from proxeny import __version__, compiled
from proxeny.faults import FaultyError
from store.faults import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Verb -> what `--help` says of it; its module is proxeny.verbs.<verb>, which has `command`.
VERBS: Final = {
    "run": "The controller under one supervisor; --demo: a sample city.",
    "radius": "The road alone, for deployments on several machines.",
    "jobs": "Orders to controllers by HTTP, mails and SMS alone, for the same.",
    "web": "The pages of one audience alone, for deployments on several machines.",
    "check": "Settings, network and database: every fault with its remedy.",
    "apply": "Declare the network from a file; prints the difference.",
    "export": "The network as NETWORK.toml.",
    "guide": "How a gateway is set up, filled in with its own values.",
    "route": "Where a request would go, and by which rule.",
    "ask": "A real request through the running controller, told as a story.",
    "trace": "One login's story: by MAC, user or session.",
    "sessions": "Who is online.",
    "kick": "End a session at its access point.",
    "homes": "The home servers and how they are.",
    "access-points": "The access points, and those to adopt.",
    "retention": "What was deleted as too old, and whether anything is overdue.",
    "voucher": "Codes that let guests in: make, list, revoke, close.",
    "staff": "Who runs the network: add, list, link, disable, enable.",
    "business": "Shops with adverts on the guests' pages: list, invite, suspend, restore.",
    "token": "Programs that use the API: make, list, revoke.",
    "audit": "The audit log: verify, export.",
    "db": "The database: upgrade, check, backup, restore, rotate-key.",
}

# What the machine refuses, and no fault of ours: permissions, a full or failing disk, too many open files
_MACHINE: Final = frozenset({errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE})


class Verbs(click.Group):
    """The group that imports a verb when it is asked for, and tells mistakes in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        if cmd_name not in VERBS:
            return None
        gc.disable()  # what is loaded lives as long as we do: to look through it for garbage is a sixth of every start
        try:
            return cast(click.Command, import_module(f"proxeny.verbs.{cmd_name.replace('-', '_')}").command)
        finally:
            gc.enable()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            if (stale := compiled.fault()) is not None:
                raise FaultyError([stale])  # noqa: TRY301  told like every other fault
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except Exception as fault:
            lines = list(_told(fault))
            if not lines:
                raise
            for line in lines:
                click.echo(line, err=True)
            ctx.exit(1)


def _told(fault: Exception) -> Iterator[str]:
    """The lines for an operator; none where the fault is ours, which keeps its traceback."""
    if isinstance(fault, FaultyError):
        yield from map(str, fault.faults)
    elif isinstance(fault, StoreError):
        yield f"proxeny: {fault}"
    elif isinstance(fault, OSError) and fault.errno in _MACHINE:
        yield f"proxeny: {fault.filename or 'the system'}: {fault.strerror}; the disk must not be full, the file ours to use"
    elif (exc := sys.modules.get("sqlalchemy.exc")) and isinstance(fault, exc.DBAPIError):
        words = (str(fault.orig).strip() or type(fault.orig).__name__).splitlines()[0]
        yield f"proxeny: database: {words}; is it reachable, and its disk neither full nor read-only?"


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(__version__, package_name="proxeny", prog_name="proxeny")
def main() -> None:
    """Public Wi-Fi and eduroam-style federated access controller."""
