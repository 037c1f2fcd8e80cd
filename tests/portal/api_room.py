"""The staff app for tests with programs in it: tokens of any scope, and requests as a program makes them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.permissions import Permission, grantable
from store import tokens
from store.models import Role, Staff
from store.session import transaction
from tests.portal.staffroom import URL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

EVERYTHING = tuple(each.name for each in grantable(Role.CITY_ADMIN))


class Programs:
    """What asks a room's API."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._tokens: dict[tuple[Any, ...], str] = {}
        self._client = room.app.test_client(use_cookies=False)

    def token(
        self, *scopes: Permission | str, role: Role = Role.CITY_ADMIN, maker: Role | None = None, networks: Iterable[str] = ()
    ) -> str:
        """One with these scopes, every one that there is if none are named; the same for the same."""
        wanted = (scopes, role, maker, tuple(networks))
        if wanted not in self._tokens:
            names = [each.name if isinstance(each, Permission) else each for each in scopes] or EVERYTHING
            someone = self.room.staff(maker or role, f"maker-{len(self._tokens)}@city.example")
            with transaction(self.room.database) as session:
                _row, secret = tokens.make(
                    session,
                    session.get_one(Staff, someone),
                    f"program {len(self._tokens)}",
                    role,
                    names,
                    networks,
                    timedelta(days=30),
                    self.room.time,
                )
            self._tokens[wanted] = secret
        return self._tokens[wanted]

    def ask(self, method: str, path: str, said: Any = None, token: str | None = None, **headers: str) -> TestResponse:
        """`said` as JSON; `token`: "" for none, None for one that may do everything. Headers with `_` for `-`."""
        secret = self.token() if token is None else token
        known = {"Authorization": f"Bearer {secret}"} if secret else {}
        body = {"data": json.dumps(said), "content_type": "application/json"} if said is not None else {}
        known |= {name.replace("_", "-"): value for name, value in headers.items()}
        where = path if path.startswith("/api") else f"/api/v1{path}"
        return self._client.open(where, method=method, base_url=URL, headers=known, **body)

    def get(self, path: str, token: str | None = None, **headers: str) -> TestResponse:
        return self.ask("GET", path, token=token, **headers)

    def seen(self, path: str) -> tuple[Any, str]:
        """What is there, and its ETag."""
        found = self.get(path)
        assert 200 == found.status_code, (path, found.get_data(as_text=True))
        return found.get_json(), found.headers["ETag"]
