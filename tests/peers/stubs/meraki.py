"""Meraki's cloud, as a click-through guest's browser meets it: the grant, then back to where the guest goes on. Never an unknown field."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.peers.stubs.controller import Asked, Said, Stub

PATH = "/splash/kYwBDa6d/grant"


@dataclass
class MerakiStub(Stub):
    """`granted`: continue_url and duration of each grant."""

    granted: list[tuple[str, int]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Said:
        if (asked.method, asked.path) != ("GET", PATH):
            return self.refuse(f"{asked.method} {asked.path}", 404)
        if set(asked.query) != {"continue_url", "duration"} or any(len(values) != 1 for values in asked.query.values()):
            return self.refuse(f"grant with {asked.query}")
        (to,), (seconds,) = asked.query["continue_url"], asked.query["duration"]
        if not seconds.isdecimal() or not to.startswith("http"):
            return self.refuse(f"grant with {asked.query}")
        self.granted.append((to, int(seconds)))
        return Said(302, None, (("Location", to),))
