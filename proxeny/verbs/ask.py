"""`proxeny ask USER@REALM`: a real request through the running controller, told as a story (decision 25).

Never shows the password, and never leaves it on a command line unless it was given there.
"""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any

import click

from proxeny import control
from proxeny.faults import Fault, FaultyError
from proxeny.verbs import options

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command()
@click.argument("identity", metavar="USER@REALM")
@click.option("--password", help="Seen by other users of this machine while it runs: better --password-stdin.")
@click.option("--password-stdin", is_flag=True, help="Read the password's first line from standard input.")
@click.option("--client", default="", metavar="NAME", help="As if this client asked.")
@click.option("--chap", is_flag=True, help="CHAP instead of PAP.")
@options.as_json
@options.config
def command(
    identity: str, password: str | None, client: str, config: Path | None, *, password_stdin: bool, chap: bool, as_json: bool
) -> None:
    """A real request through the running controller; the last line is the verdict."""
    if password is not None and password_stdin:
        raise click.UsageError("--password and --password-stdin exclude each other")
    data_dir = options.load(config).data_dir
    question = {"verb": "ask", "identity": identity, "password": _password(password, stdin=password_stdin), "client": client, "chap": chap}
    answer = control.ask(data_dir, question)
    if "error" in answer:
        raise FaultyError([Fault("ask", "", answer["error"])])
    if as_json:
        options.show({"identity": identity, **answer, "last_line": last_line(answer)})
    else:
        for line in story(identity, answer, chap=chap):
            click.echo(line)
    raise SystemExit(0 if answer["verdict"] == "accept" else 1)


def _password(given: str | None, *, stdin: bool) -> str:
    if given is not None:
        return given
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("give --password or --password-stdin")
    return str(click.prompt("Password", hide_input=True))


def story(identity: str, answer: dict[str, Any], *, chap: bool) -> Iterator[str]:
    """What happened, in order; the verdict last."""
    yield f"{identity} asks with {'CHAP' if chap else 'PAP'} through client {answer['client'] or '(built in)'}" + (
        f" at {answer['site']}" if answer["site"] else ""
    )
    if answer["rule"]:
        yield f"realm {answer['realm'] or '(none)'}, by rule {answer['rule']}"
    for number, home in enumerate(answer["attempts"]):
        yield f"{'sent to' if number == 0 else 'then moved to'} {home}"
    if answer["said"]:
        yield f'the answer says: "{answer["said"]}"'
    yield last_line(answer)


def last_line(answer: dict[str, Any]) -> str:
    """Exactly decision 25's: `Access-Accept from HOME in N ms`, `Access-Reject: REASON`, `No answer: REASON`."""
    match answer["verdict"]:
        case "accept":
            return f"Access-Accept from {answer['home']} in {answer['milliseconds']:.0f} ms"
        case "reject":
            return f"Access-Reject: {answer['reason'] or answer['said'] or 'refused by ' + answer['home']}"
        case "challenge":
            return f"No answer: {answer['home'] or 'the home'} asks for another round (Access-Challenge), which this request cannot give"
    return f"No answer: {answer['reason'] or 'nothing came'}"
