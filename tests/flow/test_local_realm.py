"""The city's own realm, whole: radclient, a running controller, slapd. Who gets in, who does not, and what staff are told."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomlkit

from radius.actions import Reason
from tests.flow.test_mac import grants_known
from tests.peers import radclient, slapd
from tests.peers.authority import Authority
from tests.peers.controller import Controller, client, controller, network, realm
from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.radclient import Answer

pytestmark = [pytest.mark.peer("slapd"), pytest.mark.peer("radclient")]
TABLES = network(
    clients=[client(nas="coova", site="library", require_message_authenticator=False)],
    homes=[],
    realms=[realm("city.example", action="local")],
    site=[{"id": "library", "name": "Library", "portal": "main"}],
    plan=[{"name": "day", "session": "2h"}, {"name": "card", "session": "4h", "devices": 2, "day_data": "2 GB"}],
    portal=[{"name": "main", "plan": "day", "plans": {"card": "card"}, "ways": ["terms", "card"]}],
)


def directory(city: slapd.Slapd, authority: Authority, **changed: object) -> dict[str, object]:
    """`[directory]` for this slapd, by StartTLS."""
    service = {"bind_dn": slapd.SERVICE, "bind_password": slapd.SERVICE_PASSWORD}
    return {"directory": {"uri": city.uri, "ca": str(authority.file), "base": slapd.BASE, **service, "timeout": 2.0, **changed}}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[slapd.Slapd]:
    with slapd.running(tmp_path_factory.mktemp("slapd") / "city", authority.issue("127.0.0.1")) as running:
        yield running


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory, city: slapd.Slapd, authority: Authority) -> Iterator[Controller]:
    """A controller over it, for tests that do neither any harm."""
    with controller(tmp_path_factory.mktemp("controller"), TABLES, settings=directory(city, authority), workers=2) as running:
        yield running
        running.fault_free()


def sign_in(road: Controller, user: str, proof: str, station: str) -> Answer:
    """One request as a controller's own login page would send it."""
    lines = [f'User-Name = "{user}"', *([proof] if proof else []), f'Calling-Station-Id = "{station}"', "Message-Authenticator = 0x00"]
    return radclient.ask(road.auth, "\n".join(lines), seconds=12)


def pap(password: str) -> str:
    return f'User-Password = "{password}"'


def reason(road: Controller, station: str) -> str:
    """What `proxeny trace` says of the station's last login."""
    found = until(lambda: [each for each in road.trace(station) if each["id"]], "the login in the trace")  # its grant is told sooner
    return found[0]["reason"] or found[0]["verdict"]


def test_the_right_password_gets_in_under_the_card_plan(road) -> None:
    """An Accept with the plan's time and data, and Class that names the grant; the trace tells of it."""
    answer = sign_in(road, "ada@city.example", pap(slapd.PASSWORD), "02-00-00-00-01-01")
    assert "Access-Accept" == answer.code, answer.output
    assert 14_390 <= int(answer.values("Session-Timeout")[0]) <= 14_400
    assert ["2000000000"] == answer.values("ChilliSpot-Max-Total-Octets")
    assert answer.values("Class")[0].startswith("0x672e")
    assert "accept" == reason(road, "02-00-00-00-01-01")


def test_the_device_comes_back_without_a_password(road) -> None:
    """The grant is the device's now: MAC authentication finds it in every worker's memory, within a moment."""
    station = "02-00-00-00-01-02"
    assert "Access-Accept" == sign_in(road, "star*@city.example", pap(slapd.PASSWORD), station).code
    again = [sign_in(road, station, f"{pap(station)}\nService-Type = Call-Check", station) for _ in range(8)]
    assert {"Access-Accept"} == {answer.code for answer in again}
    assert 1 == len({answer.values("Class")[0] for answer in again})


@pytest.mark.parametrize(
    ("user", "proof", "why"),
    [
        ("nobody", pap(slapd.PASSWORD), Reason.DIRECTORY_WRONG),
        ("ada)(uid=*", pap(slapd.PASSWORD), Reason.DIRECTORY_WRONG),
        (slapd.LOCKED, pap(slapd.PASSWORD), Reason.DIRECTORY_WRONG),
        (slapd.TWINS, pap(slapd.PASSWORD), Reason.DIRECTORY_WRONG),
        ("ada", pap(""), Reason.LOCAL_NEEDS_PASSWORD),
        ("ada", "", Reason.LOCAL_NEEDS_PASSWORD),
    ],
)
def test_who_does_not_get_in(road, user, proof, why) -> None:
    """A guest learns no more of a wrong password than of an unknown name or a locked entry."""
    answer = sign_in(road, f"{user}@city.example", proof, "02-00-00-00-02-01")
    assert ("Access-Reject", [why.value]) == (answer.code, answer.values("Reply-Message"))
    assert not answer.values("Class")


@pytest.mark.parametrize(
    ("number", "proof", "why"),
    [
        (1, pap("wrong"), Reason.DIRECTORY_WRONG),
        (2, f'CHAP-Password = "{slapd.PASSWORD}"', Reason.LOCAL_NEEDS_PASSWORD),
        (3, f"EAP-Message = 0x02010015{1:02x}{b'ada@city.example'.hex()}", Reason.LOCAL_NEEDS_PASSWORD),
    ],
)
def test_staff_see_why_in_the_trace(road, number, proof, why) -> None:
    """A wrong password, and the ways to sign in that would need the password in clear on our side."""
    station = f"02-00-00-00-02-1{number}"
    assert "Access-Reject" == sign_in(road, "ada@city.example", proof, station).code
    assert why.name == reason(road, station)


def test_an_account_has_as_many_devices_as_its_plan(road) -> None:
    """Two of a person's devices, not a third; another person's are not counted."""
    stations = [f"02-00-00-00-03-{number:02d}" for number in range(3)]
    answers = [sign_in(road, "o'brien@city.example", pap(slapd.PASSWORD), station).code for station in stations]
    assert ["Access-Accept", "Access-Accept", "Access-Reject"] == answers
    assert "TOO_MANY_DEVICES" == reason(road, stations[2])
    assert "Access-Accept" == sign_in(road, "o'brien@city.example", pap(slapd.PASSWORD), stations[0]).code
    assert "Access-Accept" == sign_in(road, "plus+sign@city.example", pap(slapd.PASSWORD), stations[2]).code


def rows(road: Controller) -> list[int]:
    """How many accounts, devices and grants there are, and how often grants have changed."""
    with contextlib.closing(sqlite3.connect(road.folder / "var" / "proxeny.db")) as database:
        asked = ("count(*) FROM account", "count(*) FROM device", 'count(*) FROM "grant"', "sum(number) FROM grant_feed")
        return [database.execute(f"SELECT {each}").fetchone()[0] for each in asked]


def test_asking_tells_the_verdict_and_leaves_nothing_behind(road) -> None:
    """`proxeny ask` comes from another device each time: as often as one likes it takes no place of the account's, nor makes one."""
    for user in ("ada", "star*"):
        before = rows(road)
        for _ in range(3):
            assert "ACCEPT" in road.must("ask", f"{user}@city.example", "--password", slapd.PASSWORD).splitlines()[-1].upper()
        assert "DIRECTORY_WRONG" in road.cli("ask", f"{user}@city.example", "--password", "wrong").stdout
        assert before == rows(road)


def test_no_password_and_no_name_is_written_anywhere(road, city) -> None:
    """Not in the log, nor in the database or the spools."""
    sign_in(road, "ada@city.example", pap("s3cret-of-a-guest"), "02-00-00-00-04-01")
    assert "DIRECTORY_WRONG" == reason(road, "02-00-00-00-04-01")
    kept = b""
    for path in (road.folder / "var").rglob("*"):
        with contextlib.suppress(OSError):  # a drained spool goes, a socket is not read
            kept += path.read_bytes()
    for secret in ("s3cret-of-a-guest", slapd.PASSWORD, "guest-017@example.org"):
        assert secret not in road.log
        assert secret.encode() not in kept


def test_a_directory_that_is_down_refuses_with_its_reason_and_comes_back(tmp_path, authority) -> None:
    """Killed: refused as DIRECTORY_UNAVAILABLE, /readyz says why, devices with a grant go on; back: served again."""
    with (
        slapd.running(tmp_path / "slapd", authority.issue("127.0.0.1")) as own,
        controller(tmp_path / "controller", TABLES, settings=directory(own, authority)) as road,
    ):
        held, station = "02-00-00-00-05-01", "02-00-00-00-05-02"
        assert "Access-Accept" == sign_in(road, "ada@city.example", pap(slapd.PASSWORD), held).code
        own.program.kill()
        assert "Access-Reject" == sign_in(road, "ada@city.example", pap(slapd.PASSWORD), station).code
        assert "DIRECTORY_UNAVAILABLE" == reason(road, station)
        until(lambda: "does not answer" in road.readiness().get("directory", ""), "the directory in /readyz")
        assert road.readiness()["ready"]  # the visiting students' road is another
        assert "Access-Accept" == sign_in(road, held, f"{pap(held)}\nService-Type = Call-Check", held).code
        own.start()
        until(
            lambda: sign_in(road, "ada@city.example", pap(slapd.PASSWORD), station).code == "Access-Accept",
            "the directory to be asked again",
        )
        until(lambda: road.readiness()["directory"] == "answers", "the directory in /readyz")
        road.fault_free()


def test_a_directory_that_hangs_delays_nobody_else(tmp_path, authority) -> None:
    """Stopped in its tracks: sign-ins are refused in its time, and a device with a grant is let in meanwhile."""
    with (
        slapd.running(tmp_path / "slapd", authority.issue("127.0.0.1")) as own,
        controller(tmp_path / "controller", TABLES, settings=directory(own, authority)) as road,
    ):
        held = "02-00-00-00-06-01"
        assert "Access-Accept" == sign_in(road, "ada@city.example", pap(slapd.PASSWORD), held).code
        os.kill(own.program.pid, signal.SIGSTOP)
        try:
            refused = sign_in(road, "ada@city.example", pap(slapd.PASSWORD), "02-00-00-00-06-02")
            assert "Access-Accept" == sign_in(road, held, f"{pap(held)}\nService-Type = Call-Check", held).code
        finally:
            os.kill(own.program.pid, signal.SIGCONT)
        assert "Access-Reject" == refused.code
        assert "DIRECTORY_UNAVAILABLE" == reason(road, "02-00-00-00-06-02")


def test_a_killed_porter_is_replaced_and_nobody_is_forgotten(tmp_path, city, authority) -> None:
    """A device with a grant gets in while the porter is gone; a sign-in with a password as soon as the next one serves."""
    with controller(tmp_path / "controller", TABLES, settings=directory(city, authority)) as road:
        held = "02-00-00-00-07-01"
        assert "Access-Accept" == sign_in(road, "ada@city.example", pap(slapd.PASSWORD), held).code
        check = f"{pap(held)}\nService-Type = Call-Check"
        until(lambda: 1 == grants_known(road), "the grant in the worker's memory")
        before = road.porter
        os.kill(before[0], signal.SIGKILL)
        assert "Access-Accept" == sign_in(road, held, check, held).code
        until(lambda: road.porter not in ([], before), "another porter")
        until(
            lambda: sign_in(road, "plus+sign@city.example", pap(slapd.PASSWORD), "02-00-00-00-07-02").code == "Access-Accept",
            "the next porter",
        )
        road.fault_free()


def test_another_directory_is_asked_from_the_next_reload_on(tmp_path, city, authority) -> None:
    """Address, then password, are mended while the road serves: SIGHUP, and the same sign-in gets in; nobody is replaced for it."""
    wrong = {"bind_password": "not-the-password", "pool": 1}
    with controller(tmp_path, TABLES, settings=directory(city, authority, uri="ldap://127.0.0.1:1", **wrong)) as road:
        before, station = (road.porter, road.workers), "02-00-00-00-08-01"
        _until_told(road, station, "Access-Reject", "does not answer")
        threads = len(list(Path(f"/proc/{road.porter[0]}/task").iterdir()))
        for changed, code, state in ((wrong, "Access-Reject", "our own name"), ({"pool": 6}, "Access-Accept", "answers")):
            written = tomlkit.parse(road.settings.read_text()).unwrap()
            road.settings.write_text(tomlkit.dumps(written | directory(city, authority, **changed)))
            road.hang_up()
            _until_told(road, station, code, state)
        assert before == (road.porter, road.workers)
        tasks = Path(f"/proc/{road.porter[0]}/task")
        until(lambda: threads + 5 == len(list(tasks.iterdir())), "as many threads as the pool has places")
        road.fault_free()


def _until_told(road: Controller, station: str, code: str, state: str) -> None:
    """The sign-in is answered so, and /readyz says why."""
    until(
        lambda: (
            code == sign_in(road, "ada@city.example", pap(slapd.PASSWORD), station).code and state in road.readiness().get("directory", "")
        ),
        f"{code}, {state}",
    )
