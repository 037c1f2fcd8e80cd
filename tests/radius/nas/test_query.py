"""Queries as gateways write them, and destinations that are safe to follow."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.nas import query


def test_a_query_may_begin_with_an_ampersand() -> None:
    """Cisco and Meraki append `&redirect_url=` to a URL without a `?`."""
    assert ("/in/cisco-lwa/key", "redirect_url=http%3A%2F%2Fa.example%2F") == query.split(
        "/in/cisco-lwa/key&redirect_url=http%3A%2F%2Fa.example%2F"
    )
    assert ("/in/x/key", "a=1&b=2") == query.split("/in/x/key?a=1&b=2")
    assert ("/in/x/key", "") == query.split("/in/x/key")


def test_a_second_question_mark_joins() -> None:
    """Firmware that appends `?cmd=login` to a query is read; values with a `?` but no name after it stay whole."""
    read = query.parse("v=abc?cmd=login&mac=aa%3Abb&url=http://a.example/?")
    assert (["abc"], ["login"], ["aa:bb"], ["http://a.example/?"]) == (read["v"], read["cmd"], read["mac"], read["url"])


def test_repeated_keys_keep_their_order_and_the_first_counts() -> None:
    """No later value replaces an earlier one."""
    read = query.parse("mac=1&mac=2&=x&flag&mac=%33")
    assert ["1", "2", "3"] == read["mac"]
    assert "1" == query.one(read, "mac")
    assert {"mac", query.RAW} == set(read)


def test_what_came_is_kept_for_signatures() -> None:
    """The query as it came stands under a name that no parameter can have."""
    assert ["a=%20b&%3F=forged"] == query.parse("a=%20b&%3F=forged")[query.RAW]


def test_lengths_are_bounded() -> None:
    """A query of a hundred thousand characters is no query; long names, values and lists are cut off."""
    assert {} == query.parse("a=" + "x" * 100_000)
    assert "a" not in query.parse("a=" + "x" * (query.LONGEST_VALUE + 1))
    assert query.MOST_FIELDS + 1 == len(query.parse("&".join(f"k{at}=1" for at in range(200))))
    assert "" == query.one({"a": ["x" * 300]}, "a")
    assert "" == query.one({"a": ["x\ny"]}, "a")


@pytest.mark.parametrize(
    "url",
    ["http://a.example/x?y#z", "https://A.example:8443", "http://10.1.0.1:3990/", "http://[2001:db8::1]/", "HTTP://xn--bcher-kva.example"],
)
def test_plain_web_addresses_are_destinations(url: str) -> None:
    """http and https, names and literals, pass as they are."""
    assert url == query.destination(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "/relative",
        "ftp://a.example/",
        "http://good.example@evil.example/",
        "http://good.example\\@evil.example/",
        "http://good.example%40evil.example/",
        "http:// evil.example/",
        "http://evil.example/\r\nSet-Cookie: x=1",
        "\thttp://evil.example/",
        "http://evil.example:99999/",
        "http://evil.example:x/",
        "http://[::1%25eth0]/",
        "http://[::1",
        "http:///nohost",
        "http://a..example/",
        "http://é.example/",
        "https://" + "a" * 3_000 + ".example/",
    ],
)
def test_tricks_are_no_destinations(url: str) -> None:
    """User parts, control characters, backslashes, other schemes and broken hosts are nothing."""
    assert "" == query.destination(url)
    assert "" == query.host(url)


def test_origins_have_one_spelling() -> None:
    """Case and the scheme's own port make no other origin."""
    assert "https://a.example" == query.origin("HTTPS://A.Example:443/x")
    assert "http://a.example:443" == query.origin("http://a.example:443")
    assert "http://[2001:db8::1]:8080" == query.origin("http://[2001:0DB8::1]:8080/")


def test_allowed_hosts_are_whole_names() -> None:
    """A registered origin, or a host below a domain over https; a name that merely ends alike is not."""
    assert query.allowed("https://n143.network-auth.com/splash", (), ("network-auth.com",))
    assert not query.allowed("https://evilnetwork-auth.com/", (), ("network-auth.com",))
    assert not query.allowed("https://network-auth.com.evil.example/", (), ("network-auth.com",))
    assert not query.allowed("http://n143.network-auth.com/", (), ("network-auth.com",))
    assert not query.allowed("https://n143.network-auth.com:8443/", (), ("network-auth.com",))
    assert query.allowed("http://10.1.0.1:3990/logon", ("http://10.1.0.1:3990",))
    assert not query.allowed("http://10.1.0.1/logon", ("http://10.1.0.1:3990", ""))


def test_a_url_is_built_with_its_words_encoded() -> None:
    """Words join a query that is there, and no value breaks out of its place."""
    assert "http://a.example/x?n=%26%3D%20%C3%A9" == query.url("http://a.example/x", [("n", "&= é")])
    assert "http://a.example/x?y=1&n=2" == query.url("http://a.example/x?y=1", [("n", "2")])
    assert "http://a.example/x" == query.url("http://a.example/x", [])


@given(st.text(max_size=200))
def test_nothing_raises_and_every_origin_is_plain(text: str) -> None:
    """Any text is read; an origin is a scheme and a host and nothing else."""
    query.parse(text)
    query.split(text)
    query.address(text)
    if found := query.origin(text):
        parts = urlsplit(found)
        assert ("", "", None) == (parts.path, parts.query, parts.username)
        assert parts.scheme in {"http", "https"}
