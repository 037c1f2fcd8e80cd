"""Listeners and upstream sockets on real loopback sockets."""

from __future__ import annotations

import select
import socket

import pytest

from radius.actions import Link, Origin
from radius.admission import AUTH
from radius.udp import MOST_AT_ONCE, MOST_UPSTREAM, UdpListener, Upstream, kernel_drops, receive_buffer, udp_socket

V4, V6 = socket.AF_INET, socket.AF_INET6


def bound(host: str = "127.0.0.1", family: int = V4, **options: object) -> socket.socket:
    return udp_socket((host, 0), family, **{"buffer": 1 << 16, **options})


def wait(readable: object) -> None:
    ready, _, _ = select.select([readable], [], [], 5)
    assert ready, "nothing arrived"


@pytest.fixture
def nas():
    with socket.socket(V4, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        yield sock


def test_a_request_arrives_with_its_sender_and_the_reply_goes_back(nas) -> None:
    """A listener on one address gives each datagram with its origin, and answers to there."""
    with bound() as sock:
        listener = UdpListener(3, AUTH, sock)
        nas.sendto(b"request", sock.getsockname())
        wait(sock)
        received = list(listener.received())
        assert [(b"request", Origin(3, nas.getsockname(), "127.0.0.1 " + str(sock.getsockname()[1])))] == received
        listener.reply(b"reply", received[0][1])
        assert (b"reply", sock.getsockname()) == nas.recvfrom(100)


@pytest.mark.parametrize("sent_to", ["127.0.0.1", "127.0.0.77"])
def test_a_wildcard_answers_from_the_address_asked(nas, sent_to: str) -> None:
    """RFC 2865, 3 and decisions, 22: the reply's source is the address that the request was sent to."""
    with bound("0.0.0.0") as sock:
        listener, port = UdpListener(0, AUTH, sock), sock.getsockname()[1]
        nas.sendto(b"request", (sent_to, port))
        wait(sock)
        [(_, origin)] = listener.received()
        assert f"{sent_to} {port}" == origin.local
        listener.reply(b"reply", origin)
        assert (b"reply", (sent_to, port)) == nas.recvfrom(100)


def test_a_v6_wildcard_answers_from_the_address_asked() -> None:
    """The same over IPv6 (RFC 3542, 6), on a socket that takes no v4."""
    with bound("::", V6) as sock, socket.socket(V6, socket.SOCK_DGRAM) as asker:
        asker.settimeout(5)
        asker.sendto(b"request", ("::1", sock.getsockname()[1]))
        listener = UdpListener(0, AUTH, sock)
        wait(sock)
        [(_, origin)] = listener.received()
        listener.reply(b"reply", origin)
        assert (f"::1 {sock.getsockname()[1]}", b"reply", 1) == (
            origin.local,
            asker.recvfrom(100)[0],
            sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
        )


def test_reading_is_bounded_per_wake_up(nas) -> None:
    """One busy socket never keeps the loop from the others: at most MOST_AT_ONCE per call, and nothing is lost."""
    with bound() as sock:
        for number in range(MOST_AT_ONCE + 5):
            nas.sendto(bytes([number]), sock.getsockname())
        listener = UdpListener(0, AUTH, sock)
        wait(sock)
        assert [MOST_AT_ONCE, 5, 0] == [len(list(listener.received())) for _ in range(3)]


def test_a_taken_port_is_an_error_even_beside_a_shared_one() -> None:
    """A plain bind beside a SO_REUSEPORT group fails, which is how the supervisor names a taken port."""
    with bound(shared=True) as sock, pytest.raises(OSError, match="in use"):
        udp_socket(sock.getsockname(), V4, buffer=1 << 16)


def test_large_datagrams_may_fragment() -> None:
    """RFC 3579, 2.4: path MTU discovery is off on both families."""
    with bound() as four, bound("::1", V6) as six:
        assert (0, 0) == (four.getsockopt(socket.IPPROTO_IP, 10), six.getsockopt(socket.IPPROTO_IPV6, 23))


def test_kernel_drops_are_seen(nas) -> None:
    """What overflowed the receive buffer is a number, not a mystery."""
    with bound(buffer=2048) as sock:
        assert 0 == kernel_drops(sock)
        for _ in range(100):
            nas.sendto(bytes(1000), sock.getsockname())
        assert kernel_drops(sock) > 50
        assert receive_buffer(sock) <= 4096


def test_upstream_sockets_open_when_first_used_and_are_shared() -> None:
    """One socket per (source, family, index), announced once; homes of one family share it."""
    opened: list[object] = []
    upstream = Upstream(opened.append)
    with bound() as one, bound() as two:
        for home in (one, two, one):
            upstream.send(Link(home.getsockname(), None, 0), b"x")
        upstream.send(Link(two.getsockname(), "127.0.0.1", 1), b"y")
        assert [(None, 0), ("127.0.0.1", 1)] == [sock.key for sock in opened]
        wait(one)
        _, source = one.recvfrom(10)
        one.sendto(b"answer", source)
        wait(opened[0])
        assert [(b"answer", one.getsockname())] == list(opened[0].received())
    upstream.close()


def test_upstream_trouble_is_counted_never_raised() -> None:
    """No route, a source that is not ours, an index past the bound: the timers deal with it."""
    told: list[str] = []
    upstream = Upstream(lambda _: None, told.append)
    upstream.send(Link(("127.0.0.1", 9), "192.0.2.1", 0), b"x")  # TEST-NET: not an address of this host
    upstream.send(Link(("127.0.0.1", 9), None, MOST_UPSTREAM), b"x")
    upstream.send(Link(("127.0.0.1", 0), None, 0), b"x")  # the kernel refuses port 0
    assert (3, 1) == (upstream.unsent, len(told))
    upstream.close()


def test_icmp_is_no_evidence() -> None:
    """A home's closed port (ICMP unreachable) neither raises nor reads as an answer."""
    opened: list = []
    upstream = Upstream(opened.append)
    with bound() as gone:
        address = gone.getsockname()
    for _ in range(3):
        upstream.send(Link(address, None, 0), b"x")
    assert [] == list(opened[0].received())
    upstream.close()
