"""An Omada controller's hotspot API: its id in the path, an operator's session with Csrf-Token. Never an unknown field."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.peers.stubs.controller import Asked, Said, Stub

MAC = re.compile(r"[0-9A-F]{2}(?:-[0-9A-F]{2}){5}")
POINT = {"clientMac", "apMac", "ssidName", "radioId", "site", "time", "authType"}
ROUTER = {"clientMac", "gatewayMac", "vid", "site", "time", "authType"}


@dataclass
class OmadaStub(Stub):
    """`version` 4 has no id and no token; `unauth` says whether it knows that call."""

    version: int = 5
    omadac: str = "fc2b25d44a950a6357313da0afb4c14a"
    user: str = "portal"
    password: str = "an-operators-password"
    unauth: bool = True
    authorized: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Said:
        if (asked.method, asked.path) == ("GET", "/api/info"):
            result = {"controllerVer": "5.15.8.2", "apiVer": "3", "configured": True, "omadacId": self.omadac}
            return Said(200, {"errorCode": 0, "msg": "Success.", "result": result}) if self.version > 4 else Said(404, {})
        root = f"/{self.omadac}/api/v2/hotspot" if self.version > 4 else "/api/v2/hotspot"
        if asked.method != "POST" or not asked.path.startswith(root + "/"):
            return self.refuse(f"{asked.method} {asked.path}", 404, {})
        call = asked.path.removeprefix(root)
        if call == "/login":
            return self._login(asked)
        token = self.session(asked, "TPOMADA_SESSIONID")
        if token is None or (self.version > 4 and asked.headers.get("csrf-token") != token):
            return self.refuse("no session or no Csrf-Token", 200, {"errorCode": -1200, "msg": "Please log in."})
        return self._call(call, asked.body)

    def _login(self, asked: Asked) -> Said:
        if asked.body != {"name": self.user, "password": self.password}:
            return self.refuse(f"login with {asked.body}", 200, {"errorCode": -30109, "msg": "Invalid username or password."})
        token, cookie = self.sign_in("TPOMADA_SESSIONID")
        return Said(200, {"errorCode": 0, "msg": "Success.", "result": {"token": token} if self.version > 4 else {}}, (cookie,))

    def _call(self, call: str, body: dict[str, Any]) -> Said:
        if call == "/extPortal/unauth" and self.unauth:
            if set(body) != {"clientMac", "site"}:
                return self.refuse(f"unauth {body}", 200, {"errorCode": -1001, "msg": "Invalid request parameters."})
            self.authorized.pop(body["clientMac"], None)
            return Said(200, {"errorCode": 0, "msg": "Success."})
        if call != "/extPortal/auth":
            return Said(404, {})
        whole = set(body) - {"clientIp"} in (POINT, ROUTER)
        numbers = all(isinstance(body.get(name, 0), int) for name in ("radioId", "vid", "time"))
        macs = all(MAC.fullmatch(body[name]) for name in ("clientMac", "apMac", "gatewayMac") if name in body)
        if not whole or not numbers or not macs or body["authType"] != 4 or body["time"] < 1:
            return self.refuse(f"auth {body}", 200, {"errorCode": -1001, "msg": "Invalid request parameters."})
        self.authorized[body["clientMac"]] = body
        return Said(200, {"errorCode": 0, "msg": "Success."})
