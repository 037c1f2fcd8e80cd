"""Somebody at the staff app's door, for tests: a browser without scripts, an app for one-time codes, a security key."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any

import pyotp

from store.models import Role
from store.session import transaction
from store.staff import invite
from tests.portal.softkey import SoftKey
from tests.portal.staffroom import URL

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

PASSWORD = "four random words here"
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')
_KEY = re.compile(r'id="key">([A-Z2-7 ]+)<')
_CODES = re.compile(r'<li class="secret">([0-9A-Z-]{14})</li>')


@dataclass
class Visitor:
    """One browser, with the token of the page that it saw last."""

    room: Room
    client: FlaskClient = field(init=False)
    page: str = ""
    secret: str = ""  # of the app
    codes: list[str] = field(default_factory=list)
    key: SoftKey = field(default_factory=lambda: SoftKey(URL, "staff.city.example"))

    def __post_init__(self) -> None:
        self.client = self.room.app.test_client()

    def get(self, path: str) -> TestResponse:
        return self._seen(self.client.get(path, base_url=URL, headers={"Accept-Language": "en"}))

    def post(self, path: str, **form: Any) -> TestResponse:
        """The form of the page that was seen last, sent; where it leads is not followed."""
        token = {"token": self._token()}
        headers = {"Accept-Language": "en", "Origin": URL}
        return self._seen(self.client.post(path, base_url=URL, data=token | form, headers=headers))

    def options(self, path: str) -> dict[str, Any]:
        """What a script is told to ask the passkey."""
        headers = {"X-Token": self._token(), "Sec-Fetch-Site": "same-origin"}
        answer = self.client.post(path, base_url=URL, headers=headers)
        assert 200 == answer.status_code, answer.status
        return dict(json.loads(answer.get_data(as_text=True)))

    def cookie(self) -> str:
        found = self.client.get_cookie("proxeny-staff", "staff.city.example")
        return found.value if found is not None else ""

    def otp(self) -> str:
        return pyotp.TOTP(self.secret).at(self.room.time)

    def begin(self, name: str = "ops", role: Role = Role.CITY_ADMIN) -> TestResponse:
        """Invited, and a password chosen."""
        with transaction(self.room.database) as session:
            link = "/setup/" + invite(session, name, role, self.room.time)[1]
        self.get(link)
        return self.post(link, password=PASSWORD, again=PASSWORD)

    def with_app(self) -> TestResponse:
        """Then the app: signed in."""
        self.begin()
        self.get("/setup")
        self.read_key()
        return self.post("/setup", code=self.otp())

    def with_passkey(self) -> TestResponse:
        """Or the passkey."""
        self.begin()
        self.get("/setup")
        return self.post("/setup/passkey", credential=self.key.make(self.options("/setup/challenge")))

    def read_key(self) -> None:
        found = _KEY.search(self.page)
        assert found is not None
        self.secret = found[1].replace(" ", "")

    def sign_in(self, password: str = PASSWORD, name: str = "ops", **form: str) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", name=name, password=password, **form)

    def leave(self) -> None:
        self.get("/me")
        assert 303 == self.post("/sign-out").status_code

    def _token(self) -> str:
        found = _TOKEN.search(self.page)
        assert found is not None, self.page[:1_000]
        return found[1]

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and answer.status_code != 303:
            self.page = unescape(answer.get_data(as_text=True))
            self.codes = _CODES.findall(self.page) or self.codes
        return answer
