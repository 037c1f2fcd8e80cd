"""6. The same requests to Proxeny, FreeRADIUS and radsecproxy: where their verdicts differ, an RFC clause says why ours is ours.

Behind each stands a home that accepts whatever reaches it, so the verdict is the proxy's own.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import NamedTuple

import pytest

from tests.flow.questions import Request, Requests
from tests.peers import controller, packets, twins
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import SECRET, Upstream, freeradius
from tests.peers.program import PeerError, busy, until
from tests.peers.radsecproxy import radsecproxy

pytestmark = [pytest.mark.peer("freeradius"), pytest.mark.peer("radsecproxy")]

REALM = "uni-a.example"
QUIET = 1.5  # seconds without an answer, after the last one that is due, that count as silence


class Verdicts(NamedTuple):
    """What the three said, in the order of the table."""

    proxeny: str
    freeradius: str
    radsecproxy: str


class Difference(NamedTuple):
    """One line of the table."""

    verdicts: Verdicts
    clause: str


def _line(proxeny: str, freeradius_: str, radsecproxy_: str, clause: str) -> Difference:
    return Difference(Verdicts(proxeny, freeradius_, radsecproxy_), clause)


A, R, S = "accept", "reject", "silence"
REFUSE = "RFC 2865, 4.3: what is not acceptable MUST be answered by Access-Reject; silence makes the access point wait and retry"

# kind of request: Proxeny, FreeRADIUS, radsecproxy, and the clause that ours follows
DIFFERENCES: dict[str, Difference] = {
    "": _line(A, A, A, "all agree"),
    "an extended attribute": _line(A, S, A, "RFC 6929, 5.2: a proxy SHOULD forward attributes that it does not understand"),
    # identities
    "no route": _line(R, R, S, REFUSE),
    "no realm": _line(R, R, S, REFUSE),
    "no such realm, misspelt": _line(R, R, S, f"RFC 7542, 2.2: a realm is labels between dots; {REFUSE}"),
    "no network access identifier": _line(R, A, A, "RFC 7542, 2.2: one `@`, no space or control character, no empty label, valid UTF-8"),
    "a NUL in the name": _line(R, R, S, f"RFC 7542, 2.2: no control character; {REFUSE}"),
    "no User-Name": _line(R, R, S, f"RFC 2865, 4.1: an Access-Request SHOULD have one, and we route by it; {REFUSE}"),
    "two User-Names": _line(R, A, A, "RFC 2865, 5.44: at most one; which of two was authenticated is anybody's guess (CVE-2012-4741)"),
    # signatures
    "unsigned": _line(S, A, A, "RFC 5080, 2.2.2: every Access-Request SHOULD have one; without it anyone may forge (CVE-2024-3596)"),
    "EAP unsigned": _line(S, S, A, "RFC 3579, 3.1 and 3.2: EAP-Message without Message-Authenticator MUST be silently discarded"),
    "wrongly signed": _line(S, S, S, "RFC 3579, 3.2: silently discarded; all agree"),
    "signed twice": _line(S, S, S, "RFC 3579, 3.3: at most one; all agree"),
    "Status-Server unsigned": _line(S, S, A, "RFC 5997, 3: without Message-Authenticator it MUST be silently discarded"),
    # credentials
    "User-Password of a wrong length": _line(R, A, S, f"RFC 2865, 5.2: 16 to 128 octets, a multiple of 16; {REFUSE}"),
    "CHAP-Password of a wrong length": _line(R, A, A, "RFC 2865, 5.3: 17 octets"),
    "PAP and CHAP at once": _line(R, A, A, "RFC 2865, 4.1: MUST NOT contain both"),
    "EAP and a password": _line(S, S, A, "RFC 3579, 3.3: not more than one of these; catalogue: dropped, as FreeRADIUS does"),
    "EAP of a wrong length": _line(R, A, A, "RFC 3748, 4: shorter than its Length MUST be discarded; the student is told by EAP-Failure"),
    "EAP with octets behind its Length": _line(
        R, A, A, "RFC 3748, 4.1 calls them a link layer's padding; RADIUS has none (RFC 3579, 3.1): two readings of one packet are refused"
    ),
    "EAP of an unknown code": _line(R, A, A, "RFC 3748, 4: codes beyond 4 are to be discarded; the student is told by EAP-Failure"),
    "EAP identity of another": _line(R, A, A, "RFC 3579, 2.1: the access point MUST copy it; two names in one request: CVE-2012-4741"),
    # octets
    "no packet": _line(S, S, S, "RFC 2865, 3 and 5: invalid lengths are silently discarded; all agree"),
    "octets behind the last attribute": _line(S, S, A, "RFC 2865, 5: the list of attributes ends with the packet's Length"),
    "attribute of type 0": _line(S, S, A, "RFC 2865, 5: 0 is no type of the registry (IANA: reserved)"),
    "more than 4096 octets": _line(S, S, A, "RFC 2865, 3: the maximum length is 4096"),
    "more than 200 attributes": _line(S, S, A, "no clause: a bound on work, the same as FreeRADIUS's max_attributes"),
    "a code that is no request here": _line(S, S, S, "RFC 2865, 3: silently discarded; all agree"),
    "accounting on the other port": _line(S, S, "acknowledged", "RFC 2866, 3: accounting has a port of its own"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Request, Verdicts]]:
    """Every request put to the three at once, and what each of them said."""
    folder = tmp_path_factory.mktemp("difference")
    with (
        twins.home() as ours,
        twins.home(strict=False) as theirs,
        twins.home(strict=False) as others,
        freeradius(folder / "fr", upstream=Upstream(theirs.port), realms=(REALM,)) as fr,
        radsecproxy(folder / "rsp", Upstream(others.port), realms=(REALM,)) as rsp,
    ):
        tables = network(clients=[client()], homes=[home("uni-a", ours.port)], realms=[realm(REALM, "uni-a")])
        with controller.controller(folder / "controller", tables) as running:
            asked = Requests().all()
            said = _ask(asked, (running.auth, fr.port, rsp.port))
            running.fault_free()
            assert fr.program.alive
            assert rsp.program.alive
    return {request.name: (request, heard) for request, heard in zip(asked, said, strict=True)}


def _ask(requests: list[Request], ports: tuple[int, int, int]) -> list[Verdicts]:
    """Each request from a port of its own to each proxy; all in the air together, so that silence is waited for once."""
    asking = [[twins.Nas() for _ in ports] for _ in requests]
    for request, sockets in zip(requests, asking, strict=True):
        for nas, port in zip(sockets, ports, strict=True):
            nas.send(request.octets, port)
        time.sleep(0.002)  # a peer's receive buffer is not what is being tested
    expected = sum(said != S for request in requests for said in DIFFERENCES[request.kind].verdicts)
    with suppress(PeerError):  # what is missing is told by the table
        until(lambda: sum(len(nas.take()) for sockets in asking for nas in sockets) >= expected, f"{expected} answers")
    heard, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET * busy():
        if (count := sum(len(nas.take()) for sockets in asking for nas in sockets)) != heard:
            heard, since = count, time.monotonic()
        time.sleep(0.05)
    said = [Verdicts(*(_verdict(nas.take(), request.octets) for nas in sockets)) for request, sockets in zip(requests, asking, strict=True)]
    for sockets in asking:
        for nas in sockets:
            nas.close()
    return said


def _verdict(inbox: list[bytes], asked: bytes) -> str:
    if not inbox:
        return "silence"
    if len(inbox) > 1:
        return f"{len(inbox)} answers"
    if not packets.proves(inbox[0], asked, SECRET):
        return "forged"
    return {2: "accept", 3: "reject", 5: "acknowledged", 11: "challenge"}.get(inbox[0][0], f"code {inbox[0][0]}")


def test_there_are_enough_of_them(verdicts: dict[str, tuple[Request, Verdicts]]) -> None:
    """More than a hundred requests, no two of the same name, of every kind in the table."""
    assert len(verdicts) == len(Requests().all())
    assert len(verdicts) > 100
    assert {request.kind for request, _ in verdicts.values()} == set(DIFFERENCES)


def test_every_difference_is_in_the_table_with_its_clause(verdicts: dict[str, tuple[Request, Verdicts]]) -> None:
    """Each request has the three verdicts that the table gives for its kind."""
    strange = {
        f"{request.kind} / {name}": tuple(heard)
        for name, (request, heard) in verdicts.items()
        if request.kind not in DIFFERENCES or heard != DIFFERENCES[request.kind].verdicts
    }
    assert strange == {}
    assert all(line.clause for line in DIFFERENCES.values())
