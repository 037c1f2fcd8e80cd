"""A UniFi console: the classic API of UniFi OS or of a self-hosted application, and the keyed one. Never an unknown field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.peers.stubs.controller import Asked, Said, Stub

SITE_ID = "88f7af54-98f8-306a-a1c7-c9349722b1f6"
CLIENT_ID = "0b9c1f3e-2f55-3d4c-b7a4-0d6f4d1a9e10"
COMMANDS = {
    "authorize-guest": ({"cmd", "mac"}, {"minutes", "up", "down", "bytes", "ap_mac"}),
    "unauthorize-guest": ({"cmd", "mac"}, set()),
    "kick-sta": ({"cmd", "mac"}, set()),
}
LIMITS = {
    "timeLimitMinutes": (1, 1_000_000),
    "dataUsageLimitMBytes": (1, 1_048_576),
    "rxRateLimitKbps": (2, 100_000),
    "txRateLimitKbps": (2, 100_000),
}


@dataclass
class UnifiStub(Stub):
    """`os`: whether it is a UniFi OS console; `key`: of the keyed API."""

    os: bool = True
    user: str = "proxeny"
    password: str = "a-password-of-the-api"
    key: str = "an-api-key-of-the-console"
    site: str = "default"
    connected: set[str] = field(default_factory=set)  # stations that it lists
    authorized: dict[str, dict[str, Any]] = field(default_factory=dict)
    kicked: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Said:
        if asked.path.startswith("/proxy/network/integration/v1/"):
            return self._keyed(asked, asked.path.removeprefix("/proxy/network/integration/v1"))
        if asked.path == "/proxy/network/status":
            return Said(401 if self.os else 404, {})
        if asked.path == ("/api/auth/login" if self.os else "/api/login"):
            return self._login(asked)
        return self._stamgr(asked)

    def _login(self, asked: Asked) -> Said:
        if asked.body != {"username": self.user, "password": self.password}:
            return self.refuse(f"login with {asked.body}", 401 if self.os else 400, {"meta": {"rc": "error", "msg": "api.err.Invalid"}})
        token, cookie = self.sign_in("TOKEN" if self.os else "unifises")
        return Said(200, {"meta": {"rc": "ok"}, "data": []}, (cookie, *((("X-CSRF-Token", token),) if self.os else ())))

    def _stamgr(self, asked: Asked) -> Said:
        if asked.path != f"{'/proxy/network' if self.os else ''}/api/s/{self.site}/cmd/stamgr" or asked.method != "POST":
            return self.refuse(f"{asked.method} {asked.path}", 404, {"meta": {"rc": "error", "msg": "api.err.NotFound"}})
        token = self.session(asked, "TOKEN" if self.os else "unifises")
        if token is None:
            return self.refuse("no session", 401, {"meta": {"rc": "error", "msg": "api.err.LoginRequired"}})
        if self.os and asked.headers.get("x-csrf-token") != token:
            return self.refuse("no X-CSRF-Token", 403, {"meta": {"rc": "error", "msg": "api.err.Forbidden"}})
        body = asked.body or {}
        needed, allowed = COMMANDS.get(body.get("cmd"), ({"no such command"}, set()))
        if not needed <= set(body) <= needed | allowed or body["mac"] != body["mac"].lower() or body["mac"].count(":") != 5:
            return self.refuse(f"command {body}", 400, {"meta": {"rc": "error", "msg": "api.err.InvalidPayload"}})
        match body["cmd"]:
            case "authorize-guest":
                self.authorized[body["mac"]] = body
            case "unauthorize-guest":
                self.authorized.pop(body["mac"], None)
            case "kick-sta":
                self.kicked.append(body["mac"])
        return Said(200, {"meta": {"rc": "ok"}, "data": []})

    def _keyed(self, asked: Asked, path: str) -> Said:
        if asked.headers.get("x-api-key") != self.key or "cookie" in asked.headers:
            return self.refuse("no X-API-KEY", 401, {"statusCode": 401, "message": "Unauthorized"})
        if (asked.method, path) == ("GET", "/sites"):
            rows = [{"id": SITE_ID, "internalReference": self.site, "name": "Default"}]
            return Said(200, {"offset": 0, "limit": 200, "count": 1, "totalCount": 1, "data": rows})
        if (asked.method, path) == ("GET", f"/sites/{SITE_ID}/clients"):
            rows = [
                {"id": CLIENT_ID, "macAddress": each, "type": "WIRELESS", "access": {"type": "GUEST"}}
                for each in self.connected
                if asked.query.get("filter") == [f"macAddress.eq('{each}')"]
            ]
            return Said(200, {"offset": 0, "limit": 25, "count": len(rows), "totalCount": len(rows), "data": rows})
        if (asked.method, path) != ("POST", f"/sites/{SITE_ID}/clients/{CLIENT_ID}/actions"):
            return self.refuse(f"{asked.method} {path}", 404, {"statusCode": 404, "message": "Not Found"})
        return self._act(dict(asked.body))

    def _act(self, body: dict[str, Any]) -> Said:
        action = body.pop("action", "")
        bad = [name for name, value in body.items() if name not in LIMITS or not LIMITS[name][0] <= value <= LIMITS[name][1]]
        if action not in {"AUTHORIZE_GUEST_ACCESS", "UNAUTHORIZE_GUEST_ACCESS"} or bad or (action[0] == "U" and body):
            return self.refuse(f"{action} {body}", 400, {"statusCode": 400, "message": "Bad Request"})
        (station,) = self.connected
        if action == "AUTHORIZE_GUEST_ACCESS":
            self.authorized[station] = body
        else:
            self.authorized.pop(station, None)
        return Said(200, {"action": action, "grantedAuthorization": {"authorizedAt": "2026-03-08T06:59:59Z"}})
