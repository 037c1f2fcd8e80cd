"""The directory against a real slapd: who signs in, who does not and why, and what happens when it is slow, lying or gone."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from store.breaker import Breaker, State
from store.directory import Directory, Person, Reach
from store.refusal import Refusal
from tests.peers import slapd
from tests.peers.authority import DAY, Authority
from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.peer("slapd")
PASSWORD = slapd.PASSWORD.encode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[slapd.Slapd]:
    """One slapd with a good certificate, for tests that do it no harm."""
    with slapd.running(tmp_path_factory.mktemp("slapd") / "city", authority.issue("localhost", "127.0.0.1")) as running:
        yield running


def ways(city: slapd.Slapd, authority: Authority) -> dict[str, Reach]:
    ca = str(authority.file)
    return {"clear": city.reach(), "starttls": city.reach(starttls=True, ca=ca), "ldaps": city.reach(uri=city.ldaps, ca=ca)}


@pytest.mark.parametrize("way", ["clear", "starttls", "ldaps"])
def test_the_right_password_and_no_other(city, authority, way) -> None:
    """In the clear on this machine, by StartTLS and by ldaps: the person with the right password, again and again."""
    directory = Directory(ways(city, authority)[way])
    for _ in range(2):
        person = directory.verify(b"ada", PASSWORD)
        assert isinstance(person, Person)
        assert ("Ada", "guest-017@example.org") == (person.name, person.mail)
        assert Refusal.WRONG_PASSWORD is directory.verify(b"ada", b"wrong")
    assert "answers" == directory.state
    directory.close()


@pytest.mark.parametrize("uid", slapd.PEOPLE)
def test_names_that_filters_and_dns_trip_over_belong_to_people_too(city, uid) -> None:
    """Stars, brackets, backslashes, quotes, accents: each finds its own entry and binds as it."""
    directory = Directory(city.reach())
    person = directory.verify(uid.encode(), PASSWORD)
    assert isinstance(person, Person)
    assert slapd.PEOPLE[uid] == person.name
    assert Refusal.WRONG_PASSWORD is directory.verify(uid.encode(), b"wrong")
    directory.close()


def test_a_person_keeps_its_key(city) -> None:
    """The key is the entry's own identifier, and another for everybody."""
    directory = Directory(city.reach())
    keys = [directory.verify(uid.encode(), PASSWORD).key for uid in (*slapd.PEOPLE, "ADA", "ada ")]
    assert len(slapd.PEOPLE) == len(set(keys))
    assert keys[0] == keys[-1] == keys[-2]
    directory.close()


@pytest.mark.parametrize(
    "user",
    [
        b"*",
        b"a*",
        b"ada)(uid=*",
        b"*)(uid=*))(|(uid=*",
        b"ada)(|(objectClass=*",
        b"\\61da",
        b"ada\\",
        b"nobody",
        b"(",
        b"cn=Ada",
        b"ada\0",
        b"",
    ],
)
def test_what_looks_like_a_filter_is_a_name_that_nobody_has(city, user) -> None:
    """CVE-shaped names find nobody, and certainly not Ada (reliability, 123)."""
    directory = Directory(city.reach())
    assert Refusal.UNKNOWN_USER is directory.verify(user, PASSWORD)
    assert "answers" == directory.state
    directory.close()


@pytest.mark.parametrize(
    ("user", "password", "refusal"),
    [
        (b"ada", b"", Refusal.EMPTY_PASSWORD),
        (b"ada", b"\0", Refusal.WRONG_PASSWORD),
        (b"ada", PASSWORD + b"\0x", Refusal.WRONG_PASSWORD),
        (b"ada", "\u00ad".encode(), Refusal.WRONG_PASSWORD),  # a soft hyphen, which preparing (RFC 4013) would make nothing of
        (b"ada", b"x" * 300, Refusal.WRONG_PASSWORD),
        (b"x" * 5000, PASSWORD, Refusal.UNKNOWN_USER),
        (slapd.LOCKED.encode(), PASSWORD, Refusal.DISABLED),
        (slapd.NO_PASSWORD.encode(), PASSWORD, Refusal.WRONG_PASSWORD),
        (slapd.TWINS.encode(), PASSWORD, Refusal.NOT_UNIQUE),
    ],
)
def test_who_is_refused_and_why(city, user, password, refusal) -> None:
    """Each has its own word for staff."""
    directory = Directory(city.reach())
    assert refusal is directory.verify(user, password)
    directory.close()


def test_an_empty_password_is_refused_before_the_directory_hears_of_it(city) -> None:
    """RFC 4513, 5.1.2: that bind would succeed (CVE-2011-4068), so nothing at all is sent."""
    before = city.searches
    assert Refusal.EMPTY_PASSWORD is Directory(city.reach()).verify(b"ada", b"")
    assert before == city.searches


def test_a_card_is_found_by_its_own_filter(city) -> None:
    """The number of a library card and its PIN, and no user name."""
    directory = Directory(city.reach())
    assert "Ada" == directory.card(slapd.CARDS["ada"].encode(), PASSWORD).name
    assert Refusal.WRONG_PASSWORD is directory.card(slapd.CARDS["ada"].encode(), b"0000")
    assert [Refusal.UNKNOWN_USER] * 2 == [directory.card(number, PASSWORD) for number in (b"*", b"ada")]
    assert Refusal.MISCONFIGURED is Directory(city.reach(card_filter="")).card(b"1", b"2")
    directory.close()


def test_a_guest_gives_a_card_or_a_name(city) -> None:
    """The card's filter is asked first, then that of names; without one, names alone. Wrong is wrong in either."""
    directory = Directory(city.reach())
    for typed in (slapd.CARDS["ada"].encode(), b"ada"):
        assert "Ada" == directory.guest(typed, PASSWORD).name
        assert Refusal.WRONG_PASSWORD is directory.guest(typed, b"0000")
    assert [Refusal.UNKNOWN_USER] * 2 == [directory.guest(typed, PASSWORD) for typed in (b"*", b"nobody")]
    assert "Ada" == Directory(city.reach(card_filter="")).guest(b"ada", PASSWORD).name
    directory.close()


def test_a_filter_can_ask_for_more_than_a_name(city) -> None:
    """Only people of the staff group's shape, say: whom the operator's filter leaves out does not exist."""
    directory = Directory(city.reach(filter="(&(uid={user})(employeeNumber=*))"))
    assert isinstance(directory.verify(b"ada", PASSWORD), Person)
    assert Refusal.UNKNOWN_USER is directory.verify("жук".encode(), PASSWORD)
    directory.close()


# What does not stand


@pytest.mark.parametrize(
    "changed",
    [
        {"uri": "ldap://192.0.2.1"},
        {"uri": "ldap://directory.city.example"},
        {"uri": "http://127.0.0.1"},
        {"bind_password": ""},
        {"bind_dn": ""},
        {"filter": "(uid=ada)"},
        {"filter": "({user}=ada)"},
        {"card_filter": "(uid={user}"},
    ],
)
def test_what_cannot_be_is_refused_at_once(changed) -> None:
    """Passwords in the clear to another machine, half a service account, a filter without a name."""
    with pytest.raises(ValueError, match=r"\w"):
        Directory(Reach(**{"uri": "ldap://127.0.0.1", "base": slapd.BASE, "bind_dn": "cn=x", "bind_password": "y", **changed}))


def test_a_reach_never_shows_its_password() -> None:
    """Not in its repr."""
    assert "y3llow" not in repr(Reach("ldap://127.0.0.1", "dc=x", bind_dn="cn=x", bind_password="y3llow"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"bind_password": "wrong"}, "invalidCredentials"),
        ({"base": "dc=other"}, "noSuchObject"),
        ({"bind_dn": "nonsense"}, "invalidDNSyntax"),
    ],
)
def test_our_own_mistakes_are_told_apart_from_the_users(city, changed, said) -> None:
    """A wrong service account or base is MISCONFIGURED, with the server's own word in the state."""
    directory = Directory(city.reach(**changed))
    assert Refusal.MISCONFIGURED is directory.verify(b"ada", PASSWORD)
    assert said in directory.state


# Certificates


def test_a_certificate_of_another_authority_is_not_accepted(city, tmp_path) -> None:
    """By StartTLS and by ldaps; a file of authorities that is not there is a mistake of ours."""
    stranger = str(Authority(tmp_path, "Stranger").file)
    for changed in ({"starttls": True}, {"uri": city.ldaps}):
        assert Refusal.TLS_FAILED is Directory(city.reach(ca=stranger, **changed)).verify(b"ada", PASSWORD)
        assert Refusal.TLS_FAILED is Directory(city.reach(**changed)).verify(b"ada", PASSWORD)  # the system's authorities
        assert Refusal.MISCONFIGURED is Directory(city.reach(ca=str(tmp_path / "none"), **changed)).verify(b"ada", PASSWORD)


@pytest.mark.parametrize("case", ["another name", "expired", "not yet"])
def test_a_certificate_that_does_not_fit_is_not_accepted(tmp_path, authority, case) -> None:
    """For another host, of yesterday, of tomorrow: no password is sent."""
    issued = {
        "another name": lambda: authority.issue("directory.city.example", "192.0.2.7"),
        "expired": lambda: authority.issue("127.0.0.1", begins=-3 * DAY, ends=dt.timedelta(seconds=-60)),
        "not yet": lambda: authority.issue("127.0.0.1", begins=DAY, ends=2 * DAY),
    }[case]()
    with slapd.running(tmp_path / "slapd", issued) as city:
        for changed in ({"starttls": True}, {"uri": city.ldaps}):
            directory = Directory(city.reach(ca=str(authority.file), **changed))
            assert Refusal.TLS_FAILED is directory.verify(b"ada", PASSWORD)
            assert "certificate verify failed" in directory.state
        assert "BIND" not in city.searches


def test_a_server_that_refuses_starttls_gets_no_password(tmp_path, authority) -> None:
    """It has no certificate: nothing is sent in the clear instead."""
    with slapd.running(tmp_path / "slapd") as city:
        assert Refusal.TLS_FAILED is Directory(city.reach(starttls=True, ca=str(authority.file))).verify(b"ada", PASSWORD)
        assert "BIND" not in city.searches


# Slow, dead, and back


class Listener:
    """Takes connections and answers with these octets, or never."""

    def __init__(self, answer: bytes = b"", pause: float = 0.0) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._answer, self._pause = answer, pause
        self._taken: list[socket.socket] = []
        self._over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._socket.accept()
            except OSError:
                return
            self._taken.append(taken)
            if self._answer:
                threading.Thread(target=self._speak, args=(taken,), daemon=True).start()

    def _speak(self, taken: socket.socket) -> None:
        try:
            while not self._over.wait(self._pause):
                taken.sendall(self._answer)
        except OSError:
            pass

    def close(self) -> None:
        self._over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        for each in (self._socket, *self._taken):
            each.close()


@pytest.fixture
def listener(request: pytest.FixtureRequest) -> Iterator[Listener]:
    made = Listener(*getattr(request, "param", ()))
    yield made
    made.close()


def reach(port: int, **changed: object) -> Reach:
    return Reach(**{"uri": f"ldap://127.0.0.1:{port}", "base": slapd.BASE, "timeout": 0.5, "pool": 2, **changed})


# 300 octets of a message announced, and then one at a time: each read has something, no read has the end
ENDLESS = (b"\x30\x84\x7f\xff\xff\xff" + b"x" * 60_000, 0.0)
TRICKLE = (b"\x30\x82\x01\x2c", 0.05)


@pytest.mark.parametrize("listener", [(), TRICKLE], indirect=True, ids=["silent", "trickling"])
@pytest.mark.parametrize("way", ["clear", "starttls", "ldaps"])
def test_one_that_does_not_answer_costs_its_time_and_no_more(listener, way) -> None:
    """A sign-in has one deadline over connecting, TLS, search and bind, however the server dawdles."""
    port = listener.port
    changed = {"clear": {}, "starttls": {"starttls": True}, "ldaps": {"uri": f"ldaps://127.0.0.1:{port}"}}[way]
    began = time.monotonic()
    refusal = Directory(reach(port, **changed)).verify(b"ada", PASSWORD)
    assert refusal in {Refusal.TIMED_OUT, Refusal.TLS_FAILED, Refusal.UNREACHABLE}
    assert time.monotonic() - began < 10  # what trickles would take fifteen seconds to its end


@pytest.mark.parametrize(
    "listener", [(b"\x30\x84\x7f\xff\xff\xff" + b"x" * 60_000, 0.0), (b"\xff" * 64, 0.01)], indirect=True, ids=["endless", "rubbish"]
)
def test_rubbish_without_end_is_not_read_to_its_end(listener) -> None:
    """Some hundred kilobytes, then the line is dead; nothing is raised."""
    refusal = Directory(reach(listener.port, timeout=1.0)).verify(b"ada", PASSWORD)
    assert refusal in {Refusal.UNREACHABLE, Refusal.TIMED_OUT}


def test_after_three_failures_nobody_waits_until_one_gets_through(tmp_path) -> None:
    """Killed in mid-service: refused slowly thrice, then at once; back again: one tries, and all are served."""
    with slapd.running(tmp_path / "slapd") as city:
        directory = Directory(city.reach(timeout=10.0), Breaker(failures=3, pause=2.0))
        assert isinstance(directory.verify(b"ada", PASSWORD), Person)
        city.program.kill()
        assert {Refusal.UNREACHABLE} == {directory.verify(b"ada", PASSWORD) for _ in range(3)}
        assert State.OPEN is directory.breaker.state
        assert "left alone" in directory.state
        city.start()
        until(lambda: isinstance(directory.verify(b"ada", PASSWORD), Person), "the directory to be tried again")
        assert (State.CLOSED, "answers") == (directory.breaker.state, directory.state)
        directory.close()


def test_a_restart_between_two_sign_ins_is_not_noticed(tmp_path) -> None:
    """Connections that turn out dead are opened anew within the same sign-in."""
    with slapd.running(tmp_path / "slapd") as city:
        directory = Directory(city.reach())
        assert isinstance(directory.verify(b"ada", PASSWORD), Person)
        city.program.stop()
        city.start()
        assert isinstance(directory.verify(b"ada", PASSWORD), Person)
        assert Refusal.WRONG_PASSWORD is directory.verify(b"ada", b"wrong")
        directory.close()


def test_one_that_stops_in_mid_request_costs_its_time(tmp_path) -> None:
    """Stopped like a machine that hangs: TIMED_OUT, and served again when it goes on."""
    with slapd.running(tmp_path / "slapd") as city:
        directory = Directory(city.reach(timeout=0.5), Breaker(failures=3, pause=0.1))
        until(lambda: isinstance(directory.verify(b"ada", PASSWORD), Person), "an answer within half a second")
        os.kill(city.program.pid, signal.SIGSTOP)
        assert Refusal.TIMED_OUT is directory.verify(b"ada", PASSWORD)
        os.kill(city.program.pid, signal.SIGCONT)
        until(lambda: isinstance(directory.verify(b"ada", PASSWORD), Person), "the directory to answer again")
        directory.close()


def test_fifty_at_once_wait_in_two_places(tmp_path) -> None:
    """Never more than the pool's connections; all fifty are answered, and rightly."""
    with slapd.running(tmp_path / "slapd") as city:
        directory = Directory(city.reach(pool=2))
        asked = [(b"ada", PASSWORD if number % 2 else b"wrong") for number in range(50)]
        with ThreadPoolExecutor(50) as threads:
            answers = list(threads.map(lambda each: directory.verify(*each), asked))
        assert [number % 2 == 1 for number in range(50)] == [isinstance(answer, Person) for answer in answers]
        opened = city.searches.count("ACCEPT from") - 1  # the first one asked whether it listens
        assert opened <= 4  # two places, each with one that looks up and one that binds
        directory.close()


def test_who_finds_no_place_is_told_that_it_is_busy(listener) -> None:
    """The others hold all places for their whole time: BUSY, which says nothing about the directory."""
    directory = Directory(reach(listener.port, pool=1, timeout=0.4), Breaker(failures=100))
    together = threading.Barrier(4)

    def ask(_: int) -> object:
        together.wait(30)
        return directory.verify(b"ada", PASSWORD)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(4)))
    assert {Refusal.TIMED_OUT, Refusal.BUSY} == set(answers)
