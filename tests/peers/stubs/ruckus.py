"""SmartZone's northbound portal interface: one path, one JSON form, its response codes. Never an unknown field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.peers.stubs.controller import Asked, Said, Stub

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDED = {"Vendor", "RequestPassword", "APIVersion", "RequestCategory", "RequestType", "UE-MAC", "UE-Proxy"}
OPTIONAL = {"RequestUserName", "UE-IP", "UE-Username", "UE-Password"}


@dataclass
class RuckusStub(Stub):
    """`radius`: what our RADIUS says of a name and password, as the real one would ask."""

    password: str = "a-request-password"
    radius: Callable[[str, str], bool] = lambda _name, _password: True
    online: dict[str, str] = field(default_factory=dict)  # station -> name

    def answer(self, asked: Asked) -> Said:
        body = asked.body or {}
        if (asked.method, asked.path) != ("POST", "/portalintf"):
            return self.refuse(f"{asked.method} {asked.path}", 404, {})
        if not NEEDED <= set(body) <= NEEDED | OPTIONAL or body["Vendor"] != "ruckus" or body["UE-Proxy"] not in {"0", "1"}:
            return self._code(302, "Bad request", f"fields {sorted(body)}")
        if body["RequestPassword"] != self.password:
            return self._code(306, "Wrong request password", "password")
        if body["APIVersion"] != "1.0":
            return self._code(303, "Version not supported", "version")
        if body["RequestCategory"] != "UserOnlineControl":
            return self._code(305, "Category not supported", "category")
        station = body["UE-MAC"]
        match body["RequestType"]:
            case "Login":
                if not body.get("UE-Username") or not body.get("UE-Password") or not self.radius(body["UE-Username"], body["UE-Password"]):
                    return self._code(301, "Login failed")
                self.online[station] = body["UE-Username"]
                return self._code(201, "Login succeeded")
            case "Disconnect":
                return self._code(200, "OK") if self.online.pop(station, None) else self._code(300, "Not found")
        return self._code(304, "Command not supported", "command")

    def _code(self, code: int, words: str, wrong: str = "") -> Said:
        if wrong:
            self.wrong.append(wrong)
        return Said(200, {"Vendor": "ruckus", "APIVersion": "1.0", "ResponseCode": code, "ReplyMessage": words})
