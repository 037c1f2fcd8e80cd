"""Where a webhook may lead: what is written in two ways is refused, and so is every address that is not the internet's."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.outward import Bad, Refused, Rules, Target, inner, judge, public, target

CITY = Rules(allow=(ipaddress.ip_network("10.20.0.0/16"), ipaddress.ip_network("fd00:20::/32")))
INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.31.196.1", "192.52.193.1", "192.175.48.1",
    "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1", "2001::1", "2001:10::1",
    "2001:20::1", "5f00::1", "64:ff9b:1::1", "2620:4f:8000::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.3.1", "2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_that_is_not_the_internets_is_refused(text):
    """By itself, and beside a good one."""
    address = ipaddress.ip_address(text)
    assert not public(address)
    of = target("https://hooks.city.example/", Rules())
    assert judge(of, [address], Rules()) is Bad.INSIDE
    assert judge(of, [ipaddress.ip_address("8.8.8.8"), address], Rules()) is Bad.INSIDE


@pytest.mark.parametrize("text", OUTSIDE)
def test_an_address_of_the_internet_is_good(text):
    """Also one that an IPv6 network reaches by NAT64."""
    assert judge(target("https://hooks.city.example/", Rules()), [ipaddress.ip_address(text)], Rules()) is None


@given(st.ip_addresses(v=4))
def test_an_address_within_another_is_judged_as_itself(address):
    """Mapped, by NAT64, and 6to4: as good as the IPv4 address, and never better."""
    plain = public(address)
    for text in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert public(ipaddress.ip_address(text)) == plain
    six = ipaddress.IPv6Address(b"\x20\x02" + address.packed + bytes(10))
    assert (inner(six), public(six)) == (address, plain)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Bad.FORM),
        ("hooks.city.example", Bad.FORM),
        ("//hooks.city.example/", Bad.FORM),
        ("ftp://hooks.city.example/", Bad.FORM),
        ("file:///etc/passwd", Bad.FORM),
        ("gopher://127.0.0.1:25/_x", Bad.FORM),
        ("https:hooks.city.example", Bad.FORM),
        ("https:///hooks.city.example", Bad.FORM),
        (" https://hooks.city.example/", Bad.FORM),
        ("https://hooks.city.example/\n", Bad.FORM),
        ("https://hooks.city.example/\r\nHost: x", Bad.FORM),
        ("https://hooks.city.example/a b", Bad.FORM),
        ("https://hooks.city.example/é", Bad.FORM),
        ("https://hooks.city.example#@127.0.0.1/", Bad.FORM),
        ("https://hooks.city.example\\.evil.example/", Bad.FORM),
        ("https://hooks.city.example/\\x", Bad.FORM),
        ("https://hooks.city.example:/", Bad.FORM),
        ("https://hooks.city.example:+443/", Bad.FORM),
        ("https://hooks.city.example:443x/", Bad.FORM),
        ("https://127.0.0.1%2f@hooks.city.example/", Bad.USER),
        ("https://hooks%2ecity.example/", Bad.FORM),
        ("https://user@hooks.city.example/", Bad.USER),
        ("https://user:pass@hooks.city.example/", Bad.USER),
        ("https://hooks.city.example\\@127.0.0.1/", Bad.USER),
        ("https://hooks.city.example:443@127.0.0.1/", Bad.USER),
        ("https://@127.0.0.1/", Bad.USER),
        ("https://[fe80::1%eth0]/", Bad.FORM),
        ("https://[::1", Bad.FORM),
        ("https://[v1.x]/", Bad.FORM),
        ("https://::1/", Bad.FORM),
        ("https://[1.2.3.4]/", Bad.NUMBER),
        ("https://[:::]/", Bad.NUMBER),
        ("https://2130706433/", Bad.NUMBER),
        ("https://017700000001/", Bad.NUMBER),
        ("https://0x7f000001/", Bad.NUMBER),
        ("https://0x7f.0.0.1/", Bad.NUMBER),
        ("https://0177.0.0.1/", Bad.NUMBER),
        ("https://127.1/", Bad.NUMBER),
        ("https://127.0.1/", Bad.NUMBER),
        ("https://127.0.0.1.1/", Bad.NUMBER),
        ("https://127.0.0.0x1/", Bad.NUMBER),
        ("https://127.0.0.256/", Bad.NUMBER),
        ("https://①②⑦.0.0.1/", Bad.NUMBER),
        ("https://127。0。0。1/", Bad.NUMBER),
        ("https://１２７.0.0.1/", Bad.NUMBER),
        ("https://127.0.0.1./", Bad.NAME),
        ("https://localhost/", Bad.NAME),
        ("https://intranet/", Bad.NAME),
        ("https://hooks.city.example./", Bad.NAME),
        ("https://hooks..example/", Bad.NAME),
        ("https://.example/", Bad.NAME),
        ("https://-x.example/", Bad.NAME),
        ("https://a_b.example/", Bad.NAME),
        ("https://xn--a.example/", Bad.NAME),
        (f"https://{'a' * 64}.example/", Bad.NAME),
        ("https://hooks.city.example:22/", Bad.PORT),
        ("https://hooks.city.example:80/", Bad.PORT),
        ("https://hooks.city.example:0/", Bad.PORT),
        ("https://hooks.city.example:65979/", Bad.PORT),
        ("http://hooks.city.example/", Bad.HTTP),
        ("http://8.8.8.8/", Bad.HTTP),
        ("https://127.0.0.1/", Bad.INSIDE),
        ("https://169.254.169.254/latest/meta-data", Bad.INSIDE),
        ("https://[::1]/", Bad.INSIDE),
        ("https://[::ffff:7f00:1]/", Bad.INSIDE),
        ("https://[0:0:0:0:0:ffff:127.0.0.1]/", Bad.INSIDE),
        ("https://[64:ff9b::7f00:1]/", Bad.INSIDE),
        ("https://hooks.city.example/" + "a" * 2_000, Bad.FORM),
    ],
)
def test_what_might_be_read_in_two_ways_is_refused(text, why):
    """Each with the reason that whoever typed it is told."""
    found = target(text, Rules())
    assert isinstance(found, Refused)
    assert found.why is why


@pytest.mark.parametrize(
    ("text", "url", "netloc"),
    [
        ("https://hooks.city.example", "https://hooks.city.example/", "hooks.city.example"),
        ("https://HOOKS.City.Example:8443/a?b=c&d=%20", "https://hooks.city.example:8443/a?b=c&d=%20", "hooks.city.example:8443"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x", "xn--bcher-kva.example"),
        ("https://hooks.city.example?x=1", "https://hooks.city.example?x=1", "hooks.city.example"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/", "[2606:4700::1111]"),
        ("https://8.8.8.8/", "https://8.8.8.8/", "8.8.8.8"),
        ("https://hooks.city.example/user@x", "https://hooks.city.example/user@x", "hooks.city.example"),
    ],
)
def test_what_is_plainly_an_address_is_taken(text, url, netloc):
    """And written as it was understood."""
    found = target(text, Rules())
    assert isinstance(found, Target)
    assert (found.url, found.netloc) == (url, netloc)


@given(st.text(max_size=60) | st.text("https:/@[].0123456789abcdefx%\\#?", max_size=40).map(lambda text: f"https://{text}"))
def test_whatever_is_typed_has_an_answer(text):
    """No exception; and what is taken is taken again as it was written then."""
    found = target(text, CITY)
    assert isinstance(found, Refused) or target(found.url, CITY) == Target(
        found.scheme, found.host, found.port, found.rest if found.rest.startswith("/") or found.rest else "/", found.literal
    )


def test_what_the_settings_name_is_good_and_may_be_told_in_clear():
    """A city's own systems; their neighbours are not."""
    assert isinstance(target("http://10.20.0.9/hook", CITY), Target)
    assert isinstance(target("https://[fd00:20::9]/hook", CITY), Target)
    assert target("https://10.21.0.9/hook", CITY) == Refused(Bad.INSIDE, "10.21.0.9")
    assert target("http://8.8.8.8/hook", CITY) == Refused(Bad.HTTP, "8.8.8.8")
    of = target("http://sink.city.example/hook", CITY)
    assert judge(of, [ipaddress.ip_address("10.20.3.4")], CITY) is None
    assert judge(of, [ipaddress.ip_address("8.8.8.8")], CITY) is Bad.HTTP
    assert judge(of, [ipaddress.ip_address("::ffff:10.20.3.4")], CITY) is None
    assert isinstance(target("https://sink.city.example:9000/", Rules(ports=(9000,))), Target)
