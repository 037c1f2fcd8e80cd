"""openNDS's authmon: polls read from a form or a query, answers that it can read whole."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.nas import authmon
from radius.nas.authmon import Ask, Deauthed, Message
from radius.nas.family import Misfit
from radius.nas.plan import Plan, Remaining
from tests.radius.nas.gateways import LEFT, PLAN

HASH = authmon.hash_of("City%20Node%20A")
RHIDS = tuple(f"{at:064x}" for at in range(6))


def poll(ask: str, payload: str, gatewayhash: str = HASH) -> dict[str, list[str]]:
    return {"auth_get": [ask], "gatewayhash": [gatewayhash], "payload": [b64encode(payload.encode()).decode()]}


def test_a_gateways_hash_is_of_its_name_as_it_came() -> None:
    """SHA-256 of the percent-encoded name: decoded first, it would be another."""
    assert authmon.hash_of("City Node A") != HASH
    assert 64 == len(HASH)


@pytest.mark.parametrize("ask", ["view", "list", "clear"])
def test_a_poll_with_nothing_to_say(ask: str) -> None:
    """`none`, and `*` with nothing after it, acknowledge nobody."""
    assert Message(Ask(ask), HASH) == authmon.parse(poll(ask, "none"))
    assert Message(Ask(ask), HASH, told=True) == authmon.parse(poll(ask, "*"))
    assert Message(Ask(ask), HASH) == authmon.parse({"auth_get": [ask], "gatewayhash": [HASH], "payload": ["none"]})


@pytest.mark.parametrize("between", [" ", "\n", " \r\n\t"])
def test_acknowledgements_are_split_on_any_white_space(between: str) -> None:
    """authmon writes spaces where others wrote lines."""
    assert Message(Ask.VIEW, HASH, RHIDS[:3], told=True) == authmon.parse(poll("view", "* " + between.join(RHIDS[:3])))


def test_what_is_no_rhid_acknowledges_nobody() -> None:
    """Words that are no proofs are passed over."""
    assert Message(Ask.VIEW, HASH, RHIDS[:1], told=True) == authmon.parse(poll("view", f"* ../x {RHIDS[0]} {'g' * 64}"))


def test_a_plus_that_came_as_a_space_is_a_plus() -> None:
    """Base64 of php's form arrives unescaped from wget."""
    form = poll("custom", ">>>???>>>~~~")
    assert "+" in form["payload"][0]
    form["payload"] = [form["payload"][0].replace("+", " ")]
    assert Message(Ask.CUSTOM, HASH, text=">>>???>>>~~~") == authmon.parse(form)


@pytest.mark.parametrize(
    ("form", "misfit"),
    [
        ({}, Misfit.MISSING),
        ({"auth_get": ["view"]}, Misfit.MISSING),
        (poll("view", "none", "abc"), Misfit.MALFORMED),
        (poll("delete", "none"), Misfit.MALFORMED),
        ({**poll("view", ""), "payload": ["%%%"]}, Misfit.MALFORMED),
    ],
)
def test_what_is_no_poll_says_why(form: dict[str, list[str]], misfit: Misfit) -> None:
    """A missing word, a hash that is none, an unknown question, a payload that is no base64."""
    assert misfit is authmon.parse(form)


def test_an_answer_is_a_star_and_encoded_records() -> None:
    """Each record one word; authmon undoes the encoding; a plain star where there is nothing."""
    records = [authmon.record(rhid, PLAN, LEFT) for rhid in RHIDS]
    star, *words = authmon.answer(records).split(" ")
    assert ("*", records[:4]) == (star, [unquote(word) for word in words])
    assert "*" == authmon.answer([])


def test_an_answer_is_read_whole() -> None:
    """Four of the longest records fit the 1,024 characters that authmon reads; what would not waits."""
    longest = authmon.record(RHIDS[0], Plan("x", up=10**12, down=10**12), Remaining(10**9, 10**15))
    assert 5 == len(authmon.answer([longest] * 9).split(" "))
    assert len(authmon.answer([longest] * 9)) <= authmon.LONGEST
    assert 2 == len(authmon.answer(["x" * 600] * 2).split(" "))


@given(st.text(max_size=70))
def test_a_record_holds_only_what_a_shell_may_see(rhid: str) -> None:
    """authmon hands a record to a shell: nothing but a proof gets into one."""
    with pytest.raises(ValueError, match="64 hexadecimal"):
        authmon.record(rhid + "$(x)", PLAN, LEFT)


def test_a_guests_end_is_told() -> None:
    """Method, station, octets and moments."""
    text = (
        'method="timeout_deauth", clientmac="aa:bb:cc:dd:ee:01", timestamp="1790000000", bytes_incoming="5000000000", '
        'bytes_outgoing="1200", session_start="1789990000", session_end="1790000000", token="867e6d3b", custom="none"'
    )
    expected = Deauthed("AA-BB-CC-DD-EE-01", "timeout_deauth", 5_000_000_000, 1_200, 1_789_990_000, 1_790_000_000, "867e6d3b")
    assert expected == authmon.deauthed(text) == authmon.deauthed(text.replace('"', ""))
    assert Misfit.MALFORMED is authmon.deauthed('method="x"')
    assert Deauthed("AA-BB-CC-DD-EE-01", "", None, None, None, None) == authmon.deauthed("clientmac=aa:bb:cc:dd:ee:01,bytes_incoming=-1")


@given(
    st.dictionaries(st.sampled_from(["auth_get", "gatewayhash", "payload"]), st.lists(st.text(max_size=80), max_size=2)),
    st.text(max_size=99),
)
def test_nothing_raises(form: dict[str, list[str]], text: str) -> None:
    """Any words at all are a poll or a misfit."""
    authmon.parse(form)
    authmon.parse({"auth_get": ["view"], "gatewayhash": [HASH], **form})
    authmon.deauthed(text)
