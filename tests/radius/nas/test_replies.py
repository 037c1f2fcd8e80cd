"""Whatever a controller answers, a conversation ends in an outcome of one line, and never in an exception."""

from __future__ import annotations

import json
from itertools import cycle, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radius.nas import FAMILIES, replies
from radius.nas.family import Arrival, Outcome, Response, Target
from radius.secret import Secret
from tests.radius.nas.conversations import spoken
from tests.radius.nas.gateways import LEFT, LOGIN, PLAN, STATION, gateway

OPTIONS = {"api_url": "https://controller.city.example", "api_secret": Secret(b"do-not-show-this-secret")}
GATEWAYS = {
    "unifi keyed": gateway("unifi", **OPTIONS),
    "unifi classic": gateway("unifi", api_user="u", **OPTIONS),
    "omada": gateway("omada", api_user="u", **OPTIONS),
    "ruckus-sz": gateway("ruckus-sz", **OPTIONS),
}
NAMES = "data meta rc ok result token errorCode msg message id macAddress name internalReference default ResponseCode omadacId"
LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5) | st.sampled_from([0, 200, "default"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=4),
    max_leaves=12,
)
BODIES = VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)
STATUSES = st.sampled_from([0, 200, 201, 204, 301, 400, 401, 403, 404, 429, 500, 503, 999])
ANSWERS = st.builds(Response, STATUSES, st.dictionaries(st.sampled_from(["x-csrf-token", "date"]), st.text(max_size=5)), BODIES)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(GATEWAYS)), st.sampled_from(["let_in", "limit", "disconnect"]), st.lists(ANSWERS, min_size=1, max_size=5))
def test_any_answers_end_in_an_outcome(name: str, call: str, answers: list[Response]) -> None:
    """Within forty requests, in one printable line, without our secret."""
    at = GATEWAYS[name]
    family = FAMILIES[at.family]
    target = Target(STATION, access_point="00-11-22-33-44-55", ssid="x")
    ways = {
        "let_in": lambda: family.let_in(Arrival(STATION, words=(("apMac", "00-11-22-33-44-55"),)), at, LOGIN, PLAN, LEFT),
        "limit": lambda: family.limit(target, PLAN, LEFT, at),
        "disconnect": lambda: family.disconnect(target, at),
    }
    if name == "ruckus-sz" and call == "limit":
        return
    asked, outcome = spoken(ways[call](), islice(cycle(answers), 40))
    assert isinstance(outcome, Outcome)
    assert outcome.text.isprintable()
    assert 0 < len(outcome.text) <= 200
    assert "do-not-show-this-secret" not in outcome.text
    assert all(each.url.startswith("https://controller.city.example/") for each in asked)


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 10_000, b'{"a":NaN'])
def test_what_is_no_object_is_an_empty_one(body: bytes) -> None:
    """No octets are too strange."""
    assert {} == replies.table(Response(200, {}, body))


def test_parts_of_a_reply() -> None:
    """An object within, a list's objects, a word; anything else is nothing."""
    found = {"a": {"b": 1}, "c": [{"d": 2}, 3, None], "e": 7, "f": True, "g": "x\r\ny", "h": 1 << 70}
    assert ({"b": 1}, {}) == (replies.inner(found, "a"), replies.inner(found, "c"))
    assert ([{"d": 2}], []) == (replies.rows(found, "c"), replies.rows(found, "a"))
    assert ["7", "", "x\\r\\ny", "", ""] == [replies.word(found.get(name)) for name in ("e", "f", "g", "h", "none")]
