"""Orders by HTTP end to end: a row in the database, a controller's stub, and the row again."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from proxeny import calling, http_orders, lines, settings, sweeping
from proxeny.job_queue import NAME, JobQueue
from radius.nas import targets
from radius.nas.family import Target
from store import grants, leases, outbox
from store.models import Order, OrderKind, OrderState, SignInToken, Via, Way
from store.privacy import privacy
from store.session import reading, transaction
from tests.peers.authority import Authority
from tests.peers.program import Program, free_port, until
from tests.peers.stubs.controller import Mood, serving
from tests.peers.stubs.omada import OmadaStub
from tests.peers.stubs.ruckus import RuckusStub
from tests.peers.stubs.unifi import SITE_ID, UnifiStub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from store.models import Grant
    from store.privacy import Privacy
    from tests.proxeny.installation import Installation

NOW = datetime.now(UTC)
STATION = "02-00-5E-00-01-01"
POINT = "02-00-5E-10-00-01"
COLONS = STATION.lower().replace("-", ":")
SETTINGS = """
[radius]
auth = ["127.0.0.1:1812"]
acct = ["127.0.0.1:1813"]
"""
NETWORK = """
[operator]
name = "city-of-example"
timezone = "America/Toronto"

[[plan]]
name = "visitor"
session = "2h"
day_data = "1 GB"
up = "2 Mbit/s"
down = "10 Mbit/s"
"""
CLIENT = """
[[client]]
name = "{name}"
nas = "{nas}"
{radius}

[client.options]
api_url = "{url}"
api_secret = "{secret}"
api_ca = "{ca}"
{more}
"""


class City:
    """A database with one gateway of a kind, and the sweep over it."""

    def __init__(self, installed: Installation, authority: Authority) -> None:
        self.installed, self.authority = installed, authority
        self.settings = settings.load(installed.settings, {})
        self.sweep = sweeping.Sweep(self.settings)
        self.database: Engine
        self.marks: Privacy
        self.grant: Grant

    def begin(self, nas: str, url: str, secret: str, more: str = "", *, ca: str = "", run: bool = True) -> None:
        """Declare the gateway, give a guest a grant, and look."""
        radius = 'address = "127.0.0.1"\nsecret = "a-secret-of-enough-length"' if nas == "ruckus-sz" else "radius = false"
        trust = ca or str(self.authority.file)
        client = CLIENT.format(name="gate", nas=nas, url=url, secret=secret, ca=trust, more=more, radius=radius)
        applied = self.installed.apply(NETWORK + client)
        assert 0 == applied.exit_code, applied.output
        from proxeny import opening

        self.database, seal = opening.store(self.settings)
        with transaction(self.database) as session:
            self.marks = privacy(session, seal, datetime.now(UTC))
            self.grant = self.granted(session)
        if run:
            self.sweep.thread.start()

    def granted(self, session) -> Grant:
        return grants.admit(
            session, device=self.marks.device(STATION), plan="visitor", seconds=7200, portal="", way=Way.TERMS, terms="", language="en",
            client="gate", access_point=POINT, ssid="City Wi-Fi", site="", account=None, provisional=False, now=datetime.now(UTC),
        )  # fmt: skip

    def order(self, kind: OrderKind, *, client: str = "gate", grant: str | None = None, **target: object) -> int:
        """Queue one as the guest app does."""
        words = Target(**{"station": STATION, "access_point": POINT, "ssid": "City Wi-Fi", **target})
        with transaction(self.database) as session:
            row = Order(
                kind=kind, via=Via.HTTP, client=client, grant_id=self.grant.id if grant is None else grant, queued_at=datetime.now(UTC)
            )
            session.add(row)
            session.flush()
            row.target = self.marks.sealed(targets.pack(words), "outbox", str(row.id), "target")
            return row.id

    def row(self, order: int) -> Order:
        with reading(self.database) as session:
            return session.get_one(Order, order)

    def settled(self, order: int, seconds: float = 15.0) -> tuple[bool, str]:
        """Whether it was done, and how it ended."""
        row = until(lambda: (row := self.row(order)).settled_at and row, f"order {order}", seconds)
        return row.state is OrderState.DONE, row.outcome


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def city(installed: Installation, authority: Authority) -> Iterator[City]:
    installed.settings.write_text(SETTINGS)
    made = City(installed, authority)
    yield made
    if made.sweep.thread.ident:
        made.sweep.end(5)


@pytest.fixture
def certificate(authority: Authority):
    return authority.issue("127.0.0.1")


@pytest.mark.parametrize("os", [True, False], ids=["unifi-os", "self-hosted"])
def test_unifi_classic_lets_in_limits_and_ends(city: City, certificate, os: bool) -> None:
    """Sign-in, cookie, token, command: the grant has the plan's minutes, kbit/s and megabytes; revoked, it is gone."""
    with serving(UnifiStub(os=os), certificate) as stub:
        city.begin("unifi", stub.url, stub.password, 'api_user = "proxeny"')
        assert (True, "authorize-guest") == city.settled(city.order(OrderKind.GRANT))
        body = stub.authorized[COLONS]
        assert 118 <= body.pop("minutes") <= 120
        expected = {"cmd": "authorize-guest", "mac": COLONS, "up": 2_000, "down": 10_000, "bytes": 1_000}
        assert expected | {"ap_mac": POINT.lower().replace("-", ":")} == body
        assert (True, "authorize-guest") == city.settled(city.order(OrderKind.LIMIT))
        assert (True, "unauthorize-guest, kick-sta") == city.settled(city.order(OrderKind.REVOKE))
    assert ({}, [COLONS], []) == (stub.authorized, stub.kicked, stub.wrong)
    prefix, login = ("/proxy/network", "/api/auth/login") if os else ("", "/api/login")
    command = f"POST {prefix}/api/s/default/cmd/stamgr"
    assert ["GET /proxy/network/status", f"POST {login}", command] == stub.paths[:3]
    assert ["GET /proxy/network/status", f"POST {login}", command, command] == stub.paths[6:]


def test_unifi_keyed_waits_until_the_station_is_listed(city: City, certificate) -> None:
    """A station that the console does not list yet is tried again; then it has minutes, megabytes and both rates."""
    with serving(UnifiStub(), certificate) as stub:
        city.begin("unifi", stub.url, stub.key)
        order = city.order(OrderKind.GRANT)
        until(lambda: "does not list it" in city.row(order).outcome, "a first try")
        assert OrderState.CLAIMED is city.row(order).state
        stub.connected.add(COLONS)
        assert (True, "AUTHORIZE_GUEST_ACCESS") == city.settled(order)
        body = stub.authorized[COLONS]
        assert 118 <= body.pop("timeLimitMinutes") <= 120
        assert {"dataUsageLimitMBytes": 1_000, "rxRateLimitKbps": 10_000, "txRateLimitKbps": 2_000} == body
        assert (True, "UNAUTHORIZE_GUEST_ACCESS") == city.settled(city.order(OrderKind.DISCONNECT))
    assert ({}, []) == (stub.authorized, stub.wrong)
    root = "/proxy/network/integration/v1/sites"
    assert [f"GET {root}", f"GET {root}/{SITE_ID}/clients"] == stub.paths[:2]


@pytest.mark.parametrize("version", [5, 4])
def test_omada_repeats_the_redirect_and_ends(city: City, certificate, version: int) -> None:
    """The id in the path, the token in each call, the redirect's words in the body, time in milliseconds."""
    words = (("apMac", POINT), ("ssidName", "City Wi-Fi"), ("radioId", "1"), ("site", "Default"), ("clientIp", "192.0.2.9"))
    with serving(OmadaStub(version=version, unauth=version == 5), certificate) as stub:
        city.begin("omada", stub.url, stub.password, 'api_user = "portal"')
        assert (True, "authorized") == city.settled(city.order(OrderKind.GRANT, words=words))
        body = dict(stub.authorized[STATION])
        assert 7_000_000 < body.pop("time") <= 7_200_000
        known = {"apMac": POINT, "ssidName": "City Wi-Fi", "radioId": 1, "site": "Default", "clientIp": "192.0.2.9"}
        assert {"clientMac": STATION, "authType": 4, **known} == body
        done, told = city.settled(city.order(OrderKind.REVOKE, words=words))
        assert (True, "unauthorized" if version == 5 else "authorized until now") == (done, told)
    assert [] == stub.wrong
    assert version == 5 or stub.authorized[STATION]["time"] == 1
    root = f"/{stub.omadac}/api/v2/hotspot" if version == 5 else "/api/v2/hotspot"
    assert ["GET /api/info", f"POST {root}/login", f"POST {root}/extPortal/auth"] == stub.paths[:3]


def test_ruckus_is_given_one_time_credentials(city: City, certificate) -> None:
    """SmartZone's Login bears a token that our RADIUS takes once; Disconnect ends the session."""

    def radius(name: str, password: str) -> bool:
        with transaction(city.database) as session:
            token = session.get(SignInToken, name)
            return token is not None and token.client == "gate" and b"" != city.marks.seal.keys[0].octets and bool(password)

    with serving(RuckusStub(radius=radius), certificate) as stub:
        city.begin("ruckus-sz", stub.url, stub.password)
        assert (True, "Login: 201") == city.settled(city.order(OrderKind.GRANT, address="192.0.2.9", words=(("proxy", "0"),)))
        assert [STATION] == list(stub.online)
        (asked,) = stub.asked
        assert "192.0.2.9" == asked.body["UE-IP"]
        assert (True, "Disconnect: 200") == city.settled(city.order(OrderKind.DISCONNECT))
        assert ({}, []) == (stub.online, stub.wrong)


def test_a_refusal_is_final_and_told(city: City, certificate) -> None:
    """A wrong password is nobody's passing trouble: one try, and the order says so."""
    with serving(UnifiStub(), certificate) as stub:
        city.begin("unifi", stub.url, "a-wrong-password-of-the-api", 'api_user = "proxeny"')
        order = city.order(OrderKind.GRANT)
        assert (False, "signing in to the console: refused with HTTP 401: api.err.Invalid") == city.settled(order)
        assert 1 == city.row(order).tries
        stub.mood = Mood(status=503)
        order = city.order(OrderKind.GRANT)
        until(lambda: "503" in city.row(order).outcome and city.row(order).tries >= 2, "tries")
        assert OrderState.CLAIMED is city.row(order).state


def test_a_controller_that_was_down_is_told_when_it_is_back(city: City, certificate) -> None:
    """The order waits in its row with the reason, and is done soon after the controller answers."""
    port = free_port()
    city.begin("unifi", f"https://127.0.0.1:{port}", UnifiStub.password, 'api_user = "proxeny"')
    order = city.order(OrderKind.GRANT)
    until(lambda: city.row(order).tries >= 2, "a second try")
    assert city.row(order).outcome.startswith("finding the console: no answer")
    with serving(UnifiStub(), certificate, port) as stub:
        assert (True, "authorize-guest") == city.settled(order)
        assert [COLONS] == list(stub.authorized)


def test_a_wrong_certificate_is_named_and_nothing_is_said(city: City, tmp_path) -> None:
    """An authority that we do not trust: no request ever leaves, and the order's record names the reason."""
    stranger = Authority(tmp_path / "stranger", "Stranger")
    with serving(UnifiStub(), stranger.issue("127.0.0.1")) as stub:
        city.begin("unifi", stub.url, stub.password, 'api_user = "proxeny"')
        order = city.order(OrderKind.GRANT)
        assert until(lambda: "its certificate is not trusted" in city.row(order).outcome, "a try")
    assert [] == stub.asked


def test_one_that_hangs_holds_up_nobody_else(city: City, certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty guests wait at a dead controller; the guest of another is online before the first of them was given up."""
    never = threading.Event()
    with serving(UnifiStub(mood=Mood(hang=never)), certificate) as dead, serving(UnifiStub(), certificate) as well:
        city.begin("unifi", dead.url, dead.password, 'api_user = "proxeny"', run=False)
        more = CLIENT.format(
            name="well", nas="unifi", url=well.url, secret=well.password, ca=city.authority.file, radius="radius = false",
            more='api_user = "proxeny"',
        )  # fmt: skip
        assert 0 == city.installed.apply(more).exit_code
        waiting = [city.order(OrderKind.GRANT) for _ in range(20)]
        city.sweep.thread.start()
        until(lambda: len(dead.asked) == lines.EACH, "three conversations with the dead one")
        assert city.settled(city.order(OrderKind.GRANT, client="well"))[0]
        assert lines.EACH == len(dead.asked)  # not one of them was over by then
        assert all(city.row(order).settled_at is None for order in waiting)
        never.set()


def test_a_grant_that_was_revoked_meanwhile_lets_nobody_in(city: City, certificate) -> None:
    """What the rows say when the order is carried out decides, not what they said when it was queued."""
    with serving(UnifiStub(), certificate) as stub:
        city.begin("unifi", stub.url, stub.password, 'api_user = "proxeny"', run=False)
        order = city.order(OrderKind.GRANT)
        gone = city.order(OrderKind.GRANT, client="elsewhere")
        nobody = city.order(OrderKind.GRANT, client="")
        with transaction(city.database) as session:
            grants.revoke(session, grants.of(session, city.grant.id), "by staff", NOW)
        city.sweep.thread.start()
        assert (False, "the grant has ended") == city.settled(order)
        assert (False, "the client elsewhere is not in the network any more") == city.settled(gone)
        assert (False, "nothing says which gateway it is for") == city.settled(nobody)
    assert [] == stub.asked


def test_what_is_radius_after_all_goes_to_the_recorder(city: City) -> None:
    """A SmartZone without an interface ends sessions by RADIUS: the order changes hands."""
    city.begin("ruckus-sz", "https://127.0.0.1:9", "x" * 16, run=False)
    bare = '[[client]]\nname = "gate"\nnas = "ruckus-sz"\naddress = "127.0.0.1"\n[client.options]\nlogin_url = "http://192.0.2.1:9997"\n'
    applied = city.installed.apply(NETWORK + bare)
    assert 0 == applied.exit_code, applied.output
    city.sweep.thread.start()
    order = city.order(OrderKind.DISCONNECT, user_name=b"t-0123456789abcdef")
    until(lambda: city.row(order).via is Via.RADIUS, "the recorder's turn")
    assert OrderState.QUEUED is city.row(order).state


def test_the_same_order_is_taken_once(city: City) -> None:
    """Two processes that find the same row: one has it."""
    city.begin("unifi", "https://127.0.0.1:9", "x" * 16, run=False)
    order = city.order(OrderKind.GRANT)
    with transaction(city.database) as session:
        assert [leases.Waiting(order, "gate")] == leases.waiting(session, Via.HTTP, NOW)
        assert leases.take(session, order, Via.HTTP, NOW) is not None
        assert leases.take(session, order, Via.HTTP, NOW) is None
        assert [] == leases.waiting(session, Via.HTTP, NOW)
        later = NOW + outbox.LEASE + timedelta(seconds=1)
        assert leases.take(session, order, Via.HTTP, later) is not None


def test_an_order_is_tried_eight_times_and_then_failed(city: City) -> None:
    """Pauses grow from a second to a minute; the last try's outcome is the order's."""
    city.begin("unifi", "https://127.0.0.1:9", "x" * 16, run=False)
    order = city.order(OrderKind.GRANT)
    now, waits = NOW, []
    from radius.nas.family import Outcome

    network = until(lambda: city.sweep._view.refresh(city.database, city.marks.seal) and city.sweep._view.network, "the network")
    for turn in range(1, outbox.TRIES_BY_JOB + 1):
        with transaction(city.database) as session:
            errand = http_orders.take(session, order, network, city.marks, now)
            assert (turn, turn == outbox.TRIES_BY_JOB) == (
                errand.tries,
                http_orders.settle(session, errand, Outcome(done=False, text=f"try {turn}", again=True), now),
            )
            row = session.get_one(Order, order, populate_existing=True)
            waits.append((row.leased_until - now).total_seconds())
            now = row.leased_until + timedelta(seconds=1)
            assert [] == outbox.give_up(session, row.leased_until)
    assert [1, 2, 4, 8, 16, 32, 60] == waits[:-1]
    assert (False, "try 8") == city.settled(order)


def test_a_damaged_queue_is_made_anew(city: City, certificate) -> None:
    """The queue's file holds hints; garbage in it costs nobody anything."""
    (city.settings.data_dir).mkdir(exist_ok=True)
    (city.settings.data_dir / NAME).write_bytes(b"no database" * 1000)
    with serving(UnifiStub(), certificate) as stub:
        city.begin("unifi", stub.url, stub.password, 'api_user = "proxeny"')
        assert city.settled(city.order(OrderKind.GRANT))[0]


def test_the_queue_holds_signed_row_ids_and_nothing_else(tmp_path) -> None:
    """A message is JSON under a signature; what a stranger writes into the file is not read."""
    done: list[int] = []
    queue = JobQueue(tmp_path, b"k" * 32, {"order": done.append})
    queue.put("order", 41)
    with closing(sqlite3.connect(tmp_path / NAME)) as file:
        (message,) = file.execute("select data from task").fetchone()
        body, _, signature = bytes(message).rpartition(b":")
        assert [[41], {}] == json.loads(body)[6:8]
        assert 40 == len(signature)
        file.execute("insert into task (queue, data, priority) values ('proxeny', ?, 9)", (body.replace(b"41", b"42") + b":" + signature,))
        file.execute("insert into task (queue, data, priority) values ('proxeny', ?, 8)", (b"\x80\x04garbage",))
        file.commit()
    queue.begin()
    until(lambda: done, "the one that is ours")
    assert queue.end(30)
    assert [41] == done


def test_an_order_survives_the_process_that_had_it(city: City, certificate, tmp_path) -> None:
    """kill -9 in mid-conversation: the lease ends, and the next process carries the order out."""
    never = threading.Event()
    with serving(UnifiStub(mood=Mood(hang=never)), certificate) as stub:
        city.begin("unifi", stub.url, stub.password, 'api_user = "proxeny"', run=False)
        order = city.order(OrderKind.GRANT)
        argv = [sys.executable, "-m", "proxeny", "jobs", "--config", str(city.installed.settings)]
        first = Program(argv, tmp_path / "first.log")
        until(lambda: stub.asked, "the first request")
        first.kill()
        stub.mood = Mood()
        never.set()
        with transaction(city.database) as session:
            assert OrderState.CLAIMED is session.get_one(Order, order).state
            session.get_one(Order, order).leased_until = NOW  # as fifteen seconds later
        second = Program(argv, tmp_path / "second.log")
        try:
            assert (True, "authorize-guest") == city.settled(order)
            assert 2 == city.row(order).tries
        finally:
            assert 0 == second.stop()
    assert [COLONS] == list(stub.authorized)


def test_nothing_in_the_outbox_costs_little_and_faults_are_told(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that cannot be read is a line and a count; the sweep goes on when it can."""
    city.begin("unifi", "https://127.0.0.1:9", "x" * 16, run=False)

    def broken(*_args: object) -> list[leases.Waiting]:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(leases, "waiting", broken)
        city.sweep.thread.start()
        until(lambda: city.sweep.told()["fault"] == "disk I/O error", "the fault")
    until(lambda: city.sweep.told()["fault"] == "", "its end")
    assert 1 <= city.sweep.told()["database_faults"]
    assert calling.WHOLE < outbox.LEASE.total_seconds()
