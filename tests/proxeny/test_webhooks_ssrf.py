"""The SSRF catalogue: whatever a webhook's address is, was, or becomes, what listens inside hears nothing."""

from __future__ import annotations

import itertools
import socket
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from portal.outward import Bad, Refused, Rules
from proxeny import outgoing
from tests.peers.authority import Authority
from tests.peers.stubs.controller import serving
from tests.proxeny.hooked import NAME, Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = b'{"id":"evt_1"}'
SCHEMES = ("https://", "http://", "HTTPS://", "ftp://", "file://", "gopher://", "dict://", "//", "https:", "https:/", "https:\\\\", "")
HOSTS = (
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7F.0.0.1",
    "0177.0.0.1", "017700000001", "127.0.0.1.", "127.0.0.01", "127.000.000.001", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "１２７.0.0.1", "localhost", "LOCALHOST", "localhost.", "ip6-localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:7f00:1]", "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:1::1]", "[fe80::1%25lo]", "[::1%25lo]", "[::1]%00",
    "169.254.169.254", "2852039166", "[::ffff:169.254.169.254]", "metadata", "10.0.0.1", "192.168.0.1", "172.16.0.1",
    "100.64.0.1", "[fd00::1]", "[fc00::1]", "224.0.0.1", "inside.example", "inside.example.", "mapped.example",
    "mixed.example", "nat64.example", "nobody.example", "ours.example", f"{NAME}@127.0.0.1",
    f"127.0.0.1@{NAME}", f"{NAME}:443@127.0.0.1", f"{NAME}\\@127.0.0.1", f"127.0.0.1\\.{NAME}", f"127.0.0.1#{NAME}",
    f"127.0.0.1?{NAME}", f"127.0.0.1%2f.{NAME}", f"127.0.0.1%00.{NAME}", f"127.0.0.1\t.{NAME}",
    f"127.0.0.1\r\nHost: {NAME}", " 127.0.0.1",
)  # fmt: skip
NAMES = {
    "inside.example": ["127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "mixed.example": ["8.8.8.8", "127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "localhost": ["127.0.0.1"],
    "metadata": ["169.254.169.254"],
}


WORDS_INSIDE = outgoing.WORDS[Bad.INSIDE]


class Resolver:
    """Knows some names, and one that is somewhere else each time it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._turns = itertools.cycle((["8.8.8.8"], ["127.0.0.1"]))

    def __call__(self, name: str) -> list[str]:
        self.asked.append(name)
        return next(self._turns) if name == "rebinds.example" else NAMES.get(name, [])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def inside(authority: Authority) -> Iterator[tuple[Receiver, int]]:
    """What nobody may reach: HTTPS under every name and address that leads to it."""
    names = ("127.0.0.1", "::1", "localhost", NAME, "inside.example", "mixed.example", "rebinds.example", "mapped.example", "nat64.example")
    with serving(Receiver(), authority.issue(*names)) as stub:
        assert isinstance(stub, Receiver)
        yield stub, int(stub.url.rpartition(":")[2])


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that a stream is opened to."""
    seen: list[str] = []
    plain = socket.socket.connect

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        if self.type & socket.SOCK_STREAM:
            seen.append(address[0])
        plain(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


@pytest.mark.parametrize("host", HOSTS)
def test_no_form_of_an_inner_address_reaches_it(
    inside: tuple[Receiver, int], authority: Authority, host: str, connected: list[str]
) -> None:
    """Under every scheme and with the port of the server that listens there: refused before any connection, and it hears nothing."""
    stub, port = inside
    rules = Rules(ports=(port,))
    for scheme in SCHEMES:
        for ending in (f":{port}/", "/", f":{port}"):
            url = f"{scheme}{host}{ending}"
            answer = outgoing.post(url, {}, BODY, rules, authority.file, Resolver())
            assert (None, True) == (answer.status, bool(answer.why)), url
    assert ([], []) == (stub.asked, connected)


def test_a_name_is_resolved_once_and_the_connection_goes_where_that_was_judged(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, inside: tuple[Receiver, int]
) -> None:
    """A resolver that says something good first and 127.0.0.1 ever after: one question, and only the first answer is used."""
    stub, port = inside
    resolver, went = Resolver(), []

    async def sent(way, *_rest):
        went.append([str(each) for each in way.addresses])
        return 204, ""

    monkeypatch.setattr(outgoing, "_sent", sent)
    url = f"https://rebinds.example:{port}/"
    assert 204 == outgoing.post(url, {}, BODY, Rules(ports=(port,)), authority.file, resolver).status
    assert ([["8.8.8.8"]], ["rebinds.example"]) == (went, resolver.asked)
    assert "not the internet's" in outgoing.post(url, {}, BODY, Rules(ports=(port,)), authority.file, resolver).why
    assert ([], 1) == (stub.asked, len(went))


def test_it_is_judged_anew_at_each_delivery(authority: Authority, inside: tuple[Receiver, int]) -> None:
    """What was good when it was saved is refused once it leads inside."""
    stub, port = inside
    resolver, rules = Resolver(), Rules(ports=(port,))
    url = f"https://rebinds.example:{port}/"
    assert None is outgoing.look(url, rules, resolver)
    assert WORDS_INSIDE == outgoing.post(url, {}, BODY, rules, authority.file, resolver).why
    assert [] == stub.asked


def test_httpx_asks_no_resolver_and_names_the_host_to_tls_and_http(
    authority: Authority, inside: tuple[Receiver, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a resolver of the system that fails whoever asks it, a judged address is reached under its own name."""
    stub, port = inside

    def nobody(*_args: object, **_more: object) -> None:
        raise AssertionError("a second resolution")

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real(host, *rest, **more) if host == "127.0.0.1" else nobody())
    rules = Rules(allow=(ip_network("127.0.0.0/8"),), ports=(port,))
    answer = outgoing.post(f"https://inside.example:{port}/x", {"X-One": "1"}, BODY, rules, authority.file, Resolver())
    (asked,) = stub.asked
    stub.asked.clear()
    assert (204, f"inside.example:{port}", "1", BODY) == (answer.status, asked.headers["host"], asked.headers["x-one"], asked.body)


@pytest.mark.parametrize("where", ["https://127.0.0.1:{}/", "https://[::1]:{}/", "//127.0.0.1:{}/", "https://inside.example:{}/", "/again"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_inside(authority: Authority, inside: tuple[Receiver, int], where: str, status: int) -> None:
    """A good receiver that sends us on is told nothing more, and neither is whoever it names."""
    stub, port = inside
    with serving(Receiver(), authority.issue(NAME)) as outer:
        outer.status, outer.headers = status, (("Location", where.format(port)),)
        there = int(outer.url.rpartition(":")[2])
        rules = Rules(allow=(ip_network("127.0.0.1/32"),), ports=(there, port))
        answer = outgoing.post(f"https://{NAME}:{there}/", {}, BODY, rules, authority.file, lambda _name: ["127.0.0.1"])
        assert (status, ["POST /"]) == (answer.status, outer.paths)
    assert [] == stub.asked


def test_no_proxy_of_the_environment_is_asked(authority: Authority, inside: tuple[Receiver, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets one gets nothing."""
    stub, port = inside
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    rules = Rules(allow=(ip_network("127.0.0.0/8"),), ports=(port,))
    assert 204 == outgoing.post(f"https://inside.example:{port}/", {}, BODY, rules, authority.file, Resolver()).status
    assert ["POST /"] == stub.paths
    stub.asked.clear()


def test_an_address_of_this_machine_is_inside_even_where_it_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """What listens beside us trusts its neighbours; unless the settings name it."""
    assert outgoing.ours(ip_address("127.0.0.1"))
    assert not outgoing.ours(ip_address("8.8.8.8"))
    monkeypatch.setattr(outgoing, "ours", lambda address: str(address) == "8.8.8.8")
    assert Refused(Bad.INSIDE, "ours.example") == outgoing.look("https://ours.example/", Rules(), lambda _name: ["8.8.8.8"])
    assert None is outgoing.look("https://ours.example/", Rules(allow=(ip_network("8.8.8.8/32"),)), lambda _name: ["8.8.8.8"])


def test_a_resolver_that_fails_or_tells_nonsense_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No exception, and within its time."""
    monkeypatch.setattr(outgoing, "CONNECT", 0.2)

    def fails(_name: str) -> list[str]:
        raise OSError

    for resolve in (fails, lambda _name: ["nonsense"], lambda _name: [""], lambda _name: outgoing.threading.Event().wait(2) or []):
        assert Refused(Bad.UNKNOWN, "hooks.city.example") == outgoing.look("https://hooks.city.example/", Rules(), resolve)
