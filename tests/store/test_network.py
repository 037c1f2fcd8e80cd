"""store.network: the network read whole, changed by name, counted with each change; unknown access points."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from store import network, sums
from store.models import AccessPoint, Client, Home, ManagedBy, Operator, Policy, Realm, Site
from store.session import reading, transaction
from store.sums import Sums
from tests.store import rows
from tests.store.rows import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.sealed import Seal


def test_what_is_put_is_read(database: Engine, seal: Seal) -> None:
    """Every column of every kind of row comes back as it was put."""
    declared = rows.network(seal)
    with transaction(database) as session:
        network.put(session, declared, NOW)
    with reading(database) as session:
        found = network.rows(session)
    kept = [
        found.operator,
        *found.districts,
        *found.ssids,
        *found.plans,
        *found.portals,
        *found.sites,
        *found.clients,
        *found.access_points,
        *found.homes,
        *found.realms,
        *found.policies,
        *found.hygiene,
    ]
    for row, expected in zip(kept, rows.network(seal), strict=True):
        for column in row.__mapper__.column_attrs:
            if "secret" not in column.key and column.key != "fas_key" and column.key in vars(expected):
                assert getattr(row, column.key) == getattr(expected, column.key), column
    assert found.clients[0].coa_port == 3799
    assert found.clients[0].managed_by is ManagedBy.FILE


def test_an_empty_network_has_version_0(database: Engine) -> None:
    """Before the first change there is nothing, and it says so."""
    with reading(database) as session:
        found = network.rows(session)
    assert (found.version, found.operator, found.clients) == (0, None, ())


def test_each_change_counts_up_in_its_own_transaction(database: Engine, seal: Seal) -> None:
    """Put and remove move the version; a change that is undone leaves it."""
    versions = []
    for change in (lambda s: network.put(s, rows.network(seal), NOW), lambda s: network.remove(s, Realm, ["uni-a.example"], NOW)):
        with transaction(database) as session:
            change(session)
        with reading(database) as session:
            versions.append(network.version(session))

    def undone() -> None:
        with transaction(database) as session:
            network.put(session, [Operator(id=1, name="other")], NOW)
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    with reading(database) as session:
        assert (versions, network.version(session)) == ([1, 2], 2)
        assert network.rows(session).operator.name == "city-of-example"


def test_a_row_of_the_same_name_is_replaced_and_an_unset_secret_kept(database: Engine, seal: Seal) -> None:
    """A client put again without its secret keeps the stored one; what was set is changed."""
    with transaction(database) as session:
        network.put(session, rows.network(seal), NOW)
    with reading(database) as session:
        before = network.rows(session).clients[0].secret
    with transaction(database) as session:
        network.put(session, [Client(name="library-wlc", addresses=["192.0.2.0/24"], site=None, rate=None)], NOW)
    with reading(database) as session:
        (client,) = network.rows(session).clients
    assert (client.addresses, client.site, client.rate, client.secret) == (["192.0.2.0/24"], None, None, before)


def test_rows_go_by_name(database: Engine, seal: Seal) -> None:
    """Removing says how many there were; names that are not there do no harm; the realm "" is a name."""
    with transaction(database) as session:
        network.put(session, [*rows.network(seal), Realm(match="", position=2)], NOW)
        assert network.remove(session, Realm, ["", "nobody.example"], NOW) == 1
        assert network.remove(session, Policy, ["vlan"], NOW) == 1
        assert network.remove(session, Home, [f"home-{number}" for number in range(1200)], NOW) == 0
    with reading(database) as session:
        assert [realm.match for realm in network.rows(session).realms] == ["uni-a.example"]


def test_order_of_changes_does_not_matter_but_the_end_does(database: Engine, seal: Seal) -> None:
    """A site may go before its client within one transaction; a client left without its site undoes all."""
    with transaction(database) as session:
        network.put(session, rows.network(seal), NOW)
    with transaction(database) as session:
        network.remove(session, Site, ["central-library"], NOW)
        network.remove(session, AccessPoint, ["lib-1"], NOW)
        network.put(session, [Client(name="library-wlc", addresses=[], site="town-hall")], NOW)
        network.put(session, [Site(id="town-hall", name="Town Hall")], NOW)
    with pytest.raises(IntegrityError), transaction(database) as session:
        network.remove(session, Site, ["town-hall"], NOW)


def test_realms_and_policies_keep_the_order_of_the_file(database: Engine) -> None:
    """Regular expressions are tried in the order of the file: rows come back by position."""
    with transaction(database) as session:
        network.put(session, [Realm(match=match, position=number) for number, match in enumerate(("~z", "~a", "m.example"))], NOW)
    with reading(database) as session:
        assert [realm.match for realm in network.rows(session).realms] == ["~z", "~a", "m.example"]


def saw(session: Session, bssid: str, at: datetime, ssid: str = "", nas: str = "") -> None:
    """An undeclared access point spoke."""
    seen = Sums()
    seen.see_unknown(("wlc", bssid, nas), ssid, at)
    seen.write(session)


def test_unknown_access_points_wait_for_adoption(database: Engine) -> None:
    """Seen twice, listed once, with the last SSID, the count and both times; the latest first."""
    with transaction(database) as session:
        for _ in range(3):
            saw(session, "AA-BB-CC-00-00-01", NOW, ssid="eduroam")
        saw(session, "AA-BB-CC-00-00-02", NOW + timedelta(minutes=1))
        for _ in range(4):
            saw(session, "AA-BB-CC-00-00-01", NOW + timedelta(minutes=2), ssid="City")
    with reading(database) as session:
        first, second = network.unknown(session)
    assert (first.bssid, first.ssid, first.sightings, first.first_seen, first.last_seen) == (
        "AA-BB-CC-00-00-01",
        "City",
        7,
        NOW,
        NOW + timedelta(minutes=2),
    )
    assert second.bssid == "AA-BB-CC-00-00-02"


def test_the_list_of_unknown_access_points_is_bounded(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever invents access points pushes out the longest unseen, not memory's end."""
    monkeypatch.setattr(sums, "MOST_UNKNOWN", 5)
    for number in range(12):
        with transaction(database) as session:
            saw(session, f"AA-BB-CC-00-00-{number:02X}", NOW + timedelta(seconds=number))
    with reading(database) as session:
        assert [seen.bssid[-2:] for seen in network.unknown(session)] == ["0B", "0A", "09", "08", "07"]


@pytest.mark.parametrize(
    ("mac", "left"),
    [
        ("AA-BB-CC-00-00-F3", {"F0", "FF", "E0"}),
        ("AA-BB-CC-00-00-F0/44", {"E0"}),
        ("aa:bb:cc:00:00:f0/43", set()),
        ("AA-BB-CC-00-00-F0/46", {"FF", "E0"}),
    ],
)
def test_a_declared_access_point_is_unknown_no_longer(database: Engine, mac: str, left: set[str]) -> None:
    """Declaring an access point by address or prefix takes it, and no other, off the list."""
    with transaction(database) as session:
        for last in ("F0", "F3", "FF", "E0"):
            saw(session, f"AA-BB-CC-00-00-{last}", NOW)
        saw(session, "", NOW, nas="nas-7")
        network.put(session, [AccessPoint(name="lib-1", mac=mac)], NOW)
    with reading(database) as session:
        assert {seen.bssid[-2:] for seen in network.unknown(session)} == left | {""}


def test_a_key_passes_from_one_client_to_another(database: Engine) -> None:
    """Two clients may exchange their keys in one transaction, though no two may ever have the same."""
    for keys in (("a" * 16, "b" * 16), ("b" * 16, "a" * 16)):
        with transaction(database) as session:
            network.free_keys(session, keys)
            network.put(session, [Client(name=f"c{at}", addresses=[], key=key) for at, key in enumerate(keys)], NOW)
    with reading(database) as session:
        assert ["b" * 16, "a" * 16] == [client.key for client in network.rows(session).clients]
