"""radclient: FreeRADIUS's own client, for PAP, CHAP, accounting and Status-Server.

Never invents an answer: a request without one has the verdict "none".
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from tests.peers.freeradius import SECRET
from tests.peers.program import found

_RECEIVED = re.compile(r"^Received (\S+) Id", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^\t(?P<name>\S+) = (?P<value>.*)$")


@dataclass(frozen=True, slots=True)
class Answer:
    """The code's name ("Access-Accept", "none") and the attributes as radclient prints them, in order."""

    code: str
    attributes: tuple[tuple[str, str], ...]
    output: str

    def values(self, name: str) -> list[str]:
        return [value.strip('"') for each, value in self.attributes if each == name]


def ask(
    port: int,
    attributes: str,
    *,
    kind: str = "auth",
    secret: str = SECRET,
    address: str = "127.0.0.1",
    seconds: float = 5,
    tries: int = 1,
) -> Answer:
    """Send one request (`kind`: auth, acct, status, disconnect, coa); `attributes` one per line, as radclient reads them."""
    ended = _run(["-x", "-t", str(seconds), "-r", str(tries)], [f"{address}:{port}", kind, secret], attributes, seconds * tries + 15)
    output = ended.stdout + ended.stderr
    if (start := _RECEIVED.search(output)) is None:
        return Answer("none", (), output)
    lines = output[start.end() :].splitlines()[1:]
    rows = tuple((found_["name"], found_["value"]) for line in lines if (found_ := _ATTRIBUTE.match(line)))
    return Answer(start[1], rows, output)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of many requests were accepted, rejected, or never answered."""

    accepted: int
    rejected: int
    lost: int
    output: str


def ask_many(
    port: int, requests: list[str], *, parallel: int, secret: str = SECRET, address: str = "127.0.0.1", seconds: float = 15
) -> Tally:
    """Send many Access-Requests, `parallel` at once, each tried once."""
    options = ["-s", "-p", str(parallel), "-t", str(seconds), "-r", "1"]
    ended = _run(options, [f"{address}:{port}", "auth", secret], "\n\n".join(requests) + "\n", seconds + 60)
    output = ended.stdout + ended.stderr
    return Tally(_total(output, "Accepted"), _total(output, "Rejected"), _total(output, "Lost"), output)


def _run(options: list[str], target: list[str], text: str, seconds: float) -> subprocess.CompletedProcess[str]:
    dictionaries = ["-D", "/usr/share/freeradius", "-d", "/usr/share/freeradius"]  # below /etc only its own user may read
    argv = [found("radclient"), *dictionaries, *options, *target]
    return subprocess.run(argv, input=text, capture_output=True, text=True, timeout=seconds, check=False)


def _total(output: str, word: str) -> int:
    line = re.search(rf"{word}\s*: (\d+)", output)
    return int(line[1]) if line else 0
