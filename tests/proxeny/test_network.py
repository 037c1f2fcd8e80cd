"""proxeny.network and proxeny.difference: what the store would hold after a file, and how that is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings

from proxeny.difference import difference, summary
from proxeny.network import KEYS, Client, Home, Network, Plan, Policy, Portal, Realm, Site, merged
from radius.secret import Secret
from tests.proxeny.networks import networks

OLD, NEW = Secret(b"an-old-secret-of-length"), Secret(b"a-new-secret-of-length-")


def network(**sections: list[Any]) -> Network:
    rows: dict[str, Any] = {section: {} for section in KEYS}
    for section, each in sections.items():
        rows[section] = {getattr(row, KEYS[section]): row for row in each}
    return Network(rows)


def told(stored: Network, declared: Network, *, prune: bool = False) -> list[str]:
    return [str(change) for change in difference(stored, merged(stored, declared, prune=prune))]


@given(networks())
@settings(max_examples=40, deadline=None)
def test_what_is_declared_twice_changes_nothing(declared: Network) -> None:
    """A network applied to itself is no difference, pruned or not."""
    assert [] == told(declared, declared)
    assert [] == told(declared, declared, prune=True)


def test_an_entry_without_secret_keeps_the_stored_one() -> None:
    """Secrets that a file leaves out stay; those it names replace."""
    stored = network(
        client=[Client("a", ("192.0.2.1/32",), OLD, coa_secret=OLD)], home=[Home("h", "192.0.2.9", secret=OLD, weak_secret=True)]
    )
    bare = network(client=[Client("a", ("192.0.2.1/32",))], home=[Home("h", "192.0.2.9")])
    assert [] == told(stored, bare)
    assert ['~ client "a": secret changed'] == told(stored, network(client=[Client("a", ("192.0.2.1/32",), NEW)]))


def test_a_rotation_overlaps_and_ends() -> None:
    """previous_secret comes with the new one, stays while its time is declared, and goes with it."""
    until = datetime(2030, 1, 1, tzinfo=UTC)
    stored = network(client=[Client("a", ("192.0.2.1/32",), NEW, previous_secret=OLD, previous_until=until)])
    assert [] == told(stored, network(client=[Client("a", ("192.0.2.1/32",), previous_until=until)]))
    assert ['~ client "a": previous_secret removed; previous_until 2030-01-01T00:00:00Z -> none'] == told(
        stored, network(client=[Client("a", ("192.0.2.1/32",))])
    )


def test_only_prune_removes_and_only_what_a_file_declared() -> None:
    """Rows of the staff app stay; a row that a file declares becomes the file's."""
    stored = replace(network(site=[Site("a", "A"), Site("b", "B"), Site("c", "C")]), app=frozenset({("site", "b"), ("site", "c")}))
    declared = network(site=[Site("c", "C")])
    assert ['~ site "c": kept by the network file from now on'] == told(stored, declared)
    assert ['~ site "c": kept by the network file from now on', '- site "a"'] == told(stored, declared, prune=True)


def test_changes_are_told_key_by_key() -> None:
    """Old and new value of each key, the network file's names for them, and no secret."""
    stored = network(home=[Home("h", "192.0.2.9", secret=OLD, timing={"zombie_misses": 4})])
    declared = network(
        home=[Home("h", "192.0.2.8", secret=NEW, enabled=False, timing={"request_timeout": 20.0}), Home("i", "192.0.2.7", secret=NEW)]
    )
    keys = 'address "192.0.2.9" -> "192.0.2.8"; secret changed; enabled true -> false'
    timing = "request_timeout none -> 20.0; zombie_misses 4 -> none"
    assert [f'~ home "h": {keys}; {timing}', '+ home "i"'] == told(stored, declared)
    assert summary(difference(stored, merged(stored, declared, prune=False))) == "1 added, 1 changed"
    assert summary(()) == "no difference"


def test_changes_of_what_guests_meet_are_told_in_the_files_words() -> None:
    """Amounts with their units, texts by language, options and ways by name; of a secret only that it changed."""
    plan, portal = Plan("p", session=7_200, day_data=10**9), Portal("p", "p", welcome={"en": "Hello"})
    box = Client("box", nas="coova", options={"site": "a"}, uam_secret=OLD)
    stored = network(plan=[plan], portal=[portal], client=[box])
    declared = network(
        plan=[replace(plan, session=3_600, day_data=None, extend_times=2, extend_by=1_800)],
        portal=[replace(portal, welcome={"en": "Welcome"}, plans={"card": "p"})],
        client=[replace(box, options={"login_url": "http://10.1.0.1"}, uam_secret=NEW)],
    )
    assert [
        '~ plan "p": session "2h" -> "1h"; day_data "1 GB" -> none; extend.times 0 -> 2; extend.by "0s" -> "30m"',
        '~ portal "p": plans.card none -> "p"; welcome changed in en',
        '~ client "box": options.login_url none -> "http://10.1.0.1"; options.site "a" -> none; options.uam_secret changed',
    ] == told(stored, declared)


def test_a_client_keeps_its_key_and_its_familys_secrets() -> None:
    """Both stay where a file leaves them out; another family's secrets go, and so do RADIUS's with RADIUS."""
    stored = network(client=[Client("a", ("192.0.2.1/32",), OLD, nas="coova", key="k" * 16, uam_secret=OLD, coa_secret=OLD)])
    assert [] == told(stored, network(client=[Client("a", ("192.0.2.1/32",), nas="coova")]))
    gone = 'secret removed; coa_secret removed; nas "coova" -> "opennds"; radius true -> false; options.uam_secret removed'
    assert [f'~ client "a": {gone}'] == told(stored, network(client=[Client("a", ("192.0.2.1/32",), nas="opennds", radius=False)]))


def order(stored: list[str], declared: list[str]) -> list[str]:
    realms = [network(realm=[Realm(match, "reject") for match in matches]) for matches in (stored, declared)]
    return list(merged(*realms, prune=False).rows["realm"])


def test_order_is_the_files() -> None:
    """A file's rows are in the file's order; rows that it does not name keep their places."""
    assert ["a", "c", "b"] == order(["a", "b"], ["a", "c", "b"])
    assert ["b", "a"] == order(["a", "b"], ["b", "a"])
    assert ["x", "a", "b"] == order(["x", "a"], ["a", "b"])
    assert ["b", "x", "a"] == order(["a", "x", "b"], ["b", "a"])
    assert ["a", "b", "x"] == order(["a", "b", "x"], ["x"])


def test_a_row_that_moved_is_a_change() -> None:
    """The order of policies decides, so moving one is told; elsewhere order says nothing."""
    one, two = Policy("one", "reply"), Policy("two", "reply")
    assert ['~ policy "two": moved', '~ policy "one": moved'] == told(network(policy=[one, two]), network(policy=[two, one]))
    assert [] == told(network(site=[Site("a", "A"), Site("b", "B")]), network(site=[Site("b", "B"), Site("a", "A")]))
