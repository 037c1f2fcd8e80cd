"""The staff app for tests, in this process: a small city in a real database, a client for every role, a clock that the test turns."""

from __future__ import annotations

import hmac
import os
import re
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from portal.admin.desk import Desk, Office
from portal.desks import staff_app
from proxeny import settings as reading_settings
from proxeny import (
    shop_preview,
    snapshot,
    staff_certificates,
    staff_gateways,
    staff_guests,
    staff_network,
    staff_open_data,
    staff_orders,
    staff_plans,
    staff_portals,
    staff_privacy,
    staff_webhooks,
)
from proxeny.edits import Edits
from store import staff_sessions
from store.models import ManagedBy, Role, Staff, Step
from store.privacy import privacy
from store.sealed import Seal
from store.session import engine, transaction
from tests.portal.world import MAKING
from tests.store.rows import network

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

    from store.privacy import Privacy

URL = "http://staff.city.example"
NOW = datetime(2026, 3, 9, 14, 0, tzinfo=UTC)  # a Monday
HOSTS = {"hooks.city.example": ["8.8.8.8"], "inside.city.example": ["10.0.0.5"]}  # all the names that its resolver knows
_SPARE: list[Flask] = []  # apps that rooms gave back: a hundred and fifty rules and their pages are half a second to compile
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


@dataclass
class Room:
    """A staff app and what stands behind it."""

    folder: Path
    database: Engine
    privacy: Privacy
    time: datetime = NOW
    status: Mapping[str, Any] = field(default_factory=dict)  # what the controller says of itself
    tools: dict[str, Any] = field(default_factory=dict)
    office: Office = field(default_factory=lambda: Office(URL))
    lines: list[dict[str, Any]] = field(default_factory=list)
    _app: Flask | None = None
    _clients: dict[Role | Step, FlaskClient] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        file = self.folder / "proxeny.toml"
        if not file.exists():
            radius = '[radius]\nauth = ["127.0.0.1:21812"]\nacct = ["127.0.0.1:21813"]'  # no home's own ports
            file.write_text(f'data_dir = "{self.folder}"\n{radius}\n[guest]\n[staff]\nurl = "{URL}"\n')
        settings = reading_settings.load(file, {})
        with transaction(self.database) as session:  # the first to read it makes the keys it needs
            network = snapshot.read(session, self.privacy.seal)
        edits = Edits(lambda: settings, self.privacy, lambda: self.time)
        return Desk(
            office=self.office,
            database=self.database,
            privacy=self.privacy,
            now=lambda: self.time,
            entropy=os.urandom,
            said=lambda event, fields: self.lines.append({"event": event, **fields}),
            change=edits.change,
            entry=edits.entry,
            status=lambda: self.status,
            zone=lambda: "America/Toronto",
            tools={
                "settings": lambda: settings,
                **staff_gateways.tools(lambda: settings, self.privacy.seal),
                **staff_network.tools(self.folder, self.privacy.seal),
                **staff_open_data.tools(self.tools.get("settings", lambda: settings)),
                **staff_orders.tools(lambda: network),
                **staff_privacy.tools(self.tools.get("settings", lambda: settings)),
                **staff_plans.tools(lambda: network),
                **staff_certificates.tools(lambda: settings),
                **staff_portals.tools(lambda: settings, self.database, self.privacy),
                **shop_preview.tools(lambda: settings, self.database, self.privacy),
                **staff_guests.tools(self.tools.get("settings", lambda: settings), lambda: network, self.privacy),
                **staff_webhooks.tools(lambda: settings, resolve=lambda name: HOSTS.get(name, [])),
                **self.tools,
            },
        )

    @property
    def app(self) -> Flask:
        if self._app is None:
            with MAKING:
                if self._spare and not self.office.trusted_proxies:
                    self._app = self._spare.pop()
                    self._app.extensions["staff"] = self.desk
                else:
                    self._app = self._made()
        return self._app

    @property
    def _spare(self) -> list[Flask]:
        return _SPARE

    def _made(self) -> Flask:
        return staff_app(self.desk)

    def close(self) -> None:
        """Nothing is kept; its app, which no other room has meanwhile, serves the next."""
        if self._app is not None and not self.office.trusted_proxies:
            self._spare.append(self._app)
        self._app = None
        self.database.dispose()

    def staff(self, role: Role, name: str = "") -> str:
        """Somebody of this role; their id."""
        with transaction(self.database) as session:
            made = Staff(name=name or f"{role.value}@city.example", role=role, created_at=self.time)
            session.add(made)
            session.flush()
            return made.id

    def client(self, role: Role | Step | None = Role.CITY_ADMIN) -> FlaskClient:
        """A browser where somebody of this role is signed in, just now; a step: is on the way in; None: where nobody is."""
        if role is None:
            return self.app.test_client()
        if role not in self._clients:
            step = role if isinstance(role, Step) else Step.WHOLE
            someone = self.staff(role) if isinstance(role, Role) else self.staff(Role.CITY_ADMIN, f"{role.value}@city.example")
            self._clients[role] = self._signed_in(someone, step)
        return self._clients[role]

    def _signed_in(self, someone: str, step: Step) -> FlaskClient:
        """A browser that holds a session of theirs (their id)."""
        made = self.app.test_client()
        with transaction(self.database) as session:
            staff = session.get_one(Staff, someone)
            cookie = staff_sessions.begin(session, staff, step, "Firefox · Linux", staff_sessions.Limits(), self.time)
        made.set_cookie(self.office.cookie, cookie, domain=self.office.url.removeprefix("http://"))
        return made

    def get(self, path: str, role: Role | Step | None = Role.CITY_ADMIN, language: str = "en", **headers: str) -> TestResponse:
        return self.client(role).get(path, base_url=self.office.url, headers={"Accept-Language": language, **headers})

    def page(self, path: str, role: Role | Step | None = Role.CITY_ADMIN, language: str = "en") -> str:
        """The page, which has to be there."""
        answer = self.get(path, role, language)
        assert 200 == answer.status_code, (path, answer.status_code, answer.get_data(as_text=True)[:2000])
        return answer.get_data(as_text=True)

    def post(self, path: str, role: Role | Step | None = Role.CITY_ADMIN, **form: Any) -> TestResponse:
        """A form of ours, with its token."""
        return self.posted(path, role, form)

    def posted(self, path: str, role: Any, form: Mapping[str, Any]) -> TestResponse:
        """The same with the form's fields apart, whatever they are called."""
        client = self.client(role)
        data = {"token": self.token(role), **form}
        return client.post(path, base_url=self.office.url, data=data, headers={"Accept-Language": "en", "Origin": self.office.url})

    def token(self, role: Role | Step | None = Role.CITY_ADMIN) -> str:
        """What this session's forms hold, or those of somebody who is not signed in."""
        if role is None:
            return hmac.new(self.privacy.account_key, b"form\0nobody", "sha256").hexdigest()[:32]
        found = _TOKEN.search(self.get("/no-such-page", role).get_data(as_text=True))
        assert found is not None
        return found[1]

    def later(self, **by: float) -> None:
        """Time passes."""
        self.time += timedelta(**by)


def room(folder: Path, shaped: Path, *, managed: ManagedBy = ManagedBy.APP) -> Room:
    """With the network of tests/store/rows.py, kept by the app so that pages may change it."""
    furnished = shaped.with_name(f"{shaped.name}-{managed.value}")  # once in each run: rows are dearer to write than to copy
    if not furnished.exists():
        shutil.copytree(shaped, furnished)
        made = over(engine(f"sqlite:///{furnished}/proxeny.db"), Seal(furnished / "keys" / "seal.key"), furnished, managed=managed)
        made.database.dispose()  # the last to close it takes its journal in
    shutil.copytree(furnished, folder, dirs_exist_ok=True)
    database = engine(f"sqlite:///{folder}/proxeny.db")
    with transaction(database) as session:
        return Room(folder, database, privacy(session, Seal(folder / "keys" / "seal.key"), NOW))


def over(database: Engine, seal: Seal, folder: Path, *, managed: ManagedBy = ManagedBy.APP) -> Room:
    """The same over an empty database of any kind."""
    with transaction(database) as session:
        for row in network(seal):
            row.managed_by = managed
            session.add(row)
            session.flush()
        marks = privacy(session, seal, NOW)
        snapshot.read(session, seal)  # makes the keys that the app only reads
    return Room(folder, database, marks)
