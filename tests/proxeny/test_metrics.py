"""What Prometheus and probes see."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest

from portal.alert_rules import RULES
from proxeny.addresses import Endpoint
from proxeny.crew import Place
from proxeny.metrics import Counts, Pages
from radius.actions import Reason


def place(number: int = 0) -> Place:
    home = {"home": "uni-a-1", "state": "dead"}
    return Place(
        number, [], homes=[home], counts={"cpu_seconds": 1.5, "resident_bytes": 7, "engine": {"accept": 3, "NO_ROUTE": 2, "resent": 4}}
    )


def fetch(path: str, *, ready: bool = True, request: bytes | None = None) -> tuple[int, str]:
    async def main() -> tuple[int, str]:
        pages = Pages(Counts(SimpleNamespace(places=[place(0), place(1)]), [], lambda: {"network_version": 9}), lambda: {"ready": ready})
        await pages.open(Endpoint("127.0.0.1", 0))
        port = pages._server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request or f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
        await pages.close()
        return int(head.split(" ")[1]), body

    return asyncio.run(asyncio.wait_for(main(), 10))


def test_every_reason_has_its_counter_from_the_start() -> None:
    """Names are proxeny_*, and workers' counts are added up."""
    status, body = fetch("/metrics")
    assert 200 == status
    assert len(Reason) == body.count("proxeny_reason_total{")
    for line in (
        'proxeny_reason_total{reason="NO_ROUTE"} 4.0',
        'proxeny_reason_total{reason="LOOP"} 0.0',
        'proxeny_verdicts_total{verdict="accept"} 6.0',
        "proxeny_resent_total 8.0",
        'proxeny_home_state{home="uni-a-1",state="dead",worker="1"} 1.0',
        "proxeny_network_version 9.0",
    ):
        assert line in body.splitlines()


def test_every_rule_of_the_alerts_has_its_gauge() -> None:
    """At nought before anything is wrong, then as many as are open."""
    counts = Counts(SimpleNamespace(places=[]), [], dict, lambda: {"home-dead": 2})
    family = next(each for each in counts.collect() if each.name == "proxeny_alerts_open")
    assert {str(rule): 2.0 if rule == "home-dead" else 0.0 for rule in RULES} == {
        each.labels["rule"]: each.value for each in family.samples
    }


def test_counts_survive_a_worker() -> None:
    """A restarted worker begins at nought; the metric does not."""
    served = place()
    served.retire()
    served.counts = {"engine": {"accept": 1}}
    assert 4 == served.total()["engine.accept"]


@pytest.mark.parametrize(
    ("path", "ready", "status"), [("/healthz", False, 200), ("/readyz", True, 200), ("/readyz", False, 503), ("/x", True, 404)]
)
def test_probes_tell_the_truth(path: str, ready: bool, status: int) -> None:
    """/healthz while the process lives, /readyz only while it serves."""
    found, body = fetch(path, ready=ready)
    assert status == found
    if path == "/readyz":
        assert {"ready": ready} == json.loads(body)


def test_other_methods_are_refused() -> None:
    """POST gets 405 and the listener lives on."""
    assert 405 == fetch("", request=b"POST /metrics HTTP/1.1\r\n\r\n")[0]
