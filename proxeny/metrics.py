"""What Prometheus and probes see: /metrics, /healthz, /readyz, served by the supervisor from what the workers count.

Names are proxeny_*; every Reason has its counter from the first moment, so that an alarm can be written before the
first packet. Never shows an identity, a station or a secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from portal.alert_rules import RULES
from radius.actions import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from prometheus_client import Metric

    from proxeny.addresses import Endpoint
    from proxeny.crew import Crew
    from proxeny.sockets import Listening

_VERDICTS: Final = ("accept", "reject", "challenge", "refused", "no_answer", "abandoned")
_WORKER_COUNTERS: Final = {
    "cpu_seconds": ("proxeny_worker_cpu_seconds", "CPU time of the workers"),
    "journal_sent": ("proxeny_journal_records", "Records handed to the recorder"),
    "journal_dropped": ("proxeny_journal_dropped", "Records lost because the recorder did not keep up"),
    "unsent_replies": ("proxeny_unsent_replies", "Replies that the kernel did not take"),
    "unsent_requests": ("proxeny_unsent_requests", "Requests to homes that the kernel did not take"),
    "porter_asked": ("proxeny_porter_asked", "Questions put to the porter"),
    "porter_unheard": ("proxeny_porter_unheard", "Questions given back because the porter was away or full"),
    "upstream_drops": ("proxeny_kernel_drops_upstream", "Answers of homes lost in a full receive buffer"),
}
_READ_WITHIN: Final = 5.0  # seconds for a request


class Counts(Collector):
    """Everything the crew counts, as metric families."""

    def __init__(
        self, crew: Crew, listening: list[Listening], own: Callable[[], dict[str, float]], alerts: Callable[[], Mapping[str, int]] = dict
    ) -> None:
        self._crew = crew
        self._alerts = alerts  # rule -> how many are open
        self._listening = listening
        self._own = own  # gauges of the supervisor's: name -> value

    def collect(self) -> Iterable[Metric]:
        totals = {place.number: place.total() for place in self._crew.places}
        engine = {name for total in totals.values() for name in total if name.startswith("engine.")}
        yield from self._road(totals, engine)
        for counter, (name, words) in _WORKER_COUNTERS.items():
            yield _per_worker(CounterMetricFamily(name, words, labels=["worker"]), {at: total[counter] for at, total in totals.items()})
        resident = {place.number: place.counts.get("resident_bytes", 0) for place in self._crew.places}
        yield _per_worker(GaugeMetricFamily("proxeny_worker_resident_bytes", "Memory of each worker", labels=["worker"]), resident)
        grants = {place.number: place.counts.get("grants", 0) for place in self._crew.places}
        yield _per_worker(GaugeMetricFamily("proxeny_worker_grants", "Live grants in each worker's memory", labels=["worker"]), grants)
        restarts = {place.number: place.restarts for place in self._crew.places}
        yield _per_worker(CounterMetricFamily("proxeny_worker_restarts", "Times a worker was started again", labels=["worker"]), restarts)
        versions = {place.number: place.version for place in self._crew.places}
        yield _per_worker(GaugeMetricFamily("proxeny_worker_network_version", "Version each worker serves", labels=["worker"]), versions)
        yield self._drops()
        yield self._homes()
        yield self._open_alerts()
        for name, value in self._own().items():
            yield GaugeMetricFamily(f"proxeny_{name}", name.replace("_", " "), value=value)

    def _road(self, totals: dict[int, Any], engine: set[str]) -> Iterator[Metric]:
        reasons = CounterMetricFamily("proxeny_reason", "Why something was dropped, refused or marked", labels=["reason"])
        for reason in Reason:
            reasons.add_metric([reason.name], sum(total[f"engine.{reason.name}"] for total in totals.values()))
        yield reasons
        verdicts = CounterMetricFamily("proxeny_verdicts", "How rounds and logins ended", labels=["verdict"])
        for verdict in _VERDICTS:
            verdicts.add_metric([verdict], sum(total[f"engine.{verdict}"] for total in totals.values()))
        yield verdicts
        for name in sorted(engine - {f"engine.{each.name}" for each in Reason} - {f"engine.{each}" for each in _VERDICTS}):
            short = name.removeprefix("engine.")
            yield CounterMetricFamily(f"proxeny_{short}", short.replace("_", " "), value=sum(total[name] for total in totals.values()))

    def _drops(self) -> Metric:
        family = CounterMetricFamily("proxeny_kernel_drops", "Requests lost in a full receive buffer", labels=["listener", "worker"])
        for each in self._listening:
            family.add_metric([f"{each.kind} {each.at}", str(each.worker)], each.drops)
        return family

    def _open_alerts(self) -> Metric:
        family = GaugeMetricFamily("proxeny_alerts_open", "Alerts that are open", labels=["rule"])
        for rule, count in ({str(rule): 0 for rule in RULES} | dict(self._alerts())).items():
            family.add_metric([rule], count)
        return family

    def _homes(self) -> Metric:
        family = GaugeMetricFamily(
            "proxeny_home_state", "The state each home is in, as each worker sees it", labels=["home", "state", "worker"]
        )
        for place in self._crew.places:
            for home in place.homes:
                family.add_metric([home["home"], home["state"], str(place.number)], 1.0)
        return family


def _per_worker(family: Any, values: Mapping[int, float]) -> Metric:
    for worker, value in values.items():
        family.add_metric([str(worker)], value)
    metric: Metric = family
    return metric


class Pages:
    """A small HTTP server: three pages, GET, one request a connection."""

    def __init__(self, counts: Collector, ready: Callable[[], dict[str, Any]]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(counts)
        self._ready = ready  # {"ready": bool, ...}
        self._server: asyncio.Server | None = None

    async def open(self, at: Endpoint) -> None:
        """Serve; OSError where the port is taken."""
        self._server = await asyncio.start_server(self._serve, at.host, at.port, limit=8192)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _READ_WITHIN)
            status, kind, body = self._page(head.split(b"\r\n", 1)[0].decode("ascii", "replace"))
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
            )
            await asyncio.wait_for(writer.drain(), _READ_WITHIN)
        writer.close()

    def _page(self, request: str) -> tuple[str, str, bytes]:
        """(status, content type, body) for a request line."""
        words = request.split(" ")
        if len(words) != 3 or words[0] not in {"GET", "HEAD"}:
            return "405 Method Not Allowed", "text/plain", b"GET only\n"
        match words[1].partition("?")[0]:
            case "/metrics":
                return "200 OK", "text/plain; version=0.0.4; charset=utf-8", generate_latest(self._registry)
            case "/healthz":
                return "200 OK", "text/plain", b"alive\n"
            case "/readyz":
                state = self._ready()
                return "200 OK" if state["ready"] else "503 Service Unavailable", "application/json", json.dumps(state).encode() + b"\n"
        return "404 Not Found", "text/plain", b"/metrics, /healthz, /readyz\n"
