"""store.ldap_groups against a real slapd: who is in which group, whichever way the directory says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.breaker import State
from store.directory import Directory, Person
from store.ldap_groups import plain
from store.refusal import Refusal
from tests.peers import slapd
from tests.peers.slapd import AUDIT, BASE, ELSEWHERE, NETWORK, STAFF

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.peer("slapd")
ALL = (STAFF, NETWORK, AUDIT, ELSEWHERE, f"cn=nobody-made-it,{BASE}", "no name at all")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slapd.Slapd]:
    with slapd.running(tmp_path_factory.mktemp("slapd") / "city") as running:
        yield running


@pytest.fixture
def directory(city: slapd.Slapd) -> Iterator[Directory]:
    made = Directory(city.reach())
    yield made
    made.close()


def person(directory: Directory, uid: str) -> Person:
    found = directory.verify(uid.encode(), slapd.PASSWORD.encode())
    assert isinstance(found, Person)
    return found


@pytest.mark.parametrize(
    ("uid", "groups"),
    [
        ("ada", {STAFF}), ("star*", {STAFF, NETWORK}), ("par(en)", {NETWORK}), ("back\\slash", {NETWORK}),
        ("o'brien", {AUDIT}), ("plus+sign", {AUDIT}), ("élodie", {AUDIT}), ("жук", {ELSEWHERE}),
    ],
)  # fmt: skip
def test_the_groups_of_whoever_has_whatever_name(directory: Directory, uid: str, groups: set[str]) -> None:
    """By `member`, `uniqueMember` and `memberOf`; a group that is not there, or that is no name, has nobody in it."""
    assert groups == directory.groups(person(directory, uid), ALL)
    assert State.CLOSED is directory.breaker.state


def test_only_the_groups_that_are_asked_for_are_told(directory: Directory) -> None:
    """And of none, none."""
    star = person(directory, "star*")
    assert ({NETWORK}, set()) == (directory.groups(star, [NETWORK, AUDIT]), directory.groups(star, []))


def test_a_group_is_the_same_however_it_is_written(directory: Directory) -> None:
    """Case and spaces of a name are free (RFC 4514): what was asked for is given back as it was written."""
    loud = NETWORK.upper().replace(",", " , ")
    assert {loud} == directory.groups(person(directory, "star*"), [loud])
    odd = ELSEWHERE.upper().replace(",", ", ")
    assert {odd} == directory.groups(person(directory, "жук"), [odd])
    assert plain("CN=A\\, B , OU=x") == plain("cn=a\\, b,ou=X")
    assert plain("CN=A,OU=x") != plain("CN=A\\,OU=x")


def test_a_directory_that_is_gone_has_no_word_on_groups(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever cannot be asked for is in no group that we know: a refusal, and never an empty set."""
    with slapd.running(tmp_path_factory.mktemp("slapd") / "gone") as city:
        directory = Directory(city.reach(timeout=1.0))
        ada = person(directory, "ada")
        city.program.stop()
        assert Refusal.UNREACHABLE is directory.groups(ada, [STAFF])
        directory.close()
